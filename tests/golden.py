"""Golden pictures without fonts: frames of the demonstration, and the plates that drove there."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np

from edge.capture.clip import read_image
from edge.config import Models
from edge.daemon import wiring_eyes
from edge.daemon.model_gate import looked
from edge.types import Image
from edge.vision.golden import FILE, GoldenPicture, GoldenPlate, Goldens, is_plate
from tests.street import CLIP, OUTCOMES

FRAMES = (3, 30, 108, 135)
"""Frames of which every detector with every reader of ours reads all plates right."""


def write_goldens(folder: Path) -> None:
    """Write golden pictures that our own models read; speed is not their matter."""
    eyes, pictures = wiring_eyes.eyes(Models()), []
    for number, image in enumerate(_frames(), start=1):
        name = f"golden-{number:02}.png"
        cv2.imwrite(str(folder / name), image)
        seen = [r for r in looked(eyes, read_image(folder / name), name) if is_plate(r)]
        assert {r.text for r in seen} <= OUTCOMES.keys()
        plates = tuple(GoldenPlate(text=r.text, box=tuple(r.detection.box)) for r in seen)
        pictures.append(GoldenPicture(file=name, plates=plates))
    (folder / FILE).write_bytes(msgspec.json.encode(Goldens(pictures=tuple(pictures), slower=10)))


def _frames() -> Iterator[Image]:
    clip = cv2.VideoCapture(str(CLIP))
    for index in FRAMES:
        clip.set(cv2.CAP_PROP_POS_FRAMES, index)
        there, image = clip.read()
        assert there
        yield np.asarray(image, np.uint8)
    clip.release()

"""The shipped detector on drawn pictures: what fills the picture is looked at from farther away."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.capture.clip import read_image
from edge.config import Models
from edge.daemon import wiring_eyes
from edge.types import Image
from edge.vision.rectify import overlap
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "models"
FRAME = (640, 480)


def filled(picture: Path, share: float) -> Image:
    """Enlarge a picture until its best plate fills this share of the width of a frame."""
    image = read_image(picture)
    best = wiring_eyes.detector(Models(threads=1)).detect(image)[0].box
    (x, y), zoom = best.centre, share * FRAME[0] / best.width
    move = np.array([[zoom, 0, FRAME[0] / 2 - zoom * x], [0, zoom, FRAME[1] / 2 - zoom * y]])
    large = cv2.warpAffine(image, move, FRAME, flags=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.85])
@pytest.mark.parametrize("name", ["golden-01.png", "golden-02.png", "golden-03.png"])
def test_a_plate_that_fills_the_picture_is_found_once_and_whole(name: str, share: float) -> None:
    detector = wiring_eyes.detector(Models(threads=1, detector_threshold=0.6))
    (plate,) = detector.detect(filled(GOLDEN / name, share))
    assert plate.box.width > 0.85 * share * FRAME[0]
    assert plate.score > 0.6


def test_a_plate_of_usual_size_is_where_it_was_drawn() -> None:
    detector = wiring_eyes.detector(Models(threads=1))
    image = read_image(GOLDEN / "golden-01.png")
    (plate,) = detector.detect(image)
    around = cv2.copyMakeBorder(image, 40, 40, 60, 60, cv2.BORDER_REPLICATE)
    (again,) = detector.detect(np.asarray(around, np.uint8))
    moved = again.box._replace(
        x1=again.box.x1 - 60, y1=again.box.y1 - 40, x2=again.box.x2 - 60, y2=again.box.y2 - 40
    )
    assert overlap(plate.box, moved) > 0.8

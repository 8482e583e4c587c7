"""No plate is read in a picture for a paper: neither one that was found, nor one that was not."""

import cv2
import numpy as np

from edge.config import Models
from edge.daemon.wiring_eyes import eyes
from edge.types import Box, Detection, Image, Point
from edge.vision.veil import LONGEST_PX, veiled
from tests.booth import street
from tests.fakes import detection


def opened(jpeg: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


def smaller(found: Detection, scale: float) -> Detection:
    box = Box(*(side * scale for side in found.box))
    a, b, c, d = (Point(x * scale, y * scale) for x, y in found.corners)
    return Detection(box, (a, b, c, d), found.score)


def test_a_plate_that_was_found_is_one_flat_colour() -> None:
    image = street()[0]
    bare, covered = (
        opened(veiled(image, [])),
        opened(veiled(image, [detection(1085, 518, 100, 28)])),
    )
    scale = LONGEST_PX / image.shape[1]
    top, left = round(522 * scale), round(1092 * scale)
    plate = np.s_[top : top + 4, left : left + 14]
    assert bare[plate].std(axis=(0, 1)).max() > 12
    assert covered[plate].std(axis=(0, 1)).max() < 6
    assert np.abs(bare[:40].astype(int) - covered[:40].astype(int)).max() == 0


def test_a_plate_that_nobody_found_is_not_read_where_it_is() -> None:
    finder, reader = eyes(Models())
    read = 0
    for image in street()[::6]:
        found = finder.detect(image)
        sure = [r for r in reader.read(image, found) if min(r.chars, default=0) > 0.9]
        small = opened(veiled(image, []))
        scale = LONGEST_PX / max(image.shape[:2])
        again = reader.read(small, [smaller(r.detection, scale) for r in sure])
        assert [b.text for a, b in zip(sure, again, strict=True) if a.text == b.text] == []
        read += len(sure)
    assert read > 3

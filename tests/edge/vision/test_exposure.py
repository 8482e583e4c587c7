import numpy as np

from edge.types import Box, Image
from edge.vision.exposure import Exposed, exposed
from tests.fakes import detection

BOX = detection().box


def plate(face: int, letters: int) -> Image:
    image = np.full((720, 1280, 3), 60, np.uint8)
    x1, y1, x2, y2 = map(int, BOX)
    image[y1:y2, x1:x2] = face
    image[y1 + 4 : y2 - 4, x1 + 10 : x2 - 10 : 3] = letters
    return image


def test_a_plate_is_burnt_out_too_dark_or_right() -> None:
    assert exposed(plate(255, 240), BOX) is Exposed.OVER
    assert exposed(plate(40, 10), BOX) is Exposed.UNDER
    assert exposed(plate(180, 20), BOX) is Exposed.RIGHT


def test_a_yellow_plate_is_not_dark_for_lack_of_blue() -> None:
    image = plate(0, 0)
    x1, y1, x2, y2 = map(int, BOX)
    image[y1:y2, x1:x2] = (0, 190, 220)
    assert exposed(image, BOX) is Exposed.RIGHT


def test_a_box_outside_the_picture_says_nothing() -> None:
    assert exposed(plate(255, 255), Box(-50, -50, -10, -10)) is Exposed.RIGHT
    assert exposed(plate(255, 255), Box(2000, 10, 2100, 40)) is Exposed.RIGHT

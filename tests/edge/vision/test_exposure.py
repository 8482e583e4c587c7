import cv2
import numpy as np

from edge.types import Box, Image
from edge.vision.exposure import Exposed, exposed, is_soft
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


def smeared(pixels: int) -> Image:
    plate = np.full((60, 260, 3), 210, np.uint8)
    cv2.putText(plate, "1-ABC-234", (8, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 5)
    return np.asarray(cv2.blur(plate, (pixels, 1)), np.uint8)


def test_a_plate_that_smears_over_its_strokes_is_soft_and_one_that_stands_is_not() -> None:
    whole = (0.0, 0.0, 260.0, 60.0)
    assert not is_soft(smeared(1), whole)
    assert not is_soft(smeared(3), whole)
    assert is_soft(smeared(15), whole)


def test_what_is_pale_or_tiny_says_nothing_of_sharpness() -> None:
    assert not is_soft(np.full((60, 260, 3), 128, np.uint8), (0.0, 0.0, 260.0, 60.0))
    assert not is_soft(smeared(15), (0.0, 0.0, 4.0, 3.0))
    assert not is_soft(smeared(15), (300.0, 0.0, 400.0, 30.0))

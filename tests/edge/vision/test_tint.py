import numpy as np
import pytest

from edge.types import Tint
from edge.vision.tint import tint


def plate(face: tuple[int, int, int]) -> np.ndarray:
    image = np.full((48, 200, 3), face, np.uint8)
    image[12:36, 20:180:12] = (20, 20, 20)
    return image


@pytest.mark.parametrize(
    ("face", "expected"),
    [
        ((30, 190, 240), Tint.YELLOW),
        ((20, 140, 180), Tint.YELLOW),
        ((235, 235, 235), Tint.WHITE),
        ((150, 150, 150), Tint.WHITE),
        ((40, 40, 40), Tint.UNKNOWN),
        ((180, 90, 30), Tint.UNKNOWN),
    ],
    ids=["yellow", "yellow in shade", "white", "white in shade", "night", "blue taxi"],
)
def test_the_face_colour_is_told_where_light_allows(
    face: tuple[int, int, int], expected: Tint
) -> None:
    assert tint(plate(face)) is expected


def test_a_tiny_plate_does_not_break_it() -> None:
    assert tint(np.zeros((1, 1, 3), np.uint8)) is Tint.UNKNOWN

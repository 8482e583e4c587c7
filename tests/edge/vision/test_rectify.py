import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.types import Box, Detection, Point
from edge.vision.rectify import MAX_SIDE, plausible, rectify
from tests.fakes import detection


def test_a_tilted_plate_comes_out_straight() -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    quad = np.array([[100, 120], [300, 80], [305, 130], [105, 170]], np.int32)
    cv2.fillPoly(image, [quad], (255, 255, 255))
    corners = tuple(Point(float(x), float(y)) for x, y in quad)
    assert len(corners) == 4
    plate = rectify(image, Detection(Box(100, 80, 305, 170), corners, 0.9))
    height, width = plate.shape[:2]
    assert width / height == pytest.approx(204 / 50, rel=0.1)
    inner = plate[height // 5 : -height // 5, width // 8 : -width // 8]
    assert inner.mean() > 250


def test_corners_that_contradict_the_box_are_not_believed() -> None:
    found = detection(100, 100, 100, 24)
    far = tuple(Point(p.x + 300, p.y) for p in found.corners)
    twisted = (found.corners[0], found.corners[2], found.corners[1], found.corners[3])
    for corners in (far, twisted):
        assert len(corners) == 4
        assert plausible(Detection(found.box, corners, 0.9)) == found.corners


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (-50, -50, -10, -40), (390, 290, 420, 310)])
def test_a_plate_at_or_beyond_the_edge_still_gives_a_picture(box: tuple[int, ...]) -> None:
    x1, y1, x2, y2 = box
    plate = rectify(np.zeros((300, 400, 3), np.uint8), detection(x1, y1, x2 - x1, y2 - y1))
    assert plate.shape[0] >= 8
    assert plate.shape[1] >= 8


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.floats(-1e6, 1e6, width=32)] * 4),
    st.lists(st.floats(width=32), min_size=8, max_size=8),
)
def test_no_finite_box_and_no_corners_at_all_crash_or_fill_the_memory(
    box: tuple[float, float, float, float], numbers: list[float]
) -> None:
    tl, tr, br, bl = (Point(*numbers[i : i + 2]) for i in range(0, 8, 2))
    plate = rectify(np.zeros((30, 40, 3), np.uint8), Detection(Box(*box), (tl, tr, br, bl), 0.9))
    assert max(plate.shape) <= MAX_SIDE

"""A closer look: which plates it is for, which part of the picture it sees, what both looks say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.types import Box, Detection, Point
from edge.vision.closer import doubted, part_about, seen_twice, shifted


def plate(x1: float, y1: float, x2: float, score: float) -> Detection:
    """Return a plate 20 pixels high whose corners are those of its box."""
    box = Box(x1, y1, x2, y1 + 20)
    corners = (Point(x1, y1), Point(x2, y1), Point(x2, y1 + 20), Point(x1, y1 + 20))
    return Detection(box, corners, score)


def row(x1: float, x2: float, score: float) -> list[float]:
    """Return a detector's row of a plate 20 pixels high."""
    return [score, x1, 0, x2, 20, *[0.0] * 8]


def test_small_boxes_below_the_threshold_that_lie_on_no_sure_one_are_doubted() -> None:
    sure, beside, wide = row(100, 160, 0.6), row(110, 170, 0.59), row(200, 400, 0.55)
    small, smaller, faint = row(0, 60, 0.5), row(500, 540, 0.4), row(600, 640, 0.29)
    rows = np.array([sure, beside, wide, smaller, small, faint], np.float32)
    assert doubted(rows, 0.6, 1280).tolist() == rows[3:5].tolist()
    assert len(doubted(rows[[0, 1, 2, 5]], 0.6, 1280)) == 0
    assert len(doubted(rows[:0], 0.6, 1280)) == 0


@given(
    st.tuples(st.integers(2, 2000), st.integers(2, 4000)),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_the_part_is_a_quarter_as_wide_lies_in_the_picture_and_shows_the_box(
    size: tuple[int, int], middle: tuple[float, float]
) -> None:
    x, y = middle[0] * size[1], middle[1] * size[0]
    x1, y1, x2, y2 = part_about(Box(x, y, x, y), size)
    assert 0 <= x1 < x2 <= size[1]
    assert 0 <= y1 < y2 <= size[0]
    assert (x2 - x1, y2 - y1) == (max(1, size[1] // 4), max(1, size[0] // 4))
    assert x1 - 1 <= x <= x2 + 1
    assert y1 - 1 <= y <= y2 + 1


def test_a_picture_of_one_pixel_is_its_own_part() -> None:
    assert part_about(Box(0, 0, 1, 1), (1, 1)) == (0, 0, 1, 1)


def twice(plate_: Detection, *near: Detection) -> Detection:
    both = seen_twice(plate_, near)
    assert both is not None
    return both


def test_both_scores_count_alike_and_the_nearer_box_twice() -> None:
    both = twice(plate(10, 10, 50, 0.5), plate(13, 16, 62, 0.9))
    assert both.score == pytest.approx(0.75)  # odds of 1 and of 9 make 3
    assert tuple(both.box) == pytest.approx((12, 14, 58, 34))
    assert [tuple(p) for p in both.corners] == [
        pytest.approx(p) for p in ((12, 14), (58, 14), (58, 34), (12, 34))
    ]


def test_what_the_closer_look_does_not_see_is_no_plate() -> None:
    for near in ([], [plate(60, 10, 100, 0.9)]):
        assert seen_twice(plate(10, 10, 50, 0.55), near) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_two_looks_never_say_more_than_the_surer_nor_less_than_the_other(
    whole: float, near: float
) -> None:
    both = twice(plate(10, 10, 50, whole), plate(10, 10, 50, near)).score
    assert min(whole, near) - 1e-3 <= both <= max(whole, near) + 1e-3


def test_certainty_has_a_bound() -> None:
    both = twice(plate(10, 10, 50, 1.0), plate(10, 10, 50, 0.0))
    assert both.score == pytest.approx(0.5)


def test_a_plate_of_a_part_is_where_it_is_in_the_whole() -> None:
    moved = shifted(plate(10, 10, 50, 0.7), 100, 200)
    assert moved == plate(110, 210, 150, 0.7)

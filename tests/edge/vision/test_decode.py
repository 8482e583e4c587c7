import numpy as np
import pytest

from edge.vision.decode import decode
from edge.vision.letterbox import Fit
from edge.vision.rectify import rectify

FIT = Fit(scale=0.5, shift_x=0.0, shift_y=12.0)


def row(score: float, x: float, y: float, width: float = 40, height: float = 10) -> list[float]:
    x2, y2 = x + width, y + height
    return [score, x, y, x2, y2, x, y, x2, y, x2, y2, x, y2]


def test_rows_become_plates_in_frame_pixels_best_first() -> None:
    rows = np.array([row(0.5, 10, 20), row(0.9, 200, 112), row(0.1, 300, 50)], np.float32)
    best, second = decode(rows, FIT, 0.4, (720, 1280))
    assert best.score == pytest.approx(0.9)
    assert best.box == pytest.approx((400, 200, 480, 220))
    assert best.corners[2] == pytest.approx((480, 220))
    assert second.box.x1 == pytest.approx(20)


def test_one_plate_seen_by_many_cells_is_one_detection() -> None:
    rows = np.array([row(0.9, 100, 100), row(0.8, 102, 100), row(0.7, 98, 101)], np.float32)
    assert len(decode(rows, FIT, 0.4, (720, 1280))) == 1


def test_cells_that_see_one_plate_agree_on_its_ends_by_their_scores() -> None:
    rows = np.array([row(0.9, 100, 100, 34), row(0.6, 100, 100, 40)], np.float32)
    (found,) = decode(rows, FIT, 0.4, (720, 1280))
    assert found.score == pytest.approx(0.9)
    assert found.box.width / 2 == pytest.approx((0.9 * 34 + 0.6 * 40) / 1.5)
    assert found.corners[1].x == pytest.approx(found.box.x2)


def test_a_neighbour_has_no_say_in_the_ends_of_a_plate() -> None:
    rows = np.array([row(0.9, 100, 100), row(0.8, 145, 100)], np.float32)
    assert decode(rows, FIT, 0.4, (720, 1280))[0].box.x2 == pytest.approx(280)


def test_neighbouring_plates_stay_two() -> None:
    rows = np.array([row(0.9, 100, 100), row(0.8, 145, 100)], np.float32)
    assert len(decode(rows, FIT, 0.4, (720, 1280))) == 2


def test_a_plate_beyond_the_edge_is_cut_at_it() -> None:
    (found,) = decode(np.array([row(0.9, -10, 20)], np.float32), FIT, 0.4, (720, 1280))
    assert found.box.x1 == 0


def test_nothing_likely_is_nothing_found() -> None:
    assert decode(np.zeros((3840, 13), np.float32), FIT, 0.4, (720, 1280)) == []


def test_a_part_of_a_plate_is_not_a_plate_of_its_own() -> None:
    rows = np.array([row(0.9, 100, 100), row(0.8, 112, 101, 16, 8)], np.float32)
    assert len(decode(rows, FIT, 0.4, (720, 1280))) == 1


def test_a_row_without_a_finite_box_is_no_plate() -> None:
    broken = [row(0.9, 100, 100) for _ in range(3)]
    broken[0][1], broken[1][4], broken[2][0] = np.nan, np.inf, np.nan
    assert decode(np.array(broken, np.float32), FIT, 0.4, (720, 1280)) == []


def test_a_plate_outside_the_frame_or_without_area_is_none() -> None:
    rows = [row(0.9, 700, 100), row(0.9, -90, 100), row(0.9, 100, 100, 0, 10)]
    assert decode(np.array(rows, np.float32), FIT, 0.4, (720, 1280)) == []


def test_corners_that_are_not_numbers_leave_the_box_usable() -> None:
    odd = row(0.9, 100, 100)
    odd[5:] = [np.nan] * 8
    (found,) = decode(np.array([odd], np.float32), FIT, 0.4, (720, 1280))
    assert rectify(np.zeros((720, 1280, 3), np.uint8), found).shape[1] > 80

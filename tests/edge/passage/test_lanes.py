from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.pipeline import Pipeline
from edge.passage.lanes import Lane, Polygon, View, inside, polygon_fault
from edge.passage.tracker import Tracker
from edge.types import Detection, Direction, Image, Reading
from tests.edge.daemon import test_pipeline as box
from tests.fakes import ScriptedEyes, detection, reading

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
ARROW = ((0.1, 0.1), (0.9, 0.5), (0.1, 0.9), (0.5, 0.5))
NAMED = (Lane("left", LEFT, Direction.LEAVING), Lane("right", RIGHT, Direction.APPROACHING))
SHARES = st.floats(0, 1)


class Eyes(ScriptedEyes):
    """Reads what was found and nothing else."""

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        return [r for r in super().read(image, detections) if r.detection in detections]


def watched(folder: Path, view: View, seen: dict[int, Sequence[Reading]]) -> Pipeline:
    line = box.pipeline(folder, Eyes(seen), {})
    return replace(line, view=view, tracker=Tracker(1.0, view=view))


def driving(plate: str, x: float, grow: float, dx: float = 0.0) -> dict[int, Sequence[Reading]]:
    return {
        i: [reading(plate, detection(x + dx * i, 200 + 150 * (grow**i - 1), 90 * grow**i))]
        for i in range(12)
    }


@given(x=SHARES, y=SHARES)
def test_inside_is_what_opencv_calls_inside(x: float, y: float) -> None:
    whole = np.array(ARROW, np.float32) * 1000
    away = cv2.pointPolygonTest(whole, (x * 1000, y * 1000), True)
    assert abs(away) < 0.01 or inside(ARROW, (x, y)) == (away > 0)


@given(x=SHARES, y=SHARES)
def test_no_corners_are_the_whole_picture(x: float, y: float) -> None:
    assert inside((), (x, y))


def test_every_place_is_in_one_of_two_lanes_that_share_a_side() -> None:
    places = [(x / 40, y / 40) for x in range(1, 40) for y in range(1, 40)]
    assert all(inside(LEFT, place) != inside(RIGHT, place) for place in places)


@pytest.mark.parametrize(
    ("polygon", "fault"),
    [
        (LEFT, None),
        (ARROW, None),
        (((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)), "cross"),
        (((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)), "encloses nothing"),
        (((0.2, 0.2), (0.2, 0.2), (0.2, 0.2)), "stands twice"),
        ((*LEFT, LEFT[0]), "stands twice"),
        (LEFT * 2, "stands twice"),
    ],
)
def test_corners_must_go_round_a_piece_of_the_picture(polygon: Polygon, fault: str | None) -> None:
    assert (fault is None) == (polygon_fault(polygon) is None)
    assert (fault or "") in (polygon_fault(polygon) or "")


def test_a_plate_outside_the_region_is_never_read_and_is_no_passage(tmp_path: Path) -> None:
    parked = driving("1HDT725", x=1100, grow=1.0)
    passing = driving("1KZE410", x=300, grow=1.03)
    seen = {i: [*passing[i], *parked[i]] for i in passing}
    view = View(region=((0.0, 0.0), (0.7, 0.0), (0.7, 1.0), (0.0, 1.0)))
    conclusions = box.drive(watched(tmp_path, view, seen))
    assert [c.passage.plate for c in conclusions] == ["1KZE410"]


@pytest.mark.parametrize(
    ("x", "grow", "lane", "wrong_way"),
    [
        (150, 0.96, "left", False),
        (150, 1.04, "left", True),
        (900, 1.04, "right", False),
        (900, 0.96, "right", True),
        (150, 1.0, "left", False),
    ],
)
def test_lane_and_wrong_way_stand_in_the_signed_record(
    tmp_path: Path, x: float, grow: float, lane: str, wrong_way: bool
) -> None:
    line = watched(tmp_path, View(lanes=NAMED), driving("1KZE410", x, grow))
    (conclusion,) = box.drive(line)
    site = box.record(conclusion).site
    assert (site.lane, site.wrong_way) == (lane, wrong_way)
    assert site.direction == conclusion.passage.direction


def test_a_vehicle_that_changes_lanes_is_in_the_one_where_it_was_seen_best(tmp_path: Path) -> None:
    line = watched(tmp_path, View(lanes=NAMED), driving("1KZE410", 350, 1.05, dx=40))
    (conclusion,) = box.drive(line)
    assert conclusion.passage.lane == "right"


def test_where_lanes_overlap_the_first_named_has_the_plate() -> None:
    both = View(lanes=(Lane("bus", RIGHT), Lane("all", ())))
    image = np.zeros((720, 1280, 3), np.uint8)
    found = [both.lane_at(detection(x=x).box, image) for x in (900, 100)]
    assert [lane and lane.name for lane in found] == ["bus", "all"]


def test_beside_all_lanes_a_passage_has_none(tmp_path: Path) -> None:
    line = watched(tmp_path, View(lanes=NAMED[:1]), driving("1KZE410", 900, 1.03))
    (conclusion,) = box.drive(line)
    assert (conclusion.passage.lane, conclusion.passage.wrong_way) == (None, False)
    assert box.record(conclusion).site.lane is None

from hypothesis import given
from hypothesis import strategies as st

from edge.passage.tracker import KEPT_READINGS, Track, Tracker, differing
from edge.types import Direction, Reading
from tests.fakes import detection, frame, reading


def drive(
    tracker: Tracker, seen: dict[int, list[Reading]], frames: int, fps: float = 15.0
) -> list[Track]:
    due: list[Track] = []
    for i in range(frames):
        due += tracker.update(frame(i, fps), seen.get(i, []))
    return due + tracker.finish()


def moving(text: str, frames: range, x: float, dx: float, grow: float = 1.0) -> dict[int, Reading]:
    return {
        i: reading(text, detection(x + dx * n, 100 + 3 * n, 100 * grow**n, 24 * grow**n))
        for n, i in enumerate(frames)
    }


def together(*roads: dict[int, Reading]) -> dict[int, list[Reading]]:
    frames = {i for road in roads for i in road}
    return {i: [road[i] for road in roads if i in road] for i in frames}


def test_one_moving_plate_is_one_track() -> None:
    tracks = drive(Tracker(1.0), together(moving("1KZE410", range(20), 100, 30)), 60)
    assert [t.count for t in tracks] == [20]


def test_two_vehicles_side_by_side_are_two() -> None:
    left = moving("1HDT725", range(20), 100, 5)
    right = moving("1BVX308", range(20), 330, 5)
    tracks = drive(Tracker(1.0), together(left, right), 60)
    assert sorted(t.best.reading.text for t in tracks) == ["1BVX308", "1HDT725"]
    assert [t.count for t in tracks] == [20, 20]


def test_a_fast_vehicle_at_a_low_frame_rate_stays_one() -> None:
    seen = together(moving("1KZE410", range(6), 50, 190))
    assert len(drive(Tracker(2.0), seen, 30, fps=5.0)) == 1


def test_a_gap_of_half_a_second_does_not_split_a_vehicle() -> None:
    seen = together(moving("1KZE410", range(24), 100, 12))
    for hidden in range(8, 15):
        del seen[hidden]
    assert len(drive(Tracker(1.0), seen, 60)) == 1


def test_tailgating_vehicles_do_not_merge() -> None:
    first = moving("1HDT725", range(12), 100, 12)
    second = moving("VDS41K", range(12, 24), 150, 12)
    tracks = drive(Tracker(1.0), together(first, second), 60)
    assert sorted(t.best.reading.text for t in tracks) == ["1HDT725", "VDS41K"]


def test_a_parked_vehicle_is_due_once_while_it_stays_and_its_memory_is_bounded() -> None:
    tracker = Tracker(1.0, announce_after_s=20)
    due = []
    for i in range(15 * 120):
        new = tracker.update(frame(i), [reading("1XEM934")])
        for track in new:
            track.announced = True  # as the desk does
        due += new
    assert len(due) == 1
    assert len(due[0].kept) <= KEPT_READINGS
    assert due[0].direction is Direction.STILL


def test_growth_tells_approaching_from_leaving() -> None:
    coming = drive(Tracker(1.0), together(moving("1KZE410", range(15), 100, 4, grow=1.03)), 40)
    going = drive(Tracker(1.0), together(moving("1KZE410", range(15), 100, 4, grow=0.97)), 40)
    assert coming[0].direction is Direction.APPROACHING
    assert going[0].direction is Direction.LEAVING


@given(st.text("AB1", max_size=6), st.text("AB1", max_size=6), st.text("AB1", max_size=6))
def test_the_edit_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert differing(a, a) == 0
    assert differing(a, b) == differing(b, a)
    assert differing(a, c) <= differing(a, b) + differing(b, c)


@given(st.lists(st.lists(st.integers(0, 8), max_size=4, unique=True), max_size=30))
def test_every_sighting_ends_in_exactly_one_track(script: list[list[int]]) -> None:
    seen = {
        i: [reading("1KZE410", detection(x=140.0 * place)) for place in places]
        for i, places in enumerate(script)
    }
    tracks = drive(Tracker(1.0), seen, len(script))
    assert sum(t.count for t in tracks) == sum(len(places) for places in script)

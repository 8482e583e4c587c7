from collections.abc import Callable

import pytest

from edge.passage.pair import LONGEST_TRAIL, SHARED_FRAMES, Boxes, Trail, on_one_vehicle
from edge.types import Box


def road(place: Callable[[int], tuple[float, float, float]], frames: int = 12) -> Boxes:
    boxes = {}
    for i in range(frames):
        x, y, width = place(i)
        boxes[i] = Box(x - width / 2, y - width / 8, x + width / 2, y + width / 8)
    return boxes


COMING = road(lambda i: (400 + 3 * i, 300 + 8 * i, 80 + 6 * i))


def test_plates_that_grow_together_are_on_one_vehicle() -> None:
    above = road(lambda i: (400 + 3 * i, 300 + 8 * i - 1.5 * (80 + 6 * i), 80 + 6 * i))
    assert on_one_vehicle(COMING, above)
    assert on_one_vehicle(above, COMING)


def test_a_car_in_the_next_lane_is_another_vehicle() -> None:
    beside = road(lambda i: (400 + 3 * i + 5 * (80 + 6 * i), 300 + 8 * i, 80 + 6 * i))
    assert not on_one_vehicle(COMING, beside)


def test_a_car_behind_is_another_vehicle() -> None:
    behind = road(lambda i: (400 + 3 * i, 220 + 8 * i, 50 + 3 * i))
    assert not on_one_vehicle(COMING, behind)


def test_a_car_behind_at_a_steady_distance_is_another_vehicle() -> None:
    steady = road(lambda i: (400 + 3 * i, 220 + 2 * i, 0.6 * (80 + 6 * i)))
    assert not on_one_vehicle(COMING, steady)


def test_a_car_that_catches_up_is_another_vehicle() -> None:
    closing = road(lambda i: (400 + 3 * i, 80 + 18 * i, 70 + 6 * i))
    assert not on_one_vehicle(COMING, closing)


def test_a_moment_together_proves_nothing() -> None:
    few = {i: box for i, box in COMING.items() if i < SHARED_FRAMES - 1}
    assert not on_one_vehicle(COMING, few)
    assert not on_one_vehicle({}, {})


def trail(frames: range) -> Trail:
    made = Trail()
    for i in frames:
        made.add(i, Box(i, 0, i + 80, 20))
    return made


@pytest.mark.parametrize("apart", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("many", [40, 300, 20_000])
def test_trails_of_one_time_share_frames_whichever_are_looked_at(apart, odd, many) -> None:
    longer = trail(range(odd, odd + many * apart, apart))
    shorter = trail(range(odd + many * apart // 2, odd + many * apart, apart))
    assert LONGEST_TRAIL / 3 <= len(longer.boxes) <= LONGEST_TRAIL
    assert len(longer.boxes.keys() & shorter.boxes.keys()) >= SHARED_FRAMES


def test_a_trail_that_goes_on_in_another_spans_both() -> None:
    first, second = trail(range(300)), trail(range(400, 700))
    first.absorb(second)
    assert len(first.boxes) <= LONGEST_TRAIL
    for part in (range(150), range(150, 300), range(400, 550), range(550, 700)):
        assert first.boxes.keys() & set(part)
    assert all(box.x1 == frame for frame, box in first.boxes.items())

"""The pace falls while something presses, rises more slowly, and leaves every vehicle its looks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.pace import (
    EASED_LOOKS,
    ENCLOSURE,
    HEAT,
    LOAD,
    PRESSED_LOOKS,
    SETTLED_LOOKS,
    THROTTLED,
    Bounds,
    Pace,
    Strain,
    least_per_s,
    reasons,
)

BOUNDS = Bounds(warm_c=75, hot_c=83, enclosure_c=60, least_per_s=6)
COOL, BETWEEN, WARM, HOT = (Strain(temperature_c=c) for c in (50.0, 72.0, 78.0, 90.0))
FPS = 15.0

strains = st.builds(
    Strain,
    temperature_c=st.none() | st.floats(-40, 130),
    enclosure_c=st.none() | st.floats(-40, 90),
    throttled=st.booleans(),
    pressure=st.none() | st.floats(0, 1),
    dropped=st.floats(0, 1),
)


def after(pace: Pace, strain: Strain, looks: int) -> float:
    for _ in range(looks):
        pace.judge(strain, FPS)
    return pace.share


def taken(pace: Pace, frames: int = 600) -> int:
    return sum(pace.takes() for _ in range(frames))


def test_the_least_is_four_looks_along_the_view() -> None:
    # 80 km/h are 22.2 m/s: 12 m last 0.54 s, and four looks in that time are 7.4 a second.
    assert least_per_s(2, 80, 12) == pytest.approx(4 * (80 / 3.6) / 12)
    assert least_per_s(1, 50, 10) == least_per_s(2, 50, 10)
    assert least_per_s(5, 50, 10) > least_per_s(2, 50, 10)


@pytest.mark.parametrize(
    ("strain", "why"),
    [
        (Strain(), ()),
        (Strain(temperature_c=74.9), ()),
        (Strain(temperature_c=75), (HEAT,)),
        (Strain(enclosure_c=61), (ENCLOSURE,)),
        (Strain(throttled=True), (THROTTLED,)),
        (Strain(dropped=0.3), (LOAD,)),
        (Strain(dropped=0.1), ()),
        (Strain(dropped=0.1, pressure=0.9), (LOAD,)),
        (Strain(dropped=0.0, pressure=1.0), ()),  # others wait: we keep up
        (Strain(temperature_c=80, throttled=True, dropped=1), (HEAT, THROTTLED, LOAD)),
    ],
)
def test_what_presses(strain: Strain, why: tuple[str, ...]) -> None:
    assert reasons(strain, BOUNDS) == why


def test_nothing_that_presses_leaves_every_frame() -> None:
    pace = Pace(BOUNDS)
    assert after(pace, COOL, 1000) == 1
    assert (taken(pace), pace.reasons) == (600, ())


def test_one_hot_moment_changes_nothing() -> None:
    pace = Pace(BOUNDS)
    for _ in range(50):
        after(pace, WARM, PRESSED_LOOKS - 1)
        after(pace, COOL, 1)
    assert pace.share == 1


def test_it_falls_step_by_step_to_what_the_road_needs_and_no_further() -> None:
    pace, shares = Pace(BOUNDS), []
    for _ in range(10):
        shares.append(after(pace, WARM, PRESSED_LOOKS))
    assert shares[0] == 0.75
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(6 / FPS)
    assert pace.reasons == (HEAT,)


def test_from_the_limit_on_it_falls_at_once() -> None:
    assert after(Pace(BOUNDS), HOT, 1) == pytest.approx(6 / FPS)


def test_it_rises_only_when_it_is_clearly_cooler_for_a_while() -> None:
    pace = Pace(BOUNDS)
    low = after(pace, WARM, PRESSED_LOOKS)
    assert after(pace, BETWEEN, 500) == low
    assert after(pace, COOL, EASED_LOOKS - 1) == low
    assert after(pace, COOL, 1) == 1
    assert pace.reasons == ()


def test_a_return_that_was_too_early_is_tried_again_later_and_later() -> None:
    pace, waits = Pace(BOUNDS), []
    after(pace, WARM, PRESSED_LOOKS)
    for _ in range(4):
        looks = 0
        while pace.share < 1:
            after(pace, COOL, 1)
            looks += 1
        waits.append(looks)
        after(pace, WARM, PRESSED_LOOKS)
    assert waits == [EASED_LOOKS * n for n in (1, 2, 4, 8)]


def test_strain_that_goes_on_at_the_floor_is_told_and_ends() -> None:
    pace = Pace(BOUNDS)
    after(pace, HOT, 1)
    after(pace, HOT, SETTLED_LOOKS - 1)
    assert not pace.is_short
    after(pace, HOT, 1)
    assert pace.is_short
    after(pace, COOL, 1)
    assert not pace.is_short


def test_a_camera_as_slow_as_the_road_allows_is_never_slowed() -> None:
    pace = Pace(replace(BOUNDS, least_per_s=15))
    assert after(pace, HOT, 2 * SETTLED_LOOKS) == 1
    assert pace.is_short
    assert taken(pace) == 600


@given(st.lists(st.tuples(strains, st.floats(0, 60))), st.floats(1, 30))
def test_whatever_comes_the_pace_keeps_the_floor(
    course: list[tuple[Strain, float]], least: float
) -> None:
    pace = Pace(replace(BOUNDS, least_per_s=least))
    for strain, fps in course:
        pace.judge(strain, fps)
        assert min(1.0, least / fps if fps else 1.0) <= pace.share <= 1
        assert (pace.share < 1) == bool(pace.reasons)


@given(st.floats(0.1, 1))
def test_what_is_left_out_is_spread_evenly(share: float) -> None:
    pace = Pace(BOUNDS)
    pace.share = share
    told = [pace.takes() for _ in range(400)]
    assert abs(sum(told) - 400 * share) <= 1
    gaps = "".join("x" if t else "." for t in told).split("x")
    assert max(map(len, gaps)) <= 1 / share

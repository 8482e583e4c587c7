from dataclasses import replace
from itertools import cycle, islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.profile import GAMMA, LX_US, Profile
from edge.vision.tuning import (
    FILTER_REST_S,
    NIGHT_WHITE_K,
    STOPS,
    UNIT_US,
    Limits,
    Plates,
    Seen,
    Setting,
    Tuning,
    sharp_us,
)

SITE = Limits(longest_us=780.0)
EVERY_S = 5.0
RIGHT, OVER, UNDER = Plates(right=10), Plates(over=10), Plates(under=10)
SOFT = Plates(right=10, soft=10)


def lived(light: Tuning, n: int, **seen: object) -> Tuning:
    for _ in range(n):
        light = light.see(Seen(later(light), **seen))  # type: ignore[arg-type]
    return light


NOW = [0.0]


def later(light: Tuning) -> float:
    NOW[0] += EVERY_S
    return NOW[0]


def at(profile: Profile) -> Tuning:
    lux = {Profile.DAY: 20_000.0, Profile.DUSK: 100.0, Profile.NIGHT: 0.5}[profile]
    return lived(Tuning(SITE), 40, illuminance_lx=lux)


def exposure(setting: Setting) -> float:
    return setting.shutter_us * 2 ** (STOPS * setting.gain)


def test_the_fastest_plate_smears_no_further_than_it_may() -> None:
    assert sharp_us(80, 120) == pytest.approx(780)
    assert sharp_us(160, 120) == pytest.approx(390)
    assert sharp_us(80, 240) == pytest.approx(390)


def test_by_day_the_filter_is_in_and_colours_are_balanced_and_by_night_neither() -> None:
    day, night = at(Profile.DAY).setting, at(Profile.NIGHT).setting
    assert (day.profile, day.filter_in, day.white_k) == (Profile.DAY, True, None)
    assert (night.profile, night.filter_in) == (Profile.NIGHT, False)
    assert night.white_k == NIGHT_WHITE_K


def test_plates_that_are_burnt_get_less_light_and_dark_ones_more() -> None:
    dusk = at(Profile.DUSK)
    assert exposure(lived(dusk, 1, plates=OVER).setting) < exposure(dusk.setting)
    assert exposure(lived(dusk, 1, plates=UNDER).setting) > exposure(dusk.setting)
    assert lived(dusk, 1, plates=RIGHT).setting == dusk.setting


def test_burnt_plates_come_before_dark_and_soft_ones() -> None:
    dusk = at(Profile.DUSK)
    mixed = Plates(over=4, under=6, soft=10)
    assert exposure(lived(dusk, 1, plates=mixed).setting) < exposure(dusk.setting)


def test_gain_goes_before_the_shutter_where_plates_are_burnt() -> None:
    bright = lived(at(Profile.DUSK), 40, illuminance_lx=100.0, plates=UNDER)
    assert bright.setting.gain > 0
    less = lived(bright, 1, illuminance_lx=100.0, plates=OVER)
    assert less.setting.gain < bright.setting.gain
    assert less.setting.shutter_us == bright.setting.shutter_us


def test_soft_plates_get_a_shorter_shutter_and_gain_in_its_place() -> None:
    sharp = lived(at(Profile.DUSK), 10, illuminance_lx=100.0, plates=UNDER)
    soft = lived(sharp, 1, illuminance_lx=100.0, plates=SOFT)
    assert soft.setting.shutter_us < sharp.setting.shutter_us
    assert soft.setting.gain > sharp.setting.gain
    for _ in range(30):
        soft = lived(soft, 1, illuminance_lx=100.0, plates=SOFT)
    assert soft.setting.shutter_us >= UNIT_US


def test_a_few_plates_say_nothing_until_there_are_more() -> None:
    dusk = at(Profile.DUSK)
    few = lived(dusk, 1, plates=Plates(over=7))
    assert few.setting == dusk.setting
    assert exposure(lived(few, 1, plates=Plates(over=1)).setting) < exposure(dusk.setting)


def test_without_plates_the_picture_speaks_but_at_night_darkness_does_not() -> None:
    dusk, night = at(Profile.DUSK), at(Profile.NIGHT)
    brighter = lived(dusk, 1, illuminance_lx=100.0, brightness=20.0)
    assert exposure(brighter.setting) > exposure(dusk.setting)
    assert lived(night, 1, illuminance_lx=0.5, brightness=3.0).setting == night.setting
    glare = lived(night, 1, illuminance_lx=0.5, brightness=240.0)
    assert exposure(glare.setting) < exposure(night.setting)


def test_once_plates_have_spoken_the_picture_is_silent_until_the_light_is_another() -> None:
    spoken = lived(at(Profile.DUSK), 1, illuminance_lx=100.0, plates=RIGHT)
    assert lived(spoken, 5, illuminance_lx=100.0, brightness=20.0).setting == spoken.setting
    dimmer = lived(spoken, 1, illuminance_lx=40.0, brightness=20.0)
    assert exposure(dimmer.setting) > exposure(spoken.setting)


def test_headlights_on_the_sensor_turn_nothing() -> None:
    night = at(Profile.NIGHT)
    assert lived(night, 10, illuminance_lx=2000.0).turn.profile is Profile.NIGHT
    assert lived(night, 14, illuminance_lx=2000.0).turn.profile is Profile.DUSK


def test_the_filter_rests_after_a_move() -> None:
    night = at(Profile.NIGHT)
    assert not night.setting.filter_in
    day = lived(night, 30, illuminance_lx=20_000.0)
    assert day.setting.profile is Profile.DAY
    assert not day.setting.filter_in
    assert lived(day, int(FILTER_REST_S / EVERY_S), illuminance_lx=20_000.0).setting.filter_in


@pytest.mark.parametrize(("wish", "is_in"), [("in", True), ("out", False)])
def test_a_site_that_says_where_the_filter_is_has_it_there(wish: str, is_in: bool) -> None:
    limits = replace(SITE, ir_filter=wish)  # type: ignore[arg-type]
    for lux in (20_000.0, 0.5):
        assert lived(Tuning(limits), 60, illuminance_lx=lux).setting.filter_in is is_in


def test_nothing_known_changes_nothing() -> None:
    assert lived(Tuning(SITE), 100).setting == Tuning(SITE).setting


verdicts = st.builds(
    Plates,
    right=st.integers(0, 12),
    over=st.integers(0, 12),
    under=st.integers(0, 12),
    soft=st.integers(0, 12),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(verdicts, st.floats(0, 255)), min_size=1, max_size=12),
    st.floats(0, 100_000),
)
def test_whatever_is_seen_over_and_over_in_one_light_it_settles(
    said: list[tuple[Plates, float]], lux: float
) -> None:
    light, had = lived(Tuning(SITE), 40, illuminance_lx=lux), []
    for plates, brightness in islice(cycle(said), 1200):
        light = light.see(Seen(later(light), brightness, lux, plates))
        had.append(light)
    assert all(abs(b.third - a.third) <= 2 for a, b in pairwise(had))
    ceilings = [one.ceiling for one in had if one.ceiling is not None]
    assert ceilings == sorted(ceilings, reverse=True)
    assert len({one.setting for one in had[-24:]}) == 1


@given(
    st.lists(verdicts, max_size=60),
    st.lists(st.one_of(st.none(), st.floats(0, 100_000)), min_size=60, max_size=60),
    st.floats(50, 20_000),
    st.floats(0, 1),
)
def test_the_shutter_is_never_longer_and_the_gain_never_more_than_allowed(
    plates: list[Plates], lux: list[float | None], longest_us: float, most_gain: float
) -> None:
    light = Tuning(Limits(longest_us, most_gain))
    for one, lx in zip(plates, lux, strict=False):
        light = light.see(Seen(later(light), None, lx, one))
        assert UNIT_US <= light.setting.shutter_us <= max(UNIT_US, longest_us)
        assert light.setting.shutter_us % UNIT_US == 0
        assert 0 <= light.setting.gain <= most_gain + 0.001


def rendered(light: Tuning, scene_lx: float, lamp_lx: float) -> float:
    """Return the mean of the picture of a scene, whose lamp the filter cuts."""
    lit = scene_lx + (0.0 if light.setting.filter_in else lamp_lx)
    linear = min(1.0, lit * exposure(light.setting) / LX_US)
    return float(255 * linear ** (1 / GAMMA))


def judged(light: Tuning, scene_lx: float, lamp_lx: float) -> Plates:
    """Return how plates of two kinds come out: one throws the lamp's light back eightfold."""
    lit = 0.0 if light.setting.filter_in else lamp_lx
    found = Plates()
    for factor in (1.0, 8.0):
        linear = (scene_lx * 2 + lit * factor) * exposure(light.setting) / LX_US
        over, under = linear > 0.95, linear < 0.06
        found += Plates(right=5 * (not over and not under), over=5 * over, under=5 * under)
    return found


@settings(deadline=None, max_examples=60)
@given(
    st.floats(0, 100_000),
    st.floats(0, 2000),
    st.booleans(),
    st.booleans(),
)
def test_in_a_scene_that_stays_as_it_is_the_camera_settles(
    scene_lx: float, lamp_lx: float, has_sensor: bool, has_traffic: bool
) -> None:
    light, had = Tuning(SITE), []
    for i in range(2500):  # more than three hours
        seen = Seen(
            at_s=i * EVERY_S,
            brightness=rendered(light, scene_lx, lamp_lx),
            illuminance_lx=scene_lx if has_sensor else None,
            plates=judged(light, scene_lx, lamp_lx) if has_traffic else Plates(),
        )
        light = light.see(seen)
        had.append(light.setting)
    assert len(set(had[1500:])) == 1

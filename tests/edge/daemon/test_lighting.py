from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.lighting import BRIGHTEST, DIMMEST, NIGHT, Lighting
from edge.housing.words import Plates

RIGHT, OVER, UNDER = Plates(right=20), Plates(over=20), Plates(under=20)


def test_dark_without_sun_off_by_day_and_between_them_in_between() -> None:
    night, dusk, day = (Lighting().under(lux).level for lux in (0.5, 60.0, 20_000.0))
    assert (night, day) == (NIGHT, 0.0)
    assert 0.0 < dusk < night


def test_a_light_that_nobody_measures_is_that_of_the_night() -> None:
    assert Lighting().under(None).level == NIGHT


def test_twilight_does_not_switch_it_on_and_off() -> None:
    dark = Lighting().under(250.0)
    assert dark.level > 0
    assert dark.under(350.0).level > 0
    off = dark.under(500.0)
    assert off.level == 0
    assert off.under(350.0).level == 0


def test_plates_that_are_burnt_out_dim_it_and_dark_ones_brighten_it() -> None:
    lit = Lighting().under(1.0)
    assert lit.see(OVER).see(OVER).under(1.0).level < NIGHT
    assert lit.see(UNDER).see(UNDER).under(1.0).level > NIGHT
    assert lit.see(RIGHT).see(RIGHT).under(1.0).level == NIGHT


def test_a_few_plates_say_nothing_until_there_are_more() -> None:
    lit = Lighting().under(1.0).see(Plates(over=7))
    assert lit.trim == 1.0
    assert lit.see(Plates(over=1)).trim < 1.0


def test_plates_by_day_teach_it_nothing() -> None:
    assert Lighting().under(20_000.0).see(OVER).trim == 1.0


@given(st.lists(st.sampled_from([RIGHT, OVER, UNDER]), max_size=60), st.floats(0, 1e6))
def test_it_stays_within_its_bounds_whatever_plates_say(seen: list[Plates], lux: float) -> None:
    light = Lighting().under(1.0)
    for plates in seen:
        light = light.see(plates)
    assert DIMMEST <= light.trim <= BRIGHTEST
    assert 0.0 <= light.under(lux).level <= 1.0

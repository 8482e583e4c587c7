from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.climate import STEP, Climate, climate

AUTOMATIC = Climate(None, None)
temperatures = st.floats(-50, 110)


def at(*temperatures_c: float | None) -> Climate:
    done = AUTOMATIC
    for temperature_c in temperatures_c:
        done = climate(temperature_c, done)
    return done


def test_cold_heats_heat_blows_and_in_between_nothing_turns() -> None:
    assert at(-10) == (1.0, 0.0)
    assert at(20) == (0.0, 0.0)
    assert at(50) == (0.0, 0.5)
    assert at(60) == at(95) == (0.0, 1.0)


def test_what_is_not_known_is_left_to_the_device() -> None:
    assert at(55, None) == AUTOMATIC


def test_neither_flutters_at_its_limit() -> None:
    assert [at(2, 5).heater, at(8, 5).heater] == [1.0, 0.0]
    assert [at(41, 38).fan, at(30, 38).fan] == [0.3, 0.0]
    assert at(50, 50.9, 49.2).fan == 0.5


@given(temperatures, temperatures)
def test_never_both_and_always_within_range(before_c: float, now_c: float) -> None:
    heater, fan = at(before_c, now_c)
    assert heater in (0.0, 1.0)
    assert fan is not None
    assert 0 <= fan <= 1
    assert not (heater and fan)


@given(temperatures, st.floats(0, 60))
def test_a_warmer_housing_is_never_blown_at_less(now_c: float, more: float) -> None:
    least, most = at(now_c).fan, at(now_c, now_c + more).fan
    assert least is not None
    assert most is not None
    assert most >= least - STEP / 2

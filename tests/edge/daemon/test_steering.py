"""What the device is told: at once when it has forgotten, again when it changes, and no more."""

from pathlib import Path

from edge.config import Firmware
from edge.daemon.steering import AGAIN_S, MOST_TRIED_S, Steering
from edge.housing.words import Conditions, Plates, Shine
from firmware_bridge.messages import (
    AUTOMATIC,
    Capability,
    Climate,
    Command,
    Hello,
    Illuminator,
    Watchdog,
)

ALL = int(sum(Capability))
FIRMWARE = Firmware(port=Path("/dev/ttyACM0"), watchdog_s=120)
FEED = Watchdog(120_000)


def hello(capabilities: int = ALL) -> Hello:
    return Hello(1, 0, 1, 1, 0, capabilities, b"", "test")


def steering(capabilities: int = ALL, firmware: Firmware = FIRMWARE) -> Steering:
    made = Steering(firmware)
    made.meet(hello(capabilities))
    made.measure(Conditions(at_ns=0, temperature_c=50.0, illuminance_lx=1.0))
    return made


def say(made: Steering, now_s: float, makes_progress: bool = True) -> list[Command]:
    due = made.due(now_s, makes_progress=makes_progress)
    for command in due:
        made.said(command, now_s)
    return due


def test_a_device_that_was_met_is_told_everything_once() -> None:
    made = steering()
    assert say(made, 0) == [Climate(0, 500), Illuminator(600, 0, 500, 0), FEED]
    assert say(made, 1) == []
    assert say(made, AGAIN_S) != []


def test_what_changes_is_said_at_once() -> None:
    made = steering()
    say(made, 0)
    made.measure(Conditions(at_ns=0, temperature_c=-5.0, illuminance_lx=9000.0))
    assert say(made, 1) == [Climate(1000, 0), Illuminator(0, 0, 500, 0)]


def test_a_device_that_started_anew_is_told_again_once_it_has_measured() -> None:
    made = steering()
    say(made, 0)
    made.meet(hello())
    assert say(made, 1) == [FEED]
    made.measure(Conditions(at_ns=0, temperature_c=50.0, illuminance_lx=1.0))
    assert len(say(made, 2)) == 2


def test_a_device_is_asked_for_nothing_that_it_does_not_have() -> None:
    assert say(steering(0), 0) == []
    fan = steering(Capability.FAN)
    assert say(fan, 0) == [Climate(AUTOMATIC, 500)]
    assert steering(0).farewell() == []


def test_the_watchdog_is_fed_in_time_and_only_while_the_box_makes_progress() -> None:
    made = steering()
    fed = [now_s for now_s in range(300) if FEED in say(made, now_s, now_s < 150)]
    assert fed == [0, 30, 60, 90, 120]


def test_a_watchdog_that_nobody_wants_is_never_armed() -> None:
    made = steering(firmware=Firmware(port=Path("x"), watchdog_s=0))
    assert not any(isinstance(command, Watchdog) for command in say(made, 0))
    assert made.farewell() == [Climate(AUTOMATIC, AUTOMATIC)]


def test_an_orderly_end_leaves_the_device_to_itself() -> None:
    assert steering().farewell() == [Climate(AUTOMATIC, AUTOMATIC), Watchdog(0)]


def shines(made: Steering, now_s: float) -> list[int]:
    return [c.level_permille for c in say(made, now_s) if isinstance(c, Illuminator)]


def test_a_light_that_is_tried_goes_back_by_itself() -> None:
    made = steering()
    assert shines(made, 0) == [600]
    made.shine(Shine(level=0.0, for_s=30), 1)
    assert shines(made, 1) == [0]
    assert shines(made, 30.9) == []
    assert shines(made, 31) == [600]


def test_no_trial_holds_longer_than_its_bound_and_each_may_be_ended() -> None:
    made = steering()
    made.shine(Shine(level=1.0, for_s=1e9), 0)
    assert shines(made, 0) == [1000]
    assert shines(made, MOST_TRIED_S) == [600]
    made.shine(Shine(level=1.0, for_s=30), 100)
    assert shines(made, 100) == [1000]
    made.shine(Shine(), 101)
    assert shines(made, 101) == [600]


def test_what_a_person_tries_teaches_the_light_nothing() -> None:
    made = steering()
    made.shine(Shine(level=0.0, for_s=30), 0)
    for _ in range(20):
        made.see(Plates(under=50))
    assert shines(made, 31) == [600]
    made.see(Plates(under=50))
    assert shines(made, 32) == [700]


def test_an_orderly_end_leaves_no_light_that_was_tried() -> None:
    made = steering()
    say(made, 0)
    assert not any(isinstance(one, Illuminator) for one in made.farewell())
    made.shine(Shine(level=1.0, for_s=30), 0)
    assert Illuminator(600, 0, 500, 0) in made.farewell()

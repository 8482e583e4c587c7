"""What the device reports, in the words of the seam; changes stay until they are taken."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.daemon.climate import Climate, climate
from edge.daemon.reported import KEPT, Changes, conditions, trigger
from edge.housing.words import Change, Conditions, Taken
from firmware_bridge.alignment import Aligned
from firmware_bridge.messages import Contact, Trigger, TriggerSource
from firmware_bridge.session import SeenTrigger
from firmware_bridge.simulator.device import FAIR


def stands(door: bool | None = False, at_ns: int = 0, **more: bool | None) -> Conditions:
    return Conditions(at_ns=at_ns, door=door, **more)  # type: ignore[arg-type]


def test_units_are_those_of_the_seam_and_what_is_not_known_stays_so() -> None:
    told = conditions(
        replace(FAIR, contacts=Contact.TAMPER, contacts_known=Contact.TAMPER, supply_mv=None), 7
    )
    assert told == Conditions(
        at_ns=7,
        temperature_c=21.4,
        humidity=0.45,
        supply_v=None,
        illuminance_lx=350.0,
        tamper=True,
        door=None,
        tilt=None,
        illuminator=0.0,
        heater=0.0,
        fan=0.0,
    )


@pytest.mark.parametrize("told", [-27315, -12700, -5001, 10001, 32767])
def test_a_temperature_that_cannot_be_is_not_known_so_the_device_decides(told: int) -> None:
    measured = conditions(replace(FAIR, temperature_cdegc=told), 7)
    assert measured.temperature_c is None
    assert climate(measured.temperature_c, Climate(1.0, 0.0)) == Climate(None, None)


def test_more_than_all_is_no_share() -> None:
    told = replace(FAIR, humidity_permille=1001, illuminator_permille=65534, fan_permille=1000)
    measured = conditions(told, 7)
    assert (measured.humidity, measured.illuminator, measured.fan) == (None, None, 1.0)


def test_a_trigger_has_its_own_moment_or_that_at_which_it_was_heard() -> None:
    seen = Trigger(1, 1, 1, TriggerSource.RADAR, 0)
    told = trigger(SeenTrigger(seen, Aligned(5_000, 12), 2), 9_000)
    assert (told.at_ns, told.error_us, told.lost, told.is_test) == (5_000, 12, 2, False)
    test = replace(seen, source=TriggerSource.SELF_TEST)
    told = trigger(SeenTrigger(test, None, 0), 9_000)
    assert (told.at_ns, told.error_us, told.is_test) == (9_000, None, True)


def test_an_opening_and_its_end_are_two_changes_however_close() -> None:
    changes = Changes()
    assert changes.see(stands()) == []
    (opened,) = changes.see(stands(True, 10))
    (closed,) = changes.see(stands(False, 11))
    assert (opened.reports, opened.at_ns, opened.found) == (True, 10, False)
    assert (closed.reports, closed.number) == (False, opened.number + 1)
    assert list(changes.untaken) == [opened, closed]
    changes.take(Taken(number=opened.number))
    assert list(changes.untaken) == [closed]


def test_what_was_open_before_anybody_listened_is_found_so() -> None:
    changes = Changes()
    (found,) = changes.see(stands(True))
    assert found.found
    changes.lose()
    (after,) = changes.see(stands(False))
    assert after.found


def test_a_contact_that_is_not_known_changes_nothing() -> None:
    changes = Changes()
    changes.see(stands(True))
    assert changes.see(stands(None)) == []
    assert changes.see(stands(True)) == []


def test_a_rattle_keeps_its_first_changes_and_takes_no_more_memory() -> None:
    changes = Changes()
    for n in range(1000):
        changes.see(stands(n % 2 == 0, n))
    assert [change.at_ns for change in changes.untaken] == list(range(KEPT))


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans())))
def test_changes_tell_how_it_stands_whatever_happened(seen: list[tuple[bool, bool, bool]]) -> None:
    changes, told = Changes(), list[Change]()
    for tamper, door, tilt in seen:
        told += changes.see(Conditions(at_ns=0, tamper=tamper, door=door, tilt=tilt))
    known = {change.contact: change.reports for change in told}
    last = seen[-1] if seen else (False, False, False)
    assert tuple(known.get(name, False) for name in ("tamper", "door", "tilt")) == last
    assert [change.number for change in told] == list(range(1, len(told) + 1))

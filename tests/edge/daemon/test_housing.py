"""What the daemon knows of the housing: freshly told, and never more than that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.daemon.captures import Captures
from edge.daemon.exposures import EVERY_S, ExposedReader
from edge.daemon.housing import FIRMWARE, FRESH_NS, Housing
from edge.daemon.outage import GRACE_NS, STEADY_NS
from edge.daemon.pipeline import Conclusion
from edge.housing.words import (
    Change,
    Conditions,
    Greeting,
    Plates,
    Progress,
    Standing,
    Taken,
    Trigger,
    Word,
)
from edge.record.envelope import decode_part, split
from edge.record.housing import HousingRecord
from edge.record.message import decode
from edge.types import ClockReading
from tests.cases import passage
from tests.fakes import ScriptedEyes, detection, frame
from tests.site import Site

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)
S = 1_000_000_000
HELLO = Greeting(version=1, start="one")
THERE = Standing(connected=True, triggers=True)


class Clock:
    def __init__(self) -> None:
        self.ns = 100 * S

    def read(self) -> ClockReading:
        now = NOW + timedelta(microseconds=(self.ns - 100 * S) / 1000)
        return ClockReading(now, self.ns, self.ns, "boot", "test", True, 1.0)


class Told:
    """A housing, and what it says to the service."""

    def __init__(self) -> None:
        self.clock, self.said, self.woken = Clock(), list[Word](), 0
        self.housing = Housing(self.clock, Captures())
        self.housing.say = self.say
        self.housing.wake = self.wake
        self.alarms: dict[str, str | None] = {}
        self.hears = True

    def say(self, word: Word) -> bool:
        self.said += [word] if self.hears else []
        return self.hears

    def wake(self) -> None:
        self.woken += 1

    def take(self, *words: Word) -> None:
        for word in words:
            self.housing.take(word)

    def look(self) -> None:
        """Do what a step of the daemon does."""
        self.alarms = {name: one.fault() for name, one in self.housing.watched().items()}
        self.housing.settle(self.alarms)

    def taken(self) -> list[int]:
        return [word.number for word in self.said if isinstance(word, Taken)]


def stands(told: Told, **known: object) -> Conditions:
    return Conditions(at_ns=told.clock.ns, **known)  # type: ignore[arg-type]


def opening(told: Told, number: int = 1, reports: bool = True, found: bool = False) -> Change:
    at_ns = told.clock.ns
    return Change(number=number, contact="door", reports=reports, at_ns=at_ns, found=found)


def test_a_record_tells_what_was_measured_in_the_last_seconds_and_nothing_older() -> None:
    told = Told()
    assert told.housing.record() is None
    told.take(HELLO, THERE, stands(told, temperature_c=31.5, tamper=False, illuminator=0.6))
    record = told.housing.record()
    assert record is not None
    assert (record.temperature_c, record.tamper, record.illuminator) == (31.5, False, 0.6)
    assert told.housing.temperature_c() == 31.5
    told.clock.ns += FRESH_NS
    assert told.housing.record() is None
    assert told.housing.temperature_c() is None


def test_what_a_device_said_before_it_was_lost_is_not_known_any_more() -> None:
    for lose in (
        lambda told: told.take(Standing(connected=False, cause="It is out.")),
        lambda told: told.housing.lost("nobody answers"),
    ):
        told = Told()
        told.take(HELLO, THERE, stands(told, door=True, temperature_c=20.0))
        lose(told)
        assert told.housing.record() is None
        assert told.housing.told().contacts == {}
        assert told.housing.told().fault is not None


def test_a_change_hurries_a_step_and_is_taken_once_it_is_in_a_record() -> None:
    told = Told()
    told.take(HELLO, THERE, opening(told), opening(told, 2, reports=False))
    assert told.woken == 2
    told.housing.settle({"door": None})  # no disk took it
    assert told.taken() == []
    told.look()
    assert told.alarms["door"] == "The door of the box was opened at 2028-06-01T08:00:00.000Z."
    assert told.taken() == [2]


def test_what_was_not_heard_to_be_taken_is_said_again_and_not_told_again() -> None:
    told = Told()
    told.take(HELLO, opening(told))
    told.hears = False
    told.look()
    told.hears = True
    told.take(opening(told, 2, reports=False))
    told.look()
    told.take(HELLO, opening(told), opening(told, 2, reports=False), stands(told, door=False))
    told.look()
    assert told.taken() == [2, 2]
    assert told.alarms["door"] is None


def test_another_start_of_the_service_counts_anew_and_tells_nothing_twice() -> None:
    told = Told()
    told.take(HELLO, opening(told, 5))
    told.look()
    before = told.alarms["door"]
    told.take(Greeting(version=1, start="two"), opening(told, 1, found=True))
    told.look()
    assert told.alarms["door"] == before
    assert told.taken() == [5, 1]


def test_another_daemon_finds_the_door_that_stands_open() -> None:
    told = Told()
    told.take(HELLO, THERE, stands(told, door=True, tamper=False))
    told.look()
    assert "stands open" in str(told.alarms["door"])
    assert told.alarms["tamper"] is None


def test_progress_is_told_once_a_second_even_where_no_alarm_was_written() -> None:
    told = Told()
    for _ in range(10):
        told.clock.ns += S // 4
        told.housing.settle({})
    assert told.said == [Progress()] * 3


def test_a_service_that_never_comes_is_told_after_a_while() -> None:
    told = Told()
    told.look()
    assert told.alarms[FIRMWARE] is None
    told.housing.lost("nobody answers at /run/x")
    told.clock.ns += GRACE_NS
    told.look()
    assert "The firmware service is away: nobody answers at /run/x." in str(told.alarms[FIRMWARE])


def test_a_device_that_answers_and_says_nothing_of_its_contacts_is_not_heard() -> None:
    told = Told()
    told.take(HELLO, THERE)
    told.clock.ns += GRACE_NS
    told.look()
    assert "does not say how the housing stands" in str(told.alarms[FIRMWARE])


def test_a_device_that_ceases_to_measure_is_told_and_so_is_its_return() -> None:
    told = Told()
    told.take(HELLO, THERE, stands(told, door=False))
    told.look()
    told.clock.ns += FRESH_NS
    told.look()
    assert told.alarms[FIRMWARE] is None
    told.clock.ns += GRACE_NS
    told.look()
    assert "does not say how the housing stands" in str(told.alarms[FIRMWARE])
    for _ in range(STEADY_NS // S + 1):
        told.take(stands(told, door=False))
        told.look()
        told.clock.ns += S
    assert told.alarms[FIRMWARE] is None


def test_triggers_count_only_while_the_device_is_heard() -> None:
    told = Told()
    told.take(HELLO, Trigger(at_ns=1))
    assert told.housing.counts() is None
    told.take(THERE, Trigger(at_ns=told.clock.ns))
    told.housing.lost("it is away")
    told.take(Trigger(at_ns=told.clock.ns))
    counts = told.housing.counts()
    assert counts is not None
    assert counts.triggers == 1


def test_how_plates_came_out_is_told_now_and_then_and_kept_while_nobody_hears() -> None:
    seconds, said, hears = [0.0], list[Word](), [False]

    def say(word: Word) -> bool:
        said.extend([word] if hears[0] else [])
        return hears[0]

    reader = ExposedReader(ScriptedEyes({}), say, monotonic=lambda: seconds[0])
    picture, found = frame().image, [detection()]
    reader.read(picture, found)
    hears[0], seconds[0] = True, EVERY_S
    reader.read(picture, found)
    reader.read(picture, found)
    reader.read(picture, [])
    assert said == [Plates(under=2)]


def test_a_passage_says_how_the_housing_stood_and_one_of_a_box_without_a_device_does_not(
    tmp_path: Path,
) -> None:
    told, site = Told(), Site(tmp_path)
    told.take(HELLO, THERE, stands(told, tamper=True, temperature_c=48.0, illuminator=0.6))
    try:
        (bare,) = site.pipeline.conclude(passage())
        line = replace(
            site.pipeline, testimony=replace(site.pipeline.testimony, housing=told.housing.record)
        )
        (full,) = line.conclude(passage())
    finally:
        site.stop()
    assert b'"housing"' not in content(bare)
    record = decode(content(full)).data
    assert record.housing == HousingRecord(tamper=True, temperature_c=48.0, illuminator=0.6)


def content(conclusion: Conclusion) -> bytes:
    assert conclusion.envelope is not None
    return decode_part(split(conclusion.envelope.jws)[1])

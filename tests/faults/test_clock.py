"""Clocks that lie: a boot in 1970, steps of an hour, leaps back, the end of summer time, reboots.

A box lives through a made-up day of such things; then its whole chain is looked at.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge import BUILT
from edge.access.hold import HELD
from edge.clock import SystemClock
from edge.counts.hour import hour_of
from edge.daemon.hours import GRACE
from edge.record.envelope import decode_part, split
from edge.record.message import CountRecord, PassageRecord, ResolutionRecord, decode
from edge.types import ClockReading
from tests.cases import PLATE, T0, passage
from tests.conftest import REPOSITORY
from tests.edge.daemon.test_hours import CountingSite
from tests.site import OTHER, snapshot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SUMMER_ENDS = datetime(2028, 10, 29, 1, tzinfo=UTC)
"""03:00 in the Netherlands becomes 02:00: one local hour comes twice."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
IN_SIGHT = timedelta(seconds=2)


class LyingClock:
    """A time of day that is set at will, over a time since boot that only runs."""

    def __init__(self, now: datetime) -> None:
        self.now, self.up, self.trusted = now, timedelta(seconds=30), True
        self._boots = 1
        self.told: dict[tuple[str, int], set[bool]] = {}

    def runs(self, by: timedelta) -> None:
        self.now, self.up = self.now + by, self.up + by

    def boots(self) -> None:
        self.up, self._boots = timedelta(seconds=30), self._boots + 1

    def read(self) -> ClockReading:
        up_ns = self.up // timedelta(microseconds=1) * 1000
        name = f"boot-{self._boots}"
        trusted = self.trusted and self.now >= BUILT
        self.told.setdefault((name, up_ns), set()).add(trusted)
        return ClockReading(self.now, up_ns, up_ns, name, "test", trusted, 1.0)


class Box(CountingSite):
    """A box with such a clock, and what it was shown."""

    def __init__(self, folder: Path, start: datetime = T0) -> None:
        self.shown = 0
        self.lying = LyingClock(start)
        super().__init__(folder)

    def start(self) -> None:
        super().start()
        self.pipeline = replace(self.pipeline, clock=self.lying)

    def sees(self, plate: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Let a vehicle go by, and something happen to the clock while it is in sight."""
        clock = self.lying
        self.registry.snapshot = snapshot("s1", clock.now - HOUR)
        first = clock.read()
        clock.runs(IN_SIGHT)
        last = clock.read()
        meanwhile()
        clock.runs(timedelta(seconds=1))
        seen = replace(
            passage(plate, first.now),
            seen_last=last.now,
            first_monotonic_ns=first.monotonic_ns,
            last_monotonic_ns=last.monotonic_ns,
        )
        self.shown += len(self.pipeline.conclude(seen))

    def minute(self) -> None:
        """Do what a box does between two frames."""
        self.lying.runs(MINUTE)
        self.hours.work(60, 900)
        self.hours.close()
        self.registry.snapshot = snapshot("s2", self.lying.now - MINUTE)
        self.release.round()

    def reboots(self) -> None:
        self.stop()
        self.lying.boots()
        self.start()

    @property
    def release(self):  # type: ignore[no-untyped-def]
        return replace(super().release, clock=self.lying)

    def records(self) -> Iterator[object]:
        return (decode(decode_part(split(e.jws)[1])).data for e in self.chain())


@dataclass(frozen=True)
class Step:
    """The time of day is set."""

    by: timedelta

    def __call__(self, box: Box) -> None:
        box.lying.now += self.by


@dataclass(frozen=True)
class Trust:
    """The kernel says that its time is synchronised, or that it no longer is."""

    trusted: bool

    def __call__(self, box: Box) -> None:
        box.lying.trusted = self.trusted


@dataclass(frozen=True)
class Sees:
    """A vehicle goes by; the clock may be set while it is in sight."""

    plate: str
    step: timedelta | None = None

    def __call__(self, box: Box) -> None:
        box.sees(self.plate, lambda: Step(self.step)(box) if self.step else None)


@dataclass(frozen=True)
class Runs:
    """Time goes by."""

    by: timedelta

    def __call__(self, box: Box) -> None:
        box.lying.runs(self.by)
        box.minute()


DAYS = int(os.environ.get("ANPR_EDGE_CLOCK_DAYS", "60"))  # `make soak` asks for 1,500
STEPS = st.sampled_from([HOUR, -HOUR, 25 * HOUR, -25 * HOUR, timedelta(seconds=9), -MINUTE])
HAPPENINGS = st.one_of(
    st.builds(Step, STEPS),
    st.builds(Trust, st.booleans()),
    st.builds(Sees, st.sampled_from([PLATE, OTHER, "3ZZZ999"]), st.none() | STEPS),
    st.builds(Runs, st.sampled_from([MINUTE, HOUR, 22 * HOUR])),
    st.just(Box.reboots),
)


@settings(max_examples=DAYS, deadline=None)
@example(T0, [Sees(PLATE), Step(60 * 24 * HOUR), Trust(False), Runs(MINUTE)])
@example(T0, [Step(99 * HOUR), Sees(PLATE), Step(-99 * HOUR), Sees(OTHER, -HOUR)])
@given(
    start=st.sampled_from([T0, EPOCH, SUMMER_ENDS - HOUR]),
    day=st.lists(HAPPENINGS, min_size=1, max_size=25),
)
def test_whatever_the_clock_does_the_chain_is_whole_and_nobody_is_accused_on_it(
    start: datetime, day: list[Callable[[Box], None]]
) -> None:
    with TemporaryDirectory() as folder:
        box = Box(Path(folder), start)
        for happens in day:
            happens(box)
        box.lying.trusted = True
        box.lying.now = max(box.lying.now, T0) + timedelta(days=3)
        box.minute()
        judged(box)
        box.stop()


def judged(box: Box) -> None:
    """Look at everything that a box swore to."""
    box.proven()
    assert [e.seq for e in box.chain()] == list(range(1, len(box.chain()) + 1))
    records = list(box.records())
    seen = [record for record in records if isinstance(record, PassageRecord)]
    assert len(seen) == box.shown
    for before, after in pairwise(records):
        if before.clock.boot_id == after.clock.boot_id:
            assert before.clock.since_boot_ns <= after.clock.since_boot_ns
    for record in records:
        told = box.lying.told[record.clock.boot_id, record.clock.since_boot_ns]
        assert record.clock.trusted in told
        assert record.clock.source == "test"
    for record in seen:
        if not record.clock.trusted:
            assert (record.outcome, record.consequence) == ("review", "none")
            assert HELD not in record.marks
    for record in records:
        if isinstance(record, CountRecord | ResolutionRecord):
            assert record.clock.trusted
    ends = [r.candidate.sha256 for r in records if isinstance(r, ResolutionRecord)]
    held = [
        envelope.sha256
        for envelope, record in zip(box.chain(), records, strict=True)
        if isinstance(record, PassageRecord) and HELD in record.marks
    ]
    still = [one.candidate.sha256 for one in box.casebook.held()]
    assert sorted(ends + still) == sorted(held)
    counted(box, records)


def counted(box: Box, records: list[object]) -> None:
    """Whatever hours the passages fell in, each is in the figures once, and none waits for 2038."""
    signed = sum(
        sum(record.figures.get("passages", {}).values())
        for record in records
        if isinstance(record, CountRecord)
    )
    now = box.lying.now
    assert box.casebook.hours_open({hour_of(now), hour_of(now - GRACE)}) == []
    assert signed == box.shown


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.stop()


def test_a_box_that_boots_in_1970_accuses_nobody_until_its_clock_is_right(tmp_path: Path) -> None:
    box = Box(tmp_path, EPOCH)
    box.lying.trusted = False
    box.sees(PLATE)
    box.lying.now, box.lying.trusted = T0, True  # the network came up
    box.sees(PLATE)
    first, second = box.records()
    assert isinstance(first, PassageRecord)
    assert isinstance(second, PassageRecord)
    assert (first.outcome, first.rule, first.clock.trusted) == ("review", "CLOCK", False)
    assert (second.outcome, second.marks.count("held")) == ("no_access", 1)
    box.stop()


def test_a_clock_that_is_set_while_a_vehicle_is_in_sight_leads_to_a_review(box: Box) -> None:
    for step in (HOUR, -HOUR, timedelta(seconds=9)):
        box.sees(PLATE, lambda step=step: Step(step)(box))
    for record in box.records():
        assert isinstance(record, PassageRecord)
        assert (record.outcome, record.rule) == ("review", "CLOCK")
        assert "set while the vehicle was in sight" in record.reason


def test_the_hour_that_comes_twice_when_summer_ends_is_two_hours_of_the_box(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path, SUMMER_ENDS - HOUR + MINUTE)  # 02:01, and an hour later 02:01 again
    for _ in range(2):
        box.sees(PLATE)
        box.lying.runs(HOUR)
    box.lying.runs(HOUR)
    box.minute()
    hours = [r.since for r in box.records() if isinstance(r, CountRecord)]
    assert hours[:2] == [SUMMER_ENDS - HOUR, SUMMER_ENDS]
    box.stop()


def test_a_leap_back_counts_nothing_twice(box: Box) -> None:
    box.sees(PLATE)
    box.lying.runs(2 * HOUR)
    box.minute()  # the hour is signed
    box.lying.now -= 2 * HOUR  # and comes again
    box.sees(OTHER)
    box.lying.runs(2 * HOUR)
    box.minute()
    box.lying.runs(HOUR)
    box.minute()
    records = list(box.records())
    same = [r.figures["outcome"] for r in records if isinstance(r, CountRecord) and r.since == T0]
    assert same == [{"no_access": 1}, {"no_access": 1}]
    judged(box)


def test_no_hour_is_signed_and_nobody_released_by_a_clock_that_is_not_trusted(box: Box) -> None:
    box.sees(PLATE)
    box.lying.trusted = False
    box.lying.runs(30 * HOUR)
    box.minute()
    assert [type(record) for record in box.records()] == [PassageRecord]
    assert len(box.casebook.held()) == 1


def hours_told(box: Box) -> dict[datetime, CountRecord]:
    return {record.since: record for record in box.records() if isinstance(record, CountRecord)}


def test_what_was_counted_in_1970_is_told_as_soon_as_the_time_is_known(tmp_path: Path) -> None:
    box = Box(tmp_path, EPOCH)
    box.sees(PLATE)
    box.minute()
    assert hours_told(box) == {}
    box.lying.now = T0
    box.minute()
    assert hours_told(box)[EPOCH].figures["unknown_scope_reason"] == {"CLOCK": 1}
    box.stop()


def test_what_was_counted_in_a_year_to_come_does_not_wait_for_it(box: Box) -> None:
    to_come = datetime(2038, 1, 19, 3, tzinfo=UTC)
    box.lying.now, box.lying.trusted = to_come, False
    box.sees(PLATE)
    box.lying.now, box.lying.trusted = T0, True
    box.minute()
    assert hours_told(box)[to_come].figures["unknown_scope_reason"] == {"CLOCK": 1}


@pytest.mark.parametrize("change", [datetime(2028, 3, 26, 1, tzinfo=UTC), SUMMER_ENDS])
def test_a_change_of_summer_time_makes_no_hour_twice_and_none_missing(
    tmp_path: Path, change: datetime
) -> None:
    box = Box(tmp_path, change - 5 * HOUR)
    for _ in range(10):
        box.sees(PLATE)
        box.lying.runs(HOUR)
        box.minute()
    box.lying.runs(HOUR)
    box.minute()
    hours = [r.since for r in box.records() if isinstance(r, CountRecord)]
    assert hours == [change + n * HOUR for n in range(-5, len(hours) - 5)]
    assert len(hours) >= 10
    box.stop()


def test_the_real_clock_counts_on_from_the_boot_in_every_process() -> None:
    code = "from edge.clock import *; r = SystemClock().read(); print(r.boot_id, r.since_boot_ns)"
    command = (sys.executable, "-c", code)
    said = [subprocess.check_output(command, text=True, cwd=REPOSITORY).split() for _ in range(2)]
    ours = SystemClock().read()
    (boot_1, first), (boot_2, second) = said
    assert {boot_1, boot_2} == {ours.boot_id}
    assert 0 < int(first) < int(second) < ours.since_boot_ns

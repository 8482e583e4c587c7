"""A clock that boots in 1970, steps by hours, leaps, and is now trusted and now not.

The box is the real one with a clock of ours, and it starts again on its files whenever it likes.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.access.hold import HELD
from edge.clock import SystemClock
from edge.counts.hour import hour_of
from edge.counts.tally import tallies_of_resolution
from edge.record.envelope import decode_part, split
from edge.record.message import Chained, CountRecord, PassageRecord, ResolutionRecord, decode
from edge.types import ClockReading
from tests.cases import PLATE, T0, passage
from tests.conftest import REPOSITORY
from tests.edge.daemon.test_hours import CountingSite
from tests.site import HOUR, OTHER, snapshot

WALKS = int(os.environ.get("ANPR_EDGE_CLOCKS", "40"))  # `make soak` asks for 2,000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IN_SIGHT_S = 2.0
LATE = timedelta(minutes=6)
"""So long after an hour its record is certainly due."""


class Wandering:
    """A clock that shows another time than it is; how long the box has been on it always knows."""

    def __init__(self, now: datetime) -> None:
        self.is_now, self.booted, self.boots = now, now, 1
        self.ahead, self.trusted = timedelta(), True
        self.was_trusted: dict[tuple[str, int], bool] = {}

    def read(self) -> ClockReading:
        self.wait(timedelta(microseconds=1))
        steady = (self.is_now - self.booted) // timedelta(microseconds=1) * 1000
        boot = f"boot {self.boots}"
        self.was_trusted[boot, steady] = self.trusted
        shown = self.is_now + self.ahead
        return ClockReading(shown, steady, steady, boot, "kernel", self.trusted, 1.0)

    def wait(self, time: timedelta) -> None:
        self.is_now += time

    def step(self, time: timedelta) -> None:
        """Be set by somebody: a kernel calls itself not synchronised from then on."""
        self.ahead, self.trusted = self.ahead + time, False

    def leap(self, to: datetime) -> None:
        self.step(to - (self.is_now + self.ahead))

    def synchronise(self) -> None:
        self.ahead, self.trusted = timedelta(), True

    def boot(self) -> None:
        """Start without a battery: it is 1970, until somebody knows better."""
        self.boots, self.booted = self.boots + 1, self.is_now
        self.leap(EPOCH)


class WanderingSite(CountingSite):
    """A box whose clock wanders."""

    def __init__(self, folder: Path, now: datetime = T0) -> None:
        self.wandering = Wandering(now)
        self.was_set: list[bool] = []
        super().__init__(folder)

    def start(self) -> None:
        self.clock = self.wandering  # type: ignore[assignment]
        super().start()

    def again(self) -> None:
        self.stop()
        self.start()

    def drives(self, plate: str, meanwhile: "Act | None" = None) -> None:
        """Let a vehicle go by; something may happen to the clock while it is in sight."""
        first, ahead = self.wandering.read(), self.wandering.ahead
        self.wandering.wait(timedelta(seconds=IN_SIGHT_S))
        if meanwhile is not None:
            meanwhile.on_clock(self.wandering)
        last = self.wandering.read()
        seen = replace(
            passage(plate, first.now),
            seen_last=last.now,
            first_monotonic_ns=first.monotonic_ns,
            last_monotonic_ns=last.monotonic_ns,
        )
        self.pipeline.conclude(seen)
        self.was_set.append(self.wandering.ahead != ahead)

    def minute(self) -> None:
        """Do what a box does between two frames, with the newest registry there is."""
        self.registry.snapshot = snapshot("s2", self.wandering.is_now - timedelta(minutes=1))
        self.hours.work(60, 900)
        self.hours.close()
        replace(self.release, count=tallies_of_resolution).round()

    def told(self) -> list[Chained]:
        return [decode(decode_part(split(e.jws)[1])).data for e in self.chain()]


@dataclass(frozen=True)
class Act:
    """Something that happens to a box."""

    what: str
    hours: int = 0

    def on_clock(self, clock: Wandering) -> None:
        if self.what == "step":
            clock.step(self.hours * HOUR)
        elif self.what == "leap":
            clock.leap(EPOCH + self.hours * timedelta(days=300))
        elif self.what == "wait":
            clock.wait(self.hours * HOUR)
        elif self.what == "step and synchronise":
            clock.step(self.hours * HOUR)
            clock.synchronise()
        else:
            clock.synchronise()

    def on(self, site: WanderingSite) -> None:
        if self.what == "boot":
            site.wandering.boot()
            site.again()
        elif self.what == "start again":
            site.again()
        elif self.what == "minute":
            site.minute()
        else:
            self.on_clock(site.wandering)


HOURS = st.integers(-5, 5).filter(bool)
SETS = (
    st.just(Act("synchronise"))
    | st.builds(Act, st.sampled_from(["step", "step and synchronise"]), HOURS)
    | st.builds(Act, st.just("leap"), st.integers(0, 100))
)
ACTS = (
    SETS
    | st.builds(Act, st.just("wait"), st.integers(1, 30))
    | st.builds(Act, st.sampled_from(["boot", "start again", "minute"]))
)
PASSES = st.tuples(st.sampled_from([PLATE, OTHER]), st.none() | SETS)
WALK = st.lists(PASSES | ACTS, min_size=1, max_size=14)


@contextmanager
def at_work(now: datetime = T0) -> Iterator[WanderingSite]:
    with TemporaryDirectory() as folder:
        site = WanderingSite(Path(folder), now)
        try:
            yield site
        finally:
            site.stop()


def to_the_end(site: WanderingSite) -> None:
    """Let the clock be right again, and so much time go by that everything has ended."""
    site.wandering.synchronise()
    for _ in range(2):
        site.wandering.wait(timedelta(days=2) + LATE)
        site.minute()
    site.wandering.wait(HOUR + LATE)
    site.minute()


@given(walk=WALK)
@example([(PLATE, None), Act("leap", 90), Act("minute"), Act("synchronise"), Act("minute")])
@example([(PLATE, Act("step", -1)), Act("step", 1), (PLATE, None), Act("boot"), (PLATE, None)])
@example([(PLATE, Act("step and synchronise", 1)), (PLATE, Act("synchronise"))])
@example([Act("boot"), (PLATE, Act("synchronise")), (PLATE, None), Act("start again")])
@settings(max_examples=WALKS, deadline=None)
def test_whatever_a_clock_does_nothing_is_lost_doubled_or_accused(
    walk: list[tuple[str, Act | None] | Act],
) -> None:
    with at_work() as site:
        for act in walk:
            if isinstance(act, Act):
                act.on(site)
            else:
                site.drives(*act)
        to_the_end(site)
        site.proven()
        check_clocks(site)
        check_candidates(site)
        check_counts(site)


def check_clocks(site: WanderingSite) -> None:
    """Every record says how far its time could be trusted; the time since the boot only rises."""
    since: dict[str, int] = {}
    for record in site.told():
        clock = record.clock
        assert clock.source == "kernel"
        assert clock.trusted == site.wandering.was_trusted[clock.boot_id, clock.since_boot_ns]
        assert clock.since_boot_ns >= since.get(clock.boot_id, 0)
        since[clock.boot_id] = clock.since_boot_ns


def check_candidates(site: WanderingSite) -> None:
    """Nobody is held, released or let go by a clock that is not trusted; each ends once."""
    told = site.told()
    held = set()
    for envelope, record in zip(site.chain(), told, strict=True):
        if isinstance(record, PassageRecord) and HELD in record.marks:
            assert record.clock.trusted
            held.add(envelope.sha256)
        elif isinstance(record, PassageRecord) and not record.clock.trusted:
            assert (record.outcome, record.rule) == ("review", "CLOCK")
    ends = [record for record in told if isinstance(record, ResolutionRecord)]
    assert Counter(end.candidate.sha256 for end in ends) == Counter(held)
    assert all(end.clock.trusted for end in ends)
    assert site.casebook.held() == []


def check_counts(site: WanderingSite) -> None:
    """Each vehicle is in one record of a passage, and is counted once."""
    told = site.told()
    passages = [record for record in told if isinstance(record, PassageRecord)]
    counts = [record for record in told if isinstance(record, CountRecord)]
    assert len(passages) == len(site.was_set)
    for record, was_set in zip(passages, site.was_set, strict=True):
        assert record.rule == "CLOCK" or not was_set
    announced = sum(record.figures["operation"].get("announced", 0) for record in counts)
    assert announced == len(site.was_set)
    assert all(record.clock.trusted for record in counts)
    assert site.casebook.hours_open({hour_of(site.wandering.is_now)}) == []


CHANGES = {
    "summer time begins": datetime(2028, 3, 25, 20, tzinfo=UTC),
    "summer time ends": datetime(2028, 10, 28, 20, tzinfo=UTC),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_summer_time_makes_no_hour_twice_and_none_missing(change: str) -> None:
    with at_work(CHANGES[change]) as site:
        for _ in range(10):
            site.drives(PLATE)
            site.wandering.wait(HOUR)
            site.minute()
        to_the_end(site)
        check_candidates(site)
        check_counts(site)
        night = CHANGES[change] + timedelta(hours=10)
        hours = [
            record.since
            for record in site.told()
            if isinstance(record, CountRecord) and record.since < night
        ]
        assert hours == [CHANGES[change] + n * HOUR for n in range(10)]


def hours_told(site: WanderingSite) -> dict[datetime, CountRecord]:
    return {record.since: record for record in site.told() if isinstance(record, CountRecord)}


def test_what_was_counted_in_1970_is_told_as_soon_as_the_time_is_known() -> None:
    with at_work() as site:
        Act("boot").on(site)
        site.drives(PLATE)
        site.minute()
        assert hours_told(site) == {}
        site.wandering.synchronise()
        site.minute()
        assert hours_told(site)[EPOCH].figures["unknown_scope_reason"] == {"CLOCK": 1}


def test_what_was_counted_in_a_year_to_come_does_not_wait_for_it() -> None:
    to_come = datetime(2038, 1, 19, 3, tzinfo=UTC)
    with at_work() as site:
        site.wandering.leap(to_come)
        site.drives(PLATE)
        site.wandering.synchronise()
        site.minute()
        assert hours_told(site)[to_come].figures["unknown_scope_reason"] == {"CLOCK": 1}


def test_the_real_clock_counts_on_from_the_boot_in_every_process() -> None:
    code = (
        "from edge.clock import SystemClock as C; r = C().read(); print(r.boot_id, r.since_boot_ns)"
    )
    command = (sys.executable, "-c", code)
    said = [subprocess.check_output(command, text=True, cwd=REPOSITORY).split() for _ in range(2)]
    ours = SystemClock().read()
    (boot_1, first), (boot_2, second) = said
    assert {boot_1, boot_2} == {ours.boot_id}
    assert 0 < int(first) < int(second) < ours.since_boot_ns

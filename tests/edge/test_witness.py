"""What receipts prove of a clock: nothing against one that is right, and that another is wrong."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.types import ClockReading, ProvenTime
from edge.witness import (
    AHEAD,
    BEHIND,
    NAME,
    REMEMBERED,
    TOLERANCE,
    Made,
    Witness,
    WitnessedClock,
    WitnessFile,
    heard,
    judged,
    made,
)
from tests.chains import Pen

BOOTED = datetime(2028, 6, 1, 6, tzinfo=UTC)
S, NS = timedelta(seconds=1), 10**9


class Box:
    """A box whose clock is off, and a platform whose clock may be, too."""

    def __init__(self, state: Path, off: timedelta = timedelta()) -> None:
        self.up_s, self.boots, self.off = 100.0, 1, off
        self.platform_off = timedelta()
        self.file = WitnessFile(state)
        self.clock = WitnessedClock(self, state)
        self._before = timedelta()

    @property
    def true(self) -> datetime:
        return BOOTED + self._before + self.up_s * S

    def read(self) -> ClockReading:
        up_ns = round(self.up_s * NS)
        name = f"boot-{self.boots}"
        return ClockReading(self.true + self.off, up_ns, up_ns, name, "test", True, 1.0)

    def passes(self, seconds: float) -> None:
        self.up_s += seconds

    def reboots(self) -> None:
        self._before += self.up_s * S
        self.up_s, self.boots = 0.0, self.boots + 1

    def record(self) -> Made:
        return Made(f"boot-{self.boots}", round(self.up_s * NS))

    def hears(self, stored_at: datetime, record: Made | None = None) -> None:
        kept = self.file.read()
        found = heard(kept, stored_at + self.platform_off, self.record(), record)
        if found is not None:
            self.file.write(judged(found, self.read()))

    def exchange(self, way_s: float = 0.1, back_s: float = 0.1) -> None:
        """Make a record, have it stored after a while, and hear of it after another."""
        record = self.record()
        self.passes(way_s)
        stored_at = self.true
        self.passes(back_s)
        self.hears(stored_at, record)

    @property
    def doubt(self) -> str | None:
        reading = self.clock.read()
        assert reading.trusted == (reading.doubt is None)
        return reading.doubt


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_before_any_receipt_nothing_is_known(box: Box) -> None:
    assert box.doubt is None
    assert box.clock.read().proven == ProvenTime()


@pytest.mark.parametrize(("off_s", "why"), [(-600, BEHIND), (600, AHEAD), (-50, None), (50, None)])
def test_a_clock_that_is_off_is_doubted_beyond_the_tolerance(box: Box, off_s, why) -> None:
    box.off = off_s * S
    box.exchange()
    assert box.doubt == why
    proven = box.clock.read().proven
    assert proven.not_before is not None
    assert proven.not_after is not None
    assert proven.not_before <= box.true <= proven.not_after


def test_a_clock_that_is_set_right_is_trusted_at_once_without_another_receipt(box: Box) -> None:
    box.off = -600 * S
    box.exchange()
    box.off = timedelta()
    assert box.doubt is None


def test_the_boot_in_which_a_clock_was_wrong_is_remembered_over_the_next_ones(box: Box) -> None:
    box.off = -600 * S
    box.exchange()
    box.off = timedelta()
    box.reboots()
    box.exchange()
    box.passes(10)
    box.exchange()
    assert box.doubt is None
    assert box.clock.read().wrong_boots == ("boot-1",)
    assert Box(Path("nowhere")).clock.read().wrong_boots == ()


def test_of_very_many_such_boots_the_last_are_remembered(box: Box) -> None:
    for _ in range(REMEMBERED + 3):
        box.off = -600 * S
        box.exchange()
        box.reboots()
        box.passes(10)
    wrong = box.clock.read().wrong_boots
    assert wrong == tuple(f"boot-{n}" for n in range(4, REMEMBERED + 4))


def test_a_clock_that_goes_wrong_later_is_doubted_at_once(box: Box) -> None:
    box.exchange()
    box.passes(86_400)
    assert box.doubt is None
    box.off = -600 * S
    assert box.doubt == BEHIND


def test_an_old_receipt_that_comes_again_hides_nothing(box: Box) -> None:
    box.exchange()
    old = box.true
    box.passes(3000)
    box.off = -600 * S
    box.exchange()
    box.hears(old)
    assert box.doubt == BEHIND


@pytest.mark.parametrize("off_s", [0, -600])
def test_no_receipt_lends_trust_to_a_clock_that_has_none_of_its_own(tmp_path, off_s) -> None:
    class Unsynchronised(Box):
        def read(self) -> ClockReading:
            return replace(super().read(), trusted=False)

    box = Unsynchronised(tmp_path, off_s * S)
    box.exchange()
    assert not box.clock.read().trusted
    assert box.clock.read().proven != ProvenTime()
    assert box.clock.read().wrong_boots == ()  # it never said that it was right


def test_a_record_of_an_earlier_boot_says_nothing_of_when_this_one_began(box: Box) -> None:
    box.passes(5000)
    before = box.record()
    box.reboots()
    box.passes(10)
    box.hears(box.true, before)
    assert box.doubt is None
    assert box.clock.read().proven.not_after is None


def test_after_a_reboot_the_moment_that_was_heard_still_stands(box: Box) -> None:
    box.exchange()
    box.reboots()
    assert box.doubt is None
    box.off = -600 * S
    assert box.doubt == BEHIND
    box.passes(3600)  # by now it shows a later moment than that: it takes another receipt
    assert box.doubt is None
    box.exchange()
    assert box.doubt == BEHIND


@pytest.mark.parametrize(("off_s", "why"), [(3600, BEHIND), (-3600, AHEAD)])
def test_a_platform_whose_clock_was_wrong_is_forgiven_with_its_next_receipt(
    box: Box, off_s, why
) -> None:
    box.platform_off = off_s * S
    box.exchange()
    assert box.doubt == why
    box.platform_off = timedelta()
    box.exchange()
    assert box.doubt is None


def test_what_came_over_a_spool_is_forgiven_in_an_hour(box: Box) -> None:
    """No record is at hand, so that nothing refutes the moment but its age."""
    box.platform_off = 3600 * S
    box.hears(box.true)
    box.platform_off = timedelta()
    box.passes(1800)
    box.hears(box.true)
    assert box.doubt == BEHIND
    box.passes(3601)
    box.hears(box.true)
    assert box.doubt is None


@pytest.mark.parametrize("year", [1, 1999, 9000, 9999])
def test_a_moment_at_which_nobody_stored_anything_says_nothing(box: Box, year) -> None:
    box.exchange()
    box.hears(datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC), box.record())
    assert box.doubt is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xff", b'{"boot_id": 1}'])
def test_a_damaged_note_is_none(box: Box, tmp_path, content) -> None:
    box.off = -600 * S
    box.exchange()
    (tmp_path / NAME).write_bytes(content)
    assert box.doubt is None
    box.exchange()
    assert box.doubt == BEHIND


def noted(boot_id: str, began_at: str, heard_ns: int = 10**11, more: str = "") -> bytes:
    """Return a note whose form is right."""
    bound = f'{{"began_at": "{began_at}", "heard_ns": {heard_ns}}}'
    return f'{{"boot_id": "{boot_id}", "earliest": {bound}{more}}}'.encode()


LATEST = ', "latest": {"began_at": "9999-12-31T23:59:59Z", "heard_ns": 1}'
IMPOSSIBLE = {
    "after all years": ("9999-12-31T23:59:59Z", 10**11),
    "before all years": ("0001-01-01T00:00:00+14:00", 10**11),
    "a boot without end": ("2028-06-01T06:00:00Z", 10**40),
    "heard before the boot": ("2028-06-01T06:00:00Z", -(10**18)),
    "no latest beginning": ("2028-06-01T06:00:00Z", 10**11, LATEST),
}


@pytest.mark.parametrize("boot_id", ["boot-1", "another"])
@pytest.mark.parametrize("told", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_note_of_a_moment_that_cannot_be_is_none(box: Box, tmp_path, told, boot_id) -> None:
    """It stops no daemon, today or after its next start."""
    (tmp_path / NAME).write_bytes(noted(boot_id, *told))
    assert box.clock.read().proven == ProvenTime()
    box.exchange()
    box.off = -600 * S
    assert box.doubt == BEHIND


def test_what_is_no_file_of_its_size_is_not_waited_for(box: Box, tmp_path) -> None:
    note = tmp_path / NAME
    os.mkfifo(note)
    assert box.doubt is None
    note.unlink()
    note.write_bytes(noted("boot-1", "2029-06-01T06:00:00Z") + b" " * 5000)
    assert box.clock.read().proven == ProvenTime()
    note.unlink()
    note.mkdir()
    assert box.doubt is None


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_of_a_note_stop_the_clock_or_lend_it_trust(tmp_path_factory, content) -> None:
    box = Box(tmp_path_factory.mktemp("state"))
    (box.file._path).write_bytes(content)
    assert box.doubt is None


def test_nothing_is_written_while_nothing_new_is_heard(box: Box, tmp_path) -> None:
    box.exchange()
    before = box.file.read()
    for _ in range(20):
        box.exchange()
        assert box.file.read() == before


def test_a_note_that_finds_no_room_stops_nothing(tmp_path) -> None:
    gone = WitnessFile(tmp_path / "gone")
    found = heard(None, BOOTED, Made("boot", NS), None)
    assert isinstance(found, Witness)
    gone.write(found)
    assert gone.read() is None


def test_when_a_record_was_made_stands_in_it() -> None:
    assert made(Pen().write()) == Made("boot", 1)


class InMemory(WitnessFile):
    """What is written for as long as a test lasts."""

    found: Witness | None = None

    def read(self) -> Witness | None:
        return self.found

    def write(self, witness: Witness) -> None:
        self.found = witness


def unwritten(off: timedelta) -> Box:
    """Return a box that keeps nothing on a disk."""
    box = Box(Path("nowhere"), off)
    box.file = box.clock._file = InMemory(Path("nowhere"))
    return box


DELAYS = st.floats(0, 100_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("exchange"), DELAYS, DELAYS),
        st.tuples(st.just("late"), DELAYS, DELAYS),
        st.tuples(st.just("reboot"), DELAYS, DELAYS),
        st.tuples(st.just("replay"), st.floats(0, 1), DELAYS),
    ),
    min_size=1,
    max_size=12,
)


@given(steps=STEPS, off_s=st.floats(-59, 59))
def test_no_delay_backlog_replay_or_reboot_speaks_against_a_clock_that_is_right(
    steps, off_s
) -> None:
    box = unwritten(off_s * S)
    stored: list[datetime] = [box.true]
    records = [box.record()]
    for what, one, other in steps:
        if what == "exchange":
            box.exchange(one, other)
            stored.append(box.true - other * S)
        elif what == "late":  # a backlog: the record was made long before
            box.passes(one)
            box.hears(box.true, records[-1])
            box.passes(other)
        elif what == "reboot":
            box.reboots()
            box.passes(one)
        else:
            box.hears(stored[int(one * (len(stored) - 1))])
        records.append(box.record())
        assert box.doubt is None


@given(
    off_s=st.floats(121, 10**6) | st.floats(-(10**6), -121),
    delays=st.lists(st.tuples(DELAYS, DELAYS), max_size=8),
)
def test_one_quick_receipt_proves_a_clock_wrong_whatever_came_before(off_s, delays) -> None:
    box = unwritten(off_s * S)
    for way_s, back_s in delays:
        box.exchange(way_s, back_s)
    box.exchange(30, 30)
    assert box.doubt == (BEHIND if off_s < 0 else AHEAD)
    assert TOLERANCE == 60 * S

"""The outbox leaves room on the disk; what cannot be recorded is counted, told, and signed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from edge.casebook.casebook import Casebook
from edge.casebook.file import NoRoomError as CasebookNoRoomError
from edge.counts.tally import tallies
from edge.daemon.room import Chores
from edge.daemon.storeroom import AGAIN_S, ALL_KEPT, BARREN_S, FULL, LOW, Limits, Storeroom
from edge.errors import BoxError
from edge.feed.outbox import Outbox
from edge.feed.storefile import NoRoomError as OutboxNoRoomError
from edge.record.envelope import decode_part, split
from edge.record.message import AlarmRecord, CountRecord, DropRecord, Unrecorded, decode
from tests.cases import T0
from tests.edge.access.world import DIRTY_VAN, van
from tests.site import HOUR, Site

MB = 1_000_000
ROOMY, SMALL = Limits(100 * MB, 0), Limits(MB // 2, 0)
CLEAN = "V001AB"
OVER = T0 + HOUR + timedelta(minutes=6)


class Bench:
    """A box whose disk and time a test sets; it counts what goes by."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder)
        self.site.pipeline = replace(self.site.pipeline, count=tallies)
        self.site.registry.vehicles[CLEAN] = van(zero_emission=True)
        self.seconds, self.free, self.passed = 0.0, 10**12, 0

    def room(self, limits: Limits) -> Storeroom:
        return self.site.storeroom(limits, lambda: self.seconds, lambda _: self.free)

    def passes(self, plate: str = CLEAN) -> bool:
        """Let a vehicle go by; True when there is a record of it."""
        self.passed += 1
        return bool(self.site.goes_by(plate, T0 + timedelta(seconds=self.passed)))

    def accuses(self) -> bool:
        """Let a vehicle go by that has no access; True when there is a record of it."""
        plate = f"{self.passed:05}Z"
        self.site.registry.vehicles[plate] = DIRTY_VAN
        return self.passes(plate)

    def hour_ends(self) -> None:
        self.site.clock.now, self.seconds = OVER, self.seconds + BARREN_S

    @property
    def drops(self) -> list[DropRecord]:
        return [r for r in self.contents() if isinstance(r, DropRecord)]

    @property
    def alarms(self) -> list[str]:
        return [r.cause for r in self.contents() if isinstance(r, AlarmRecord)]

    def contents(self) -> list[object]:
        return [decode(decode_part(split(e.jws)[1])).data for e in self.site.chain()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.site.stop()


def until_closed(bench: Bench, candidates: bool = False) -> int:
    """Let vehicles go by until one is not recorded; return how many were."""
    for n in range(1000):
        if not (bench.accuses() if candidates else bench.passes()):
            return n
    raise AssertionError("the room never closed")


def test_with_room_nothing_is_dropped_and_nothing_told(bench: Bench) -> None:
    bench.room(ROOMY)
    assert all(bench.passes() for _ in range(5))
    assert (bench.drops, bench.alarms) == ([], [])


def test_a_large_outbox_drops_what_is_counted_and_grows_no_more(bench: Bench) -> None:
    bench.room(SMALL)
    while bench.site.outbox.size().file < SMALL.max_bytes - 8192:
        assert bench.passes()
    assert bench.accuses()
    bench.hour_ends()
    size = bench.site.outbox.size().file
    for n in range(60):
        assert bench.site.goes_by(CLEAN, OVER + timedelta(seconds=n))
    (drop,) = bench.drops
    (count,) = [r for r in bench.contents() if isinstance(r, CountRecord)]
    assert drop.reason == "outbox_full"
    assert drop.records >= 100
    assert count.figures["operation"]["announced"] > drop.records
    assert bench.site.outbox.size().file <= size + 300_000
    assert bench.alarms == []
    bench.site.proven()


def test_where_nothing_may_go_the_box_takes_no_more_and_says_so(bench: Bench) -> None:
    room = bench.room(SMALL)
    recorded = until_closed(bench, candidates=True)
    assert not any(bench.accuses() for _ in range(3))
    assert room.fault == ALL_KEPT
    assert bench.alarms == [ALL_KEPT]
    assert bench.drops == []
    assert len(bench.site.casebook.held()) == recorded
    assert room.missed is not None
    assert room.missed.passages == 4
    bench.site.proven()


def test_an_hour_that_is_not_over_keeps_its_passages_and_then_lets_them_go(bench: Bench) -> None:
    room = bench.room(SMALL)
    until_closed(bench)
    assert bench.drops == []
    bench.hour_ends()
    assert room.opens()
    assert [drop.reason for drop in bench.drops] == ["outbox_full", "not_recorded"]
    assert bench.drops[1].unrecorded == Unrecorded(
        passages=1,
        since=T0 + timedelta(seconds=bench.passed),
        until=T0 + timedelta(seconds=bench.passed + 2),
    )
    assert room.missed is None
    assert bench.passes()
    bench.site.proven()


def test_a_receipt_makes_room_again(bench: Bench) -> None:
    room = bench.room(SMALL)
    until_closed(bench, candidates=True)
    head = bench.site.outbox.head()
    assert head is not None
    bench.site.outbox.forget_through(head)
    assert not room.opens()  # it looks once a second
    bench.seconds += AGAIN_S
    assert room.opens()
    assert bench.drops[0].unrecorded is not None


def test_on_a_low_disk_the_outbox_grows_no_more_and_the_alarm_comes_once(bench: Bench) -> None:
    bench.room(Limits(100 * MB, 50 * MB))
    for _ in range(150):
        assert bench.passes()
    bench.free = 49 * MB
    bench.hour_ends()
    assert all(bench.site.goes_by(CLEAN, OVER + timedelta(seconds=n)) for n in range(5))
    assert [drop.reason for drop in bench.drops] == ["disk_low"]
    assert bench.alarms == [LOW]
    for free in (51, 49, 62, 49):  # a little more is not enough to be short no more
        bench.free = free * MB
        assert bench.site.goes_by(CLEAN, OVER)
    assert bench.alarms == [LOW]
    for free in (63, 49):
        bench.free = free * MB
        assert bench.site.goes_by(CLEAN, OVER)
    assert bench.alarms == [LOW, LOW]


def test_on_a_low_disk_what_is_never_dropped_has_what_is_left(bench: Bench) -> None:
    room = bench.room(Limits(100 * MB, 50 * MB))
    bench.free = 1 * MB
    assert all(bench.accuses() for _ in range(5))
    assert (room.fault, bench.drops) == (None, [])


class Refusing:
    """A store whose writes find no room, until it is told otherwise."""

    def __init__(self, patch: pytest.MonkeyPatch, store: type, method: str, error: BoxError):
        self.patch, self.calls = patch, 0

        def refuse(*_: object) -> NoReturn:
            self.calls += 1
            raise error

        patch.setattr(store, method, refuse)

    def mend(self) -> None:
        self.patch.undo()


CASEBOOK_FULL = CasebookNoRoomError("The disk is full.", "Make room.")
OUTBOX_FULL = OutboxNoRoomError("The disk is full.", "Make room.")


def test_a_passage_that_could_not_even_be_written_down_is_counted_as_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = bench.room(ROOMY)
    assert bench.passes()
    disk = Refusing(monkeypatch, Casebook, "_writing", CASEBOOK_FULL)
    assert not any(bench.accuses() for _ in range(3))
    assert room.fault == FULL
    assert room.missed is not None
    assert room.missed.passages == 3
    bench.seconds += AGAIN_S
    assert not room.opens()
    disk.mend()
    assert not room.opens()
    bench.seconds += AGAIN_S
    assert room.opens()
    assert bench.accuses()
    assert [drop.unrecorded and drop.unrecorded.passages for drop in bench.drops] == [3]
    assert len(bench.site.casebook.held()) == 1  # nobody was accused meanwhile
    bench.site.proven()


def test_a_passage_that_was_written_down_is_recorded_when_there_is_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = bench.room(ROOMY)
    assert bench.passes()
    disk = Refusing(monkeypatch, Outbox, "_store", OUTBOX_FULL)
    assert not bench.accuses()
    assert not bench.accuses()
    disk.mend()
    bench.seconds += AGAIN_S
    assert room.opens()
    assert len(bench.site.casebook.held()) == 1
    assert [e.kind for e in bench.site.chain()][:2] == ["passage", "passage"]
    assert [drop.unrecorded and drop.unrecorded.passages for drop in bench.drops] == [1]
    bench.site.proven()


def test_what_was_missed_is_signed_when_the_box_ends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = bench.room(ROOMY)
    disk = Refusing(monkeypatch, Casebook, "_writing", CASEBOOK_FULL)
    assert not bench.passes()
    room.close()  # in vain, and nothing is raised
    disk.mend()
    room.close()
    assert len(bench.drops) == 1
    room.close()
    assert len(bench.drops) == 1


def test_chores_wait_for_room_and_lose_no_frame(bench: Bench) -> None:
    class Door:
        is_open, failed = True, 0

        def opens(self) -> bool:
            return self.is_open

        def miss(self, passage: object) -> None: ...

        def fail(self, error: BoxError, passage: object = None) -> None:
            self.failed += 1

    door, done = Door(), list[int]()
    chores = Chores(done.append, door)
    chores.step(1)
    door.is_open = False
    chores.step(1)
    chores.step(1)
    door.is_open = True
    chores.step(1)
    assert done == [1, 3]

    def refuse() -> NoReturn:
        raise OUTBOX_FULL

    chores.attempt(refuse)
    assert door.failed == 1

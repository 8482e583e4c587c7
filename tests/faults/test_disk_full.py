"""A disk that is really full: nothing acknowledged is lost, and what is there can be drained."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.daemon.room import Chores
from edge.daemon.storeroom import Limits
from edge.errors import OutboxError, RecordError
from edge.feed.ballast import DEFAULT_BYTES
from edge.feed.ledger import open_ledgers
from edge.feed.outbox import Outbox
from edge.record.chain import Head
from edge.types import Envelope
from tests.cases import T0
from tests.chains import STORAGE_KEY, Pen
from tests.drops import content
from tests.edge.access.world import DIRTY_VAN
from tests.faults.full import Box
from tests.site import Site, snapshot

FILLS = int(os.environ.get("ANPR_EDGE_FILLS", "3"))  # `make soak` asks for 50
IS_SOAK, GIVE_UP_S = FILLS >= 50, 60.0
BALLAST = 6 * 1024 * 1024
"""More than the log that SQLite may have to copy (4 MB) before a delete can be written."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    yield from disk(tmp_path / "disk", 16)


@pytest.fixture
def larger_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB: with a whole ballast there is some left."""
    yield from disk(tmp_path / "disk", 48)


def disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def append_until_full(outbox: Outbox, pen: Pen) -> list[Envelope]:
    taken: list[Envelope] = []

    def append_for_ever() -> None:
        while True:
            envelope = pen.at(outbox.next_link(), "x" * 4000)
            outbox.append(envelope)
            taken.append(envelope)

    with pytest.raises(OutboxError, match="disk is full") as full:
        append_for_ever()
    assert "nothing acknowledged is lost" in full.value.remedy
    return taken


def fill(filler: Path) -> None:
    """Take the last free byte, as another program on the box would."""
    with filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_disk_is_drained_and_then_takes_records_again(small_disk: Path) -> None:
    path = small_disk / "outbox.sqlite"
    with Outbox.open(path, "box-1", STORAGE_KEY, BALLAST) as outbox:
        pen = Pen("box-1")
        taken = append_until_full(outbox, pen)
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            fill(filler)
        with Outbox.attach(path, STORAGE_KEY, BALLAST) as uplink:
            assert uplink.pending(None, 10**6) == taken
            last = taken[-1]
            assert uplink.forget_through(Head(1, last.seq, last.sha256)) == len(taken)
            assert uplink.backlog().records == 0
        filler.unlink()
        outbox.append(pen.at(outbox.next_link()))
        assert (small_disk / "outbox.sqlite.ballast").stat().st_size == BALLAST


def test_an_outbox_on_a_full_disk_is_opened_with_the_room_of_its_ballast(small_disk: Path) -> None:
    path, filler = small_disk / "outbox.sqlite", small_disk / "filler"
    with Outbox.open(path, "box-1", STORAGE_KEY, BALLAST) as outbox:
        taken = Pen("box-1").chain(8)
        for envelope in taken:
            outbox.append(envelope)
    with pytest.raises(OSError, match="No space"):
        fill(filler)
    with Outbox.attach(path, STORAGE_KEY, BALLAST) as uplink:
        assert uplink.pending(None, 99) == taken
    with Outbox.open(path, "box-1", STORAGE_KEY, BALLAST) as outbox:
        assert outbox.forget_through(Head(1, 8, taken[-1].sha256)) == 8


def test_a_full_disk_without_ballast_does_not_make_the_outbox_look_damaged(
    small_disk: Path,
) -> None:
    path = small_disk / "outbox.sqlite"
    Outbox.open(path, "box-1", STORAGE_KEY, 0).close()
    with pytest.raises(OSError, match="No space"):
        fill(small_disk / "filler")
    with pytest.raises(OutboxError, match="disk is full or cannot be written") as told:
        Outbox.attach(path, STORAGE_KEY, 0)
    assert "keep the outbox" in told.value.remedy
    with pytest.raises(RecordError, match="disk is full or cannot be written"):
        open_ledgers(path)


def test_a_disk_that_fills_up_again_and_again_loses_nothing_that_was_acknowledged(
    small_disk: Path,
) -> None:
    box, filler, chance = Box(small_disk), small_disk / "filler", random.Random(20261125)
    for _ in range(FILLS):
        site = box.start()
        with pytest.raises(OSError, match="No space"):
            fill(filler)
        os.truncate(filler, max(0, filler.stat().st_size - chance.randrange(1_000_000)))
        box.hold_until_refused(site)
        box.start_in_vain()
        filler.unlink()
        assert box.faults() == []
        box.deliver()
    assert box.refused == FILLS
    print(f"{FILLS} fills: {box.acknowledged} records acknowledged, all there")


class Watch:
    """A box at work at 20 frames and 5 passages a second, and what it has told by when."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder, DEFAULT_BYTES)
        self.site.registry.snapshot = snapshot("s1", T0)
        self.room = self.site.storeroom(Limits(100_000_000, 2_000_000))
        self.chores, self.frames = Chores(lambda frames: None, self.room), 0
        self.recorded = 0

    def until(self, done: Callable[[], bool]) -> float:
        """Work until something is so; return how many seconds that took."""
        began = time.monotonic()
        while not done():
            assert time.monotonic() - began < GIVE_UP_S
            self.step()
            time.sleep(0.05)
        return time.monotonic() - began

    def step(self) -> None:
        self.frames += 1
        self.chores.step(1)
        if self.frames % 4 == 0:
            plate = f"{self.frames:05}Z"
            self.site.registry.vehicles[plate] = DIRTY_VAN
            made = self.site.goes_by(plate, T0 + timedelta(seconds=self.frames))
            self.recorded += len(made)

    def until_more(self, figure: Callable[[], int]) -> float:
        """Work until a figure has risen; return how many seconds that took."""
        before = figure()
        return self.until(lambda: figure() > before)

    @property
    def held(self) -> int:
        """How many passages must be held: those in a record, made at once or written down first."""
        return sum(e.kind == "passage" for e in self.site.chain())

    @property
    def missed(self) -> int:
        return self.frames // 4 - self.held

    def alarms(self) -> int:
        return sum(e.kind == "alarm" for e in self.site.chain())

    def signed_as_missed(self) -> int:
        drops = (content(e).unrecorded for e in self.site.chain() if e.kind == "drop")
        return sum(missed.passages for missed in drops if missed is not None)


def test_a_full_disk_is_told_in_time_and_the_box_goes_on_by_itself(larger_disk: Path) -> None:
    box, filler, chance = Watch(larger_disk), larger_disk / "filler", random.Random(20261129)
    told, back = [], []
    try:
        box.until(lambda: box.recorded > 0)
        for _ in range(FILLS):
            with pytest.raises(OSError, match="No space"):
                fill(filler)
            os.truncate(filler, max(0, filler.stat().st_size - chance.randrange(40_000)))
            told.append(box.until_more(box.alarms))
            box.until(lambda: box.room.missed is not None)
            filler.unlink()
            back.append(box.until_more(lambda: box.recorded))
            box.until(lambda: box.room.missed is None)
        box.site.proven()
        assert box.signed_as_missed() == box.missed
        assert len(box.site.casebook.held()) == box.held
        figures = f"{box.held} records, all there, {box.missed} passages missed and signed for"
    finally:
        box.site.stop()
    if IS_SOAK:
        assert max(told) < 5
        assert max(back) < 10
    print(
        f"{FILLS} fills: alarm after {max(told):.1f} s at most, recording again"
        f" {max(back):.1f} s after space came back at most; {figures}"
    )

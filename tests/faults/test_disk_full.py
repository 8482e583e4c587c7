"""A disk that is really full: nothing acknowledged is lost, and what is there can be drained."""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import OutboxError, RecordError
from edge.feed.ledger import open_ledgers
from edge.feed.outbox import Outbox
from edge.record.chain import Head
from edge.types import Envelope
from tests.chains import STORAGE_KEY, Pen
from tests.faults.full import Box

FILLS = int(os.environ.get("ANPR_EDGE_FILLS", "3"))  # `make soak` asks for 50
BALLAST = 6 * 1024 * 1024
"""More than the log that SQLite may have to copy (4 MB) before a delete can be written."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
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

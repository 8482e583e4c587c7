"""Power cuts at any call to the disk: what was acknowledged is there, and both files agree.

The box is the real one with the real SQLite; only the disk after the cut is simulated.
"""

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory

import pytest

from edge.errors import BoxError
from edge.record.chain import START, Entry, check, examine
from edge.record.envelope import Keyring, decode_part, split
from edge.record.keys import create_signer, load_trusted
from edge.record.message import PassageRecord, ResolutionRecord, decode
from edge.types import Envelope
from tests.cases import T0
from tests.faults.power.box import BALLAST, BALLAST_BYTES, HOW
from tests.faults.power.disk import Disk
from tests.faults.power.recording import Cut, Word, cuts, record, recorder
from tests.site import Site

POINTS = int(os.environ.get("ANPR_EDGE_POWER_CUTS", "300"))  # `make soak` asks for 10,000
AT_ONCE = 500
"""Cuts of one recording; the next begins on what one of them left."""
STEPS = 12
CONTROL = 200


class Auditor:
    """Starts the box on what a cut left, and says what is wrong with it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._checked: dict[bytes, Entry] = {}

    def faults(self, cut: Cut) -> list[str]:
        """Return what is wrong, by kind."""
        try:
            site = Site(cut.folder)
        except BoxError as e:
            return [f"no start: {e.cause.replace(str(cut.folder), '')}"]
        try:
            told = [*self._chain(site, cut.word), *_casebook(site, cut.word), *_files(site)]
            site.passes("9ZZZ999")  # it takes the next one too
            return told
        except BoxError as e:
            return [f"no next record: {e.cause.replace(str(cut.folder), '')}"]
        finally:
            site.stop()

    def _chain(self, site: Site, word: Word) -> list[str]:
        stored, forgotten = site.chain(), site.outbox.forgotten() or START
        entries = [self._check(e) for e in stored]
        found = examine("b1", entries, forgotten, site.outbox.head() or START)
        there = {e.seq: e for e in stored}
        lost = [s for s, e in word.records.items() if s > forgotten.seq and there.get(s) != e]
        told = [f"chain: {finding.flaw}" for finding in found] + ["acknowledged, lost"] * len(lost)
        if forgotten.seq > word.forget_through:
            told.append("forgotten unasked")
        return told

    def _check(self, envelope: Envelope) -> Entry:
        if envelope.jws not in self._checked:
            self._checked[envelope.jws] = check(str(envelope.seq), envelope.jws, self._keyring)
        return self._checked[envelope.jws]


def _casebook(site: Site, word: Word) -> list[str]:
    """Say which candidate has no end or two, and which tally is lost or double."""
    records = word.records | {e.seq: e for e in site.chain()}
    data = [decode(decode_part(split(e.jws)[1])).data for _, e in sorted(records.items())]
    marked = [d.seq for d in data if isinstance(d, PassageRecord) and "held" in d.marks]
    ended = [d.candidate.seq for d in data if isinstance(d, ResolutionRecord)]
    kept = [held.candidate.seq for held in site.casebook.held()]
    counted = {t.value: t.n for t in site.casebook.counted("utrecht", T0)}
    right = {
        "a candidate has no end, or two": sorted(ended + kept) == marked,
        "what is held is unreadable": all(map(site.casebook.passage, site.casebook.held())),
        "a passage's tally": counted.get("passage", 0) == len(marked),
        "a resolution's tally": counted.get("resolution", 0) == len(ended),
        "an intent is left": site.casebook.intent() is None,
    }
    return [what for what, holds in right.items() if not holds]


def _files(site: Site) -> list[str]:
    told = []
    for name in ("outbox.sqlite", "casebook.sqlite"):
        with closing(sqlite3.connect(site.folder / name)) as db:
            (answer,) = db.execute("PRAGMA integrity_check").fetchone()
        told += [] if answer == "ok" else [f"integrity: {name}"]
    ballast = site.folder / BALLAST
    if ballast.exists() and ballast.stat().st_size != BALLAST_BYTES:
        told.append("ballast that holds nothing back")
    return told


class Trial:
    """Lives of one box: each is cut at many moments, and the next begins on what one cut left."""

    def __init__(self, folder: Path, seed: int, how: tuple[str, str] = HOW) -> None:
        self._listener, self._chance = recorder(folder), random.Random(seed)
        self._folder, self._how = folder, how
        create_signer(self._now(0) / "box.pem", "b1")
        self._auditor = Auditor(load_trusted(self._now(0) / "box.jwk"))
        self.word, self.found = Word(), Counter[str]()

    def cut(self, points: int) -> "Trial":
        for life, begun in enumerate(range(0, points, AT_ONCE)):
            self._life(life, min(AT_ONCE, points - begun))
        return self

    def _life(self, life: int, points: int) -> None:
        now, chosen, word = self._now(life), self._chance.randrange(points), self.word
        disk, left = Disk(now), self._folder / "left"
        calls = record(self._listener, now, STEPS, self._how)
        for n, cut in enumerate(cuts(disk, calls, word, points, self._chance, left)):
            if n == chosen:
                copytree(cut.folder, self._now(life + 1), dirs_exist_ok=True)
                self.word = word.copy()
            self.found.update(self._auditor.faults(cut))
        rmtree(now)

    def _now(self, life: int) -> Path:
        folder = self._folder / f"life-{life}"
        folder.mkdir(exist_ok=True)
        return folder


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory if there is one: what is simulated needs no real disk to wait for."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=shared, prefix="anpr-edge-cut-") as folder:
        yield Path(folder)


def test_after_a_cut_at_any_call_nothing_acknowledged_is_lost(memory: Path) -> None:
    trial = Trial(memory, 20261).cut(POINTS)
    assert trial.found == Counter()


@pytest.mark.parametrize("how", [("NORMAL", HOW[1]), (HOW[0], "psow=1")])
def test_a_box_that_trusts_its_disk_more_loses_what_it_acknowledged(
    memory: Path, how: tuple[str, str]
) -> None:
    """The control, without a sync at every commit or with sectors that are never garbled.

    If this finds nothing, the test above proves nothing.
    """
    trial = Trial(memory, 20262, how).cut(CONTROL)
    lost = [what for what in trial.found if "acknowledged, lost" in what or "lacks record" in what]
    assert lost

"""Starts a box on what a fault left, and says what is wrong with it."""

import sqlite3
from contextlib import closing

from edge.errors import BoxError
from edge.record.chain import START, Entry, check, dropped, examine
from edge.record.envelope import Keyring, decode_part, split
from edge.record.message import PassageRecord, ResolutionRecord, decode
from edge.types import Envelope
from tests.cases import T0
from tests.faults.power.box import BALLAST, BALLAST_BYTES
from tests.faults.power.recording import Cut, Word
from tests.site import Site


class Auditor:
    """Starts the box on what a cut left, and says what is wrong with it."""

    kind: type[Site] = Site

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._checked: dict[bytes, Entry] = {}

    def faults(self, cut: Cut) -> list[str]:
        """Return what is wrong, by kind."""
        try:
            site = self.kind(cut.folder)
        except BoxError as e:
            return [f"no start: {e.cause.replace(str(cut.folder), '')}"]
        try:
            told = [*self._chain(site, cut.word), *_casebook(site, cut.word), *_files(site)]
            told += self.more(site, cut.word)
            site.passes("9ZZZ999")  # it takes the next one too
            return told
        except BoxError as e:
            return [f"no next record: {e.cause.replace(str(cut.folder), '')}"]
        finally:
            site.stop()

    def more(self, site: Site, word: Word) -> list[str]:
        """Say what else is wrong, where the box keeps more than records and candidates."""
        return []

    def _chain(self, site: Site, word: Word) -> list[str]:
        stored, forgotten = site.chain(), site.outbox.forgotten() or START
        entries = [self._check(e) for e in stored]
        found = examine("b1", entries, forgotten, site.outbox.head() or START)
        there, gone = {e.seq: e for e in stored}, dropped("b1", entries)
        left = {s: e for s, e in word.records.items() if s > forgotten.seq and gone.left(1, s, s)}
        lost = [s for s, e in left.items() if there.get(s) != e]
        told = [f"chain: {finding.flaw}" for finding in found] + ["acknowledged, lost"] * len(lost)
        told += ["dropped, and still there" for s in there if not gone.left(1, s, s)]
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

"""A box that holds, releases, drops and delivers for a while, and writes down what it acknowledged.

Run as `python -m tests.faults.power.box FOLDER STEPS SYNCHRONOUS OPTION`, the last two as in `HOW`.
A line of FOLDER/acknowledged is `append JWS` once a record is durable, `forget SEQ` before records
up to one are forgotten.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from edge import storefile
from edge.feed.ballast import Ballast
from edge.feed.dropping import LEAST
from edge.feed.outbox import Outbox
from edge.record.chain import Head
from edge.record.envelope import seal
from edge.record.message import DroppedSpan
from edge.types import Envelope, Link, Tally
from tests.cases import T0
from tests.chains import STORAGE_KEY
from tests.edge.access.world import DIRTY_VAN, van
from tests.site import END, Site, snapshot

ACKNOWLEDGED = "acknowledged"
HOW = ("FULL", storefile.UNEVEN_CUTS)
BALLAST, BALLAST_BYTES = "outbox.sqlite.ballast", 65536
SEEN = Tally("utrecht", T0, "records", "passage")
ENDED = Tally("utrecht", T0, "records", "resolution")
RELEASED_EVERY, FORGOTTEN_EVERY, DROPPED_EVERY, STARTED_EVERY = 3, 5, 6, 8
CLEAN = "V001AB"


class Box:
    """A site whose word is written down, with the uplink's hand on its outbox."""

    kind: type[Site] = Site

    def __init__(self, folder: Path, synchronous: str) -> None:
        """Start on what lies in a folder."""
        self._folder, self._synchronous = folder, synchronous
        self._said = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.site = self.kind(folder)
        self._ready()
        for envelope in self.site.chain():  # among them what was durable, but not yet said
            self._acknowledge(envelope)

    def live(self, steps: int) -> None:
        head = self.site.outbox.head()
        first = 1 if head is None else head.seq + 1
        for number in range(first, first + steps):
            self._hold(number)
            if number % RELEASED_EVERY == 0:
                self._release()
            if number % FORGOTTEN_EVERY == 0:
                self._forget()
            if number % DROPPED_EVERY == 0:
                self._drop()
            if number % STARTED_EVERY == 0:
                self.site.stop()
                self.site.start()
                self._ready()

    def _ready(self) -> None:
        self.site.seen, self.site.tallies = [SEEN], [ENDED]
        for db in (self.site.outbox._db, self.site.casebook._db):
            db.execute(f"PRAGMA synchronous = {self._synchronous}")
        Ballast(self._folder / BALLAST, BALLAST_BYTES).hold()

    def _hold(self, number: int) -> None:
        plate = f"{number:05}Z"
        self.site.registry.vehicles[plate] = DIRTY_VAN
        self.site.registry.snapshot = snapshot("s1", T0)
        concluded = self.site.passes(plate).envelope
        assert concluded is not None
        self._acknowledge(concluded)

    def _release(self) -> None:
        self.site.later(END + timedelta(hours=1), END)
        for envelope in self.site.release.round():
            self._acknowledge(envelope)

    def _forget(self) -> None:
        with Outbox.attach(self._folder / "outbox.sqlite", STORAGE_KEY, 0) as uplink:
            last = uplink.pending(None, 10_000)[-2]
            self._say(f"forget {last.seq}")
            uplink.forget_through(Head(last.epoch, last.seq, last.sha256))

    def _drop(self) -> None:
        """Let some comply, and give up what comes before the last of them."""
        self.site.seen = []
        self.site.registry.vehicles[CLEAN] = van(zero_emission=True)
        for _ in range(LEAST + 1):
            made = self.site.passes(CLEAN).envelope
            assert made is not None
            self._acknowledge(made)
        self.site.seen = [SEEN]
        dropped = self.site.outbox.drop(lambda _: True, self._write_drop)
        assert dropped is not None
        self._acknowledge(dropped)

    def _write_drop(self, link: Link, spans: tuple[DroppedSpan, ...]) -> Envelope:
        now = self.site.clock.read()
        message = self.site.clerk.drop("outbox_full", spans, None, now, link)
        return seal(message, self.site.pipeline.signer)

    def _acknowledge(self, envelope: Envelope) -> None:
        self._say(f"append {envelope.jws.decode()}")

    def _say(self, line: str) -> None:
        os.write(self._said, f"{line}\n".encode())


if __name__ == "__main__":
    folder, steps, synchronous, storefile.UNEVEN_CUTS = sys.argv[1:]
    Box(Path(folder), synchronous).live(int(steps))

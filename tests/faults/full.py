"""A box at work on a disk that stops taking anything, until it is refused."""

import re
from pathlib import Path

import pytest

from edge.errors import BoxError
from edge.feed.outbox import Outbox
from edge.record.chain import Head
from edge.record.keys import load_trusted
from edge.types import Tally
from tests.cases import T0
from tests.chains import STORAGE_KEY
from tests.edge.access.world import DIRTY_VAN
from tests.faults.power.audit import Auditor
from tests.faults.power.recording import Cut, Word
from tests.site import Site, snapshot

SEEN = Tally("utrecht", T0, "records", "passage")
NO_ROOM = "The disk is full or cannot be written|Read-only file system"


class Box:
    """One box, through any number of faults of its disk; it keeps what was acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._word = folder, Word()
        Site(folder).stop()
        self._auditor = Auditor(load_trusted(folder / "box.jwk"))
        self.refused = 0

    @property
    def acknowledged(self) -> int:
        return len(self._word.records)

    def start(self) -> Site:
        site = Site(self._folder)
        site.seen = [SEEN]
        return site

    def hold(self, site: Site) -> None:
        """Hold one more; what is acknowledged here must be there for ever."""
        plate = f"{site.outbox.next_link().seq:05}Z"
        site.registry.vehicles[plate] = DIRTY_VAN
        site.registry.snapshot = snapshot("s1", T0)
        made = site.passes(plate).envelope
        assert made is not None
        self._word.records[made.seq] = made

    def hold_until_refused(self, site: Site) -> None:
        """Hold until the disk takes no more; it says so, and calls nothing damaged."""

        def hold_for_ever() -> None:
            while True:
                self.hold(site)

        with pytest.raises(BoxError, match=NO_ROOM):
            hold_for_ever()
        self.refused += 1
        site.stop()

    def start_in_vain(self) -> None:
        """Start while there is no room: it goes, or says what is the matter."""
        refusals = []
        try:
            self.start().stop()
        except BoxError as refusal:
            refusals.append(refusal.cause)
        assert all(re.search(NO_ROOM, cause) for cause in refusals), refusals

    def deliver(self) -> None:
        """Forget all there is, as on a receipt."""
        with Outbox.attach(self._folder / "outbox.sqlite", STORAGE_KEY, 0) as uplink:
            waiting = uplink.pending(None, 10**6)
            self._word.records |= {e.seq: e for e in waiting}
            last = waiting[-1]
            self._word.forget_through = last.seq
            uplink.forget_through(Head(last.epoch, last.seq, last.sha256))

    def faults(self) -> list[str]:
        """Return what is wrong now that the disk takes records again; it takes one more."""
        return self._auditor.faults(Cut(self._folder, self._word))

"""What people did on the panel becomes signed records: the panel leaves files, the daemon swears.

A file goes once its record is durable. A power cut in between signs a deed twice, under one id.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from edge.casebook.casebook import Casebook
from edge.feed.outbox import Outbox
from edge.ports import Clock, Signer
from edge.record.deed import MAX_BYTES, Deed, deed_of, unreadable
from edge.record.envelope import seal
from edge.record.testimony import Testimony
from edge.types import Envelope

log = logging.getLogger(__name__)
SUFFIX = ".json"
EVERY_S = 1.0
AT_ONCE = 20
"""So many between two frames: whoever floods the folder must not take the time of the frames."""
ID_DIGITS = 32


@dataclass(slots=True)
class Deeds:
    """Signs what lies in the folder of the panel, oldest first, once a second at most."""

    folder: Path
    clock: Clock
    testimony: Testimony
    signer: Signer
    outbox: Outbox
    casebook: Casebook
    monotonic: Callable[[], float] = time.monotonic
    _due: float = field(default=0.0, init=False)
    _kept: set[str] = field(default_factory=set, init=False)

    def look(self) -> list[Envelope]:
        """Sign what is there, if it is time to look; return the records, now durable."""
        if self.monotonic() < self._due:
            return []
        self._due = self.monotonic() + EVERY_S
        found = waiting(self.folder)
        new = [path for path in found if path.name not in self._kept]
        for path in found:
            if path.name in self._kept:
                self._remove(path)
        return [self._sign(path) for path in new[:AT_ONCE]]

    def _sign(self, path: Path) -> Envelope:
        now, link = self.clock.read(), self.outbox.next_link()
        name = sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()[:ID_DIGITS]
        deed = _read(path) or unreadable(name, now.now)
        envelope = seal(self.testimony.audit(deed, now, link), self.signer)
        self.casebook.enter(envelope, None, ())
        self.outbox.append(envelope)
        self._remove(path)
        return envelope

    def _remove(self, path: Path) -> None:
        """Let a signed file go; one that stays is not signed again before the next start."""
        self._kept.add(path.name)
        with suppress(OSError):
            path.unlink()
            self._kept.remove(path.name)


def waiting(folder: Path) -> list[Path]:
    """Return the files that wait to be signed, oldest first; their names begin with their time."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except OSError:
        return []  # no panel was ever at work here


def content(path: Path) -> bytes | None:
    """Return a file of the panel's folder, as far as a deed may go; no link is followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            return os.read(handle, MAX_BYTES + 1)
        finally:
            os.close(handle)
    except OSError as e:
        log.warning("a file of the panel cannot be read (%s)", e.strerror)
        return None


def _read(path: Path) -> Deed | None:
    raw = content(path)
    return None if raw is None else deed_of(raw)

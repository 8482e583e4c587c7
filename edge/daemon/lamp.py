"""The light as a person tries it on the panel: a note there becomes a word to the firmware service.

The word names its own end, so nobody need be there to end it: neither browser, panel nor daemon.
"""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.daemon.deeds import content
from edge.daemon.shown import LAMP, LampNote
from edge.housing.words import Shine

EVERY_S, HELD_S = 0.5, 30.0
LEVELS = {"off": 0.0, "dim": 0.2, "full": 1.0, "own": None}


class Lamp:
    """Looks for a new note in the panel's folder; one from before its own start is over."""

    def __init__(
        self,
        folder: Path,
        say: Callable[[Shine], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; `say` reaches the firmware service, or returns False."""
        self._path, self._say, self._monotonic = folder / LAMP, say, monotonic
        self._seen, self._due = self._stamp(), 0.0

    def look(self) -> None:
        """Pass on what was asked since the last look, if it is time to look."""
        now_s = self._monotonic()
        if now_s < self._due:
            return
        self._due, stamp = now_s + EVERY_S, self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        note = _read(self._path)
        if note is not None:
            self._say(Shine(level=LEVELS[note.level], for_s=HELD_S))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.lstat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def _read(path: Path) -> LampNote | None:
    raw = content(path)
    try:
        return None if raw is None else msgspec.json.decode(raw, type=LampNote)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None

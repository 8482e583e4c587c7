"""The log of a daemon: how it is written, and no more of one kind than a person would read.

A line goes to the journal of a box, on the card that everything else needs too. What comes again
and again is written a few times, then counted. Lines name no plate: what passes is in the records.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST, WINDOW_S = 30, 600.0
"""So many lines of one kind in so long."""
KINDS = 256
"""So many kinds are told apart; a library that words each line anew counts as one."""
FORM = "%(levelname)s %(message)s"


@dataclass(slots=True)
class Window:
    """How many lines of one kind came since a moment."""

    since: float
    lines: int = 0


class Sparing(logging.Filter):
    """Lets the first lines of every kind through, and says how many it left out before."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Know no line yet."""
        super().__init__()
        self._monotonic = monotonic
        self._windows: dict[tuple[str, str], Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is written; the first after some that were not tells of them."""
        window = self._window(record)
        now = self._monotonic()
        left_out = 0
        if now - window.since >= WINDOW_S:
            left_out = max(0, window.lines - MOST)
            window.since, window.lines = now, 0
        window.lines += 1
        if left_out:
            _add(record, f" ({left_out} lines like this were left out)")
        if window.lines == MOST:
            _add(record, " (more lines like this are left out for a while)")
        return window.lines <= MOST

    def _window(self, record: logging.LogRecord) -> Window:
        kind = (record.name, str(record.msg))
        if kind not in self._windows and len(self._windows) >= KINDS:
            kind = (record.name.partition(".")[0], "")
        return self._windows.setdefault(kind, Window(self._monotonic()))


def write_log() -> None:
    """Write what a daemon says to standard error, sparingly."""
    logging.basicConfig(level=logging.INFO, format=FORM)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(known, Sparing) for known in handler.filters):
            handler.addFilter(Sparing())


def _add(record: logging.LogRecord, words: str) -> None:
    record.msg, record.args = record.getMessage() + words, ()

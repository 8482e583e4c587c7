"""The hint that updates may have come: a file that changes, and nothing else.

Whoever may publish it can make a box look for updates a little earlier. What it says is never
read: of its content only the hash is kept, to see that it is another one.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)
EVERY_S = 60.0
DIGITS = 64


class Hint:
    """Writes the hash of the hint to a file when it is a new one, at most once a minute."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take up what was told before: a start is no news."""
        self._path, self._monotonic = path, monotonic
        self._told = _read(path)
        self._due = monotonic()

    def __call__(self, sha256: str) -> None:
        """Take note of the hint as it stands now; asked often, it misses none."""
        if sha256 == self._told or self._monotonic() < self._due:
            return
        self._due = self._monotonic() + EVERY_S
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(sha256, encoding="ascii")
        except OSError as e:  # a box that cannot be hinted at still looks in its own time
            log.warning("the hint %s cannot be written (%s)", self._path, e.strerror)
            return
        self._told = sha256
        log.info("updates may have come: %s was written", self._path)


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(DIGITS).decode("ascii", "replace")
    except OSError:
        return None

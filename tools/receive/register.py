"""The register of keys: looked at again when it changes, without a restart."""

import logging
from pathlib import Path

from edge.errors import KeyFileError
from edge.record.envelope import Keyring
from edge.record.keys import load_trusted

log = logging.getLogger(__name__)


class Register:
    """A file of trusted keys, and what it said when it last could be read."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises KeyFileError when it cannot be used."""
        self._path = path
        self._seen = _mark(path)
        self._keys: Keyring = load_trusted(path)

    def keys(self) -> Keyring:
        """Return what the file says now; while it cannot be read, what it said before."""
        mark = _mark(self._path)
        if mark != self._seen:
            self._seen = mark
            try:
                self._keys = load_trusted(self._path)
            except KeyFileError as e:
                log.warning("the register is not taken over: %s %s", e.cause, e.remedy)
            else:
                log.info("the register changed: %d keys", len(self._keys))
        return self._keys


def _mark(path: Path) -> tuple[int, ...] | None:
    """Return what changes whenever the file does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

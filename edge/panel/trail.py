"""The audit trail as the panel leaves it: one file for each deed, before the deed is done.

The daemon signs them (`edge.daemon.deeds`). What cannot be written down is not done.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge.daemon.deeds import SUFFIX
from edge.errors import BoxError, ReportError
from edge.panel.sessions import Session
from edge.record.deed import Deed, deed_of
from edge.storefile import fsync_folder

MOST_WAITING = 2000
NOBODY, UNDONE = "nobody", "not_done"
ID_BYTES = 16


class Person(NamedTuple):
    """Who does something without a session: `terminal:` and a login name of the box."""

    by: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """Writes down deeds in the folder that panel and daemon share."""

    folder: Path

    def write(self, action: str, who: Session | Person | None = None, **details: str) -> None:
        """Write down a deed, durably. Raises ReportError: then it must not be done."""
        deed = Deed(
            id=secrets.token_hex(ID_BYTES),
            at=datetime.now(UTC),
            action=action,
            by=NOBODY if who is None else who.by,
            session=None if who is None else who.name,
            details=details,
        )
        raw = msgspec.json.encode(deed)
        if deed_of(raw) is None:  # the daemon could only swear that it cannot be read
            raise ReportError(
                f"The act {action!r} cannot be written down: nothing was done.",
                "Use shorter words without control characters.",
            )
        try:
            self._keep(deed.id, raw)
        except OSError as e:
            raise ReportError(
                f"The audit trail cannot be written ({e.strerror}): nothing was done.",
                "Look at the disk of the box; the terminal works without the panel.",
            ) from e

    @contextmanager
    def doing(
        self, action: str, who: Session | Person | None = None, **details: str
    ) -> Iterator[None]:
        """Write down a deed, then let it be done; where that fails, `not_done` tells so.

        Raises ReportError as `write` does, and passes on the BoxError of what was not done.
        """
        self.write(action, who, **details)
        try:
            yield
        except BoxError:
            self.write(UNDONE, who, instead_of=action, **details)
            raise

    def waiting(self) -> int:
        """Return how many deeds the daemon has not signed yet."""
        try:
            return sum(path.suffix == SUFFIX for path in self.folder.iterdir())
        except OSError:
            return 0

    def _keep(self, id: str, raw: bytes) -> None:
        if self.waiting() >= MOST_WAITING:
            raise OSError(0, "too much waits for the daemon to sign it")
        name = f"{time.time_ns():020d}-{id}"
        draft = self.folder / f".{name}.new"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(handle)
        draft.replace(self.folder / f"{name}{SUFFIX}")
        fsync_folder(self.folder)

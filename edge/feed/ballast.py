"""Disk space held back, so that a full disk can still be drained, and the box can still say so."""

import os
from contextlib import suppress
from pathlib import Path

from edge.errors import OutboxError

DEFAULT_BYTES = 8 * 1024 * 1024
LEAST_BYTES = 5 * 1024 * 1024
"""What a delete may need: the log that SQLite has to copy grows to 4 MB before it is."""
PART_BYTES = 1024 * 1024


class Ballast:
    """A file of no meaning beside the outbox: let go when the disk is full, made again after.

    What it holds beyond `LEAST_BYTES` is given in parts, for what must be written on a full disk.
    """

    def __init__(self, path: Path, size_bytes: int = DEFAULT_BYTES) -> None:
        """Name the file and its size; 0 keeps none."""
        self.path, self.size_bytes = path, size_bytes

    @property
    def is_held(self) -> bool:
        """True when all of the space is held back."""
        return self._held() >= self.size_bytes

    def hold(self) -> bool:
        """Hold the space back if there is enough; return whether it is held."""
        if self.is_held:
            return True
        draft = self.path.with_name(f".{self.path.name}.new")
        with suppress(OSError):  # no space yet: the answer, not a fault
            if self.path.exists():
                self._fill(self.path)
                return self.is_held
            try:
                self._fill(draft)
                draft.replace(self.path)
            except OSError:
                draft.unlink(missing_ok=True)
        return self.is_held

    def give_part(self) -> bool:
        """Give a part back to the disk; return whether there was one to give.

        What a delete needs is not given.
        """
        left = self._held() - PART_BYTES
        if left < LEAST_BYTES:
            return False
        try:
            os.truncate(self.path, left)
        except OSError:  # a disk that cannot be written shows in the next write
            return False
        return True

    def release(self) -> None:
        """Give the space back to the disk, if it can be."""
        with suppress(OSError):  # a disk that cannot be written shows in the next write
            self.path.unlink(missing_ok=True)

    def _held(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def _fill(self, path: Path) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o660)  # the umask decides
        before = os.fstat(handle).st_size
        try:
            os.posix_fallocate(handle, 0, self.size_bytes)
            os.fsync(handle)  # else a cut may leave the name, and nothing held back behind it
        except OSError:
            os.ftruncate(handle, before)  # some systems keep what they could find
            raise
        finally:
            os.close(handle)


def check_size(size_bytes: int) -> None:
    """Raise OutboxError for a ballast with which a full disk could not be drained."""
    if 0 < size_bytes < LEAST_BYTES:
        raise OutboxError(
            f"A ballast of {size_bytes} bytes is too small to drain a full disk.",
            f"Hold back {LEAST_BYTES} bytes or more, or none.",
        )

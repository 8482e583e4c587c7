"""Disk space held back, so that a full disk can still be drained."""

import os
from contextlib import suppress
from pathlib import Path

DEFAULT_BYTES = 8 * 1024 * 1024


class Ballast:
    """A file of no meaning beside the outbox: let go when the disk is full, made again after."""

    def __init__(self, path: Path, size_bytes: int = DEFAULT_BYTES) -> None:
        """Name the file and its size; 0 keeps none."""
        self.path, self.size_bytes = path, size_bytes

    @property
    def is_held(self) -> bool:
        """True when the space is held back."""
        return not self.size_bytes or self.path.exists()

    def hold(self) -> bool:
        """Hold the space back if there is enough; return whether it is held."""
        if self.is_held:
            return True
        draft = self.path.with_name(f".{self.path.name}.new")
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(handle, 0, self.size_bytes)
                os.fsync(handle)  # else a cut may leave the name, and nothing held back behind it
            finally:
                os.close(handle)
            draft.replace(self.path)
        except OSError:  # no space yet: the answer, not a fault
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        return self.is_held

    def release(self) -> None:
        """Give the space back to the disk, if it can be."""
        with suppress(OSError):  # a disk that cannot be written shows in the next write
            self.path.unlink(missing_ok=True)

"""One change of the register at a time: of two at once, one would be lost, such as a revocation."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import KeyFileError


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Wait until nobody else changes the register, and let nobody else until this ends.

    The lock is a file beside it, for the register itself is replaced at every change; it ends
    with the process, however that ends. Raises KeyFileError.
    """
    try:
        lock = path.with_name(f".{path.name}.lock").open("ab")
    except OSError as e:
        cause = f"The register {path} cannot be changed ({e.strerror})."
        raise KeyFileError(cause, "Name a folder you may write.") from e
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

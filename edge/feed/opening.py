"""How an outbox is opened: by one appender, and on a full disk with the room of its ballast."""

import fcntl
import os
from pathlib import Path

from edge import storefile
from edge.errors import OutboxError
from edge.feed.ballast import Ballast
from edge.feed.storefile import OUTBOX, NoRoomError
from edge.storefile import StoreFile


class TakenError(OutboxError):
    """Another process appends: the daemon is at work."""


def connect(path: Path, ballast: Ballast) -> StoreFile:
    """Open the file; on a full disk the ballast makes room for the log that opening needs.

    It gives a part where that is enough, or else all it has. Raises OutboxError.
    """
    while True:
        try:
            return storefile.connect(OUTBOX, path)
        except NoRoomError:
            if not ballast.give_part():
                break
    ballast.release()
    try:
        return storefile.connect(OUTBOX, path)
    except OutboxError:
        ballast.hold()
        raise


def ballast_path(path: Path) -> Path:
    """Return where the ballast of an outbox lies."""
    return path.with_name(f"{path.name}.ballast")


def take_lock(path: Path) -> int:
    """Take the appender's lock: a second appender would fork the chain."""
    try:
        handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as e:
        raise OutboxError(
            f"The outbox {path} cannot be locked ({e.strerror}).", "Check box.state and its owner."
        ) from e
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise TakenError(
            f"Another process appends to the outbox {path}.",
            "Stop it first: the daemon, or another replay on this box.",
        ) from None
    return handle


def is_taken(path: Path) -> bool:
    """True while a process appends to the outbox at `path`; nothing is locked or made.

    An appender that starts in the very moment of this look may be refused, and starts again.
    """
    try:
        handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False

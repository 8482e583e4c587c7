"""Files that are on the disk when they are said to be."""

import os
from pathlib import Path

from edge.errors import UpdateError
from edge.storefile import fsync_folder

ROOM = "Free some disk space, or correct box.state and its rights."


def replace_durably(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all. Raises UpdateError."""
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        keep(draft)
        draft.replace(path)
        fsync_folder(path.parent)
    except OSError as e:
        raise UpdateError(f"{path} cannot be written ({e.strerror}).", ROOM) from e


def keep(path: Path) -> None:
    """Bring a file to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""The seal of a registry: its SHA-256 in a file beside it, without which no box opens it.

SQLite's own check sees damaged pages, but one flipped bit can turn a status into another
word and leave every page whole.
"""

import hashlib
import os
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from edge.errors import RegistryError

REMEDY = "Fetch the registry again with its .sha256 file; until then every decision is a review."


class Identity(NamedTuple):
    """What a file keeps as long as nobody writes to it."""

    device: int
    inode: int
    size: int
    mtime_ns: int


def identity(found: os.stat_result) -> Identity:
    """Return what tells a file from another and from itself rewritten."""
    return Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def seal_of(registry: Path) -> Path:
    """Return where the seal of a registry lies."""
    return registry.with_name(f"{registry.name}.sha256")


def digest_of(stream: BufferedReader) -> str:
    """Return the SHA-256 of a file from its beginning, in hexadecimal."""
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()


def prove(registry: Path, stream: BufferedReader) -> None:
    """Raise RegistryError unless an open registry is the one sealed."""
    seal = seal_of(registry)
    try:
        sealed = seal.read_text("ascii").strip()
    except FileNotFoundError as error:
        raise RegistryError(f"The registry {registry} lacks its seal {seal}.", REMEDY) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"The seal {seal} cannot be read.", REMEDY) from error
    if digest_of(stream) != sealed:
        raise RegistryError(f"The registry {registry} is not the one its seal names.", REMEDY)

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
BLOCK = 1 << 20


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
    refuse_other(registry, digest_of(stream))


def copy_proven(registry: Path, to: Path) -> None:
    """Copy a registry and prove the very bytes that were copied. Raises RegistryError, OSError."""
    if not registry.is_file():
        raise RegistryError(f"There is no registry file {registry}.", REMEDY)
    digest = hashlib.sha256()
    with registry.open("rb") as source, to.open("wb") as copy:
        while block := source.read(BLOCK):
            digest.update(block)
            copy.write(block)
    refuse_other(registry, digest.hexdigest())


def refuse_other(registry: Path, digest: str) -> None:
    """Raise RegistryError unless the seal beside a registry states this SHA-256."""
    seal = seal_of(registry)
    try:
        sealed = seal.read_text("ascii").strip()
    except FileNotFoundError as error:
        raise RegistryError(f"The registry {registry} lacks its seal {seal}.", REMEDY) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"The seal {seal} cannot be read.", REMEDY) from error
    if digest != sealed:
        raise RegistryError(f"The registry {registry} is not the one its seal names.", REMEDY)


def settle(draft: Path, out: Path) -> None:
    """Move a finished registry and its seal to their place, first the seal. Raises OSError.

    A power cut where there was none leaves nothing under the name, or a registry that is whole;
    elsewhere the old pair, the new pair, or a registry beside another's seal, which no box opens.
    """
    sealed = seal_of(draft)
    try:
        with draft.open("rb") as stream:
            sealed.write_text(digest_of(stream) + "\n", "ascii")
        for path in (draft, sealed):
            keep(path)
        for path, place in ((sealed, seal_of(out)), (draft, out)):
            path.rename(place)
            keep(out.parent)
    finally:
        sealed.unlink(missing_ok=True)


def keep(path: Path) -> None:
    """Bring a file or folder to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

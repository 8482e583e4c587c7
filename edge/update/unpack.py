"""From what was fetched to the file that was meant: as long as stated, and not a byte longer."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import zstandard

from edge.errors import UpdateError
from edge.update.files import ROOM
from edge.update.releases import PACKED

CHUNK_BYTES = 1 << 20
WINDOW_BYTES = 1 << 27
"""As `zstd --long` writes; a larger window would take more memory than a box can spare."""
REMEDY = "The publisher must publish it again; what is active stays."


def unpack(source: Path, path: str, to: Path, size: int) -> str:
    """Write a fetched target as the file it holds, on the disk; return its SHA-256.

    Raises UpdateError when it is not `size` bytes: nothing beyond is ever written.
    """
    digest, written = hashlib.sha256(), 0
    try:
        with to.open("wb") as file:
            for chunk in _content(source, path.endswith(PACKED)):
                written += len(chunk)
                if written > size:
                    break
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except zstandard.ZstdError as e:
        raise UpdateError(f"{path} cannot be unpacked ({e}).", REMEDY) from e
    except OSError as e:
        raise UpdateError(f"{path} cannot be unpacked ({e.strerror}).", ROOM) from e
    if written != size:
        less_or_more = "more" if written > size else "less"
        raise UpdateError(f"{path} holds {less_or_more} than the {size} bytes stated.", REMEDY)
    return digest.hexdigest()


def _content(source: Path, packed: bool) -> Iterator[bytes]:
    with source.open("rb") as file:
        if not packed:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
            return
        unpacking = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        with unpacking.stream_reader(file, closefd=False) as reader:
            while chunk := reader.read(CHUNK_BYTES):
                yield chunk

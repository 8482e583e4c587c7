"""Targets on the disk: stored under their hash, compressed where that is worth it."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard
from tuf.api.metadata import TargetFile

from edge.errors import UpdateError
from edge.update.releases import PACKED
from tools.publish.repository import SPOILED, Repository, cannot_write, settle, write_durably

LEVEL = 12
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A file to publish under a target path; a path that ends in .zst is compressed."""

    path: str
    file: Path


def store(repository: Repository, source: Source) -> TargetFile:
    """Bring a file among the targets and return what vouches for it. Raises UpdateError."""
    folder = repository.targets / source.path.rpartition("/")[0]
    draft = folder / ".target.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with source.file.open("rb") as whole, draft.open("w+b") as file:
            copy(whole, file, source.path.endswith(PACKED))
            target = TargetFile.from_data(source.path, file, ["sha256"])
            settle(file, draft, place(repository, target))
    except OSError as e:
        raise cannot_write(folder, e) from e
    return target


def copy(whole: IO[bytes], file: IO[bytes], compressed: bool) -> None:
    """Copy a stream, compressed or as it is."""
    if compressed:
        size = whole.seek(0, 2)
        whole.seek(0)
        packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True, threads=-1)
        packer.copy_stream(whole, file, size=size)
    else:
        shutil.copyfileobj(whole, file, PIECE)


def store_bytes(repository: Repository, path: str, content: bytes) -> TargetFile:
    """Bring a small content among the targets. Raises UpdateError."""
    target = TargetFile.from_data(path, content, ["sha256"])
    write_durably(place(repository, target), content)
    return target


def place(repository: Repository, target: TargetFile) -> Path:
    """Return where a target lies."""
    return repository.targets / target.get_prefixed_paths()[0]


@contextmanager
def opened(repository: Repository, target: TargetFile) -> Iterator[IO[bytes]]:
    """Open a target, unpacked. Raises UpdateError where it is gone or altered."""
    path = place(repository, target)
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != target.hashes["sha256"]:
                raise UpdateError(f"{path} was altered.", SPOILED)
            file.seek(0)
            yield zstandard.ZstdDecompressor().stream_reader(file) if is_packed(target) else file
    except (OSError, zstandard.ZstdError) as e:
        raise UpdateError(f"{path} cannot be read ({e}).", SPOILED) from e


def is_packed(target: TargetFile) -> bool:
    """True when a target is compressed."""
    return target.path.endswith(PACKED)


def unpack(repository: Repository, target: TargetFile, out: Path) -> None:
    """Write a target, unpacked, to a file. Raises UpdateError."""
    with opened(repository, target) as stream, out.open("wb") as file:
        shutil.copyfileobj(stream, file, PIECE)


def size_and_sha256(file: Path) -> tuple[int, str]:
    """Return the size and SHA-256 of a file. Raises UpdateError."""
    try:
        with file.open("rb") as stream:
            return file.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as e:
        raise UpdateError(f"{file} cannot be read ({e.strerror}).", "Check its rights.") from e

"""Sealed batches in a folder, for a stick that a technician carries where no broker is.

A batch is a file `<box>-<epoch>-<first>-<last>.jws`: one compact JWS on each line, then a
trailer of their count and SHA-256, so that a batch cut short is noticed. Where another file has
that name it stays, and the batch is written beside it as `<box>-<epoch>-<first>-<last>.<hash>.jws`.
Receipts come back in `<box>.receipt.jws`.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge.errors import FeedError
from edge.storefile import fsync_folder
from edge.types import Envelope

BATCH_RECORDS = 500
LARGEST = 128 * 2**20
"""No batch of records is longer (bytes); a stick in strange hands may hold any file."""
SEAL_AFTER_S = 60.0
NAME = re.compile(
    r"(?P<box>.+)-(?P<epoch>\d+)-(?P<first>\d+)-(?P<last>\d+)(\.[0-9a-f]{8,64})?\.jws"
)
HASH_LENGTHS = (8, 16, 32, 64)
CHECK_STICK = "Check that the stick is in place, writable and not full."


class Trailer(msgspec.Struct, frozen=True):
    """The last line of a batch: what stands above it."""

    count: int
    sha256: str


class Batch(NamedTuple):
    """A batch by its name."""

    path: Path
    box: str
    epoch: int
    first: int
    last: int


def batches(folder: Path) -> list[Batch]:
    """Return the batches in a folder, in the order of their records.

    Raises FeedError when the folder cannot be read.
    """
    try:
        names = [(path, NAME.fullmatch(path.name)) for path in folder.iterdir()]
    except OSError as e:
        raise FeedError(f"The spool {folder} cannot be read ({e.strerror}).", CHECK_STICK) from e
    found = [_batch(path, match) for path, match in names if match]
    return sorted(
        found, key=lambda b: (b.box, b.epoch, b.first, b.last, len(b.path.name), b.path.name)
    )


def read_batch(path: Path) -> list[bytes]:
    """Return the records of a batch.

    Raises FeedError when it is not whole, or no regular file.
    """
    try:
        if not path.is_file():  # to open a pipe would wait for ever
            raise FeedError(f"{path.name} is no regular file.", "Remove it from the stick.")
        if path.stat().st_size > LARGEST:
            raise FeedError(f"{path.name} is too large for a batch.", "Remove it from the stick.")
        body, _, last = path.read_bytes().removesuffix(b"\n").rpartition(b"\n")
        trailer = msgspec.json.decode(last, type=Trailer)
    except OSError as e:
        raise FeedError(f"{path} cannot be read ({e.strerror}).", CHECK_STICK) from e
    except (msgspec.DecodeError, UnicodeDecodeError):
        trailer, body = None, b""
    lines = body.splitlines()
    if trailer is None or trailer != _trailer(lines):
        raise FeedError(
            f"The batch {path.name} is cut short or changed.",
            "Remove it from the stick; the box writes it again until a receipt comes.",
        )
    return lines


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole, durably, or not at all.

    Raises FeedError.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        fsync_folder(path.parent)
    except OSError as e:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise FeedError(f"The spool cannot be written ({e.strerror}).", CHECK_STICK) from e


def receipt_path(folder: Path, box: str) -> Path:
    """Return where the platform's receipt for a box lies."""
    return folder / f"{box}.receipt.jws"


class SpoolPublisher:
    """Writes sealed batches into a folder; implements `Publisher`."""

    def __init__(
        self,
        folder: Path,
        box: str,
        batch_records: int = BATCH_RECORDS,
        seal_after_s: float = SEAL_AFTER_S,
    ) -> None:
        """Write for one box into a folder, made if need be.

        A batch is sealed when it is full, old enough, or the publisher is closed.
        Raises FeedError when the folder cannot be used.
        """
        self._folder, self._box = folder, box
        self._batch_records, self._seal_after_s = batch_records, seal_after_s
        self._open: list[Envelope] = []
        self._opened_at = 0.0
        self._read_receipt = b""
        self._take_receipt: Callable[[bytes], None] = lambda jws: None
        self._take_accepted: Callable[[Envelope], None] = lambda envelope: None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise FeedError(
                f"The spool {folder} cannot be made ({e.strerror}).", CHECK_STICK
            ) from e
        self._contents: dict[Path, _Content] = {}
        self._sealed = self._on_stick()

    def publish(self, envelope: Envelope) -> None:
        """Add one envelope to the open batch; what lies sealed on the stick is not repeated.

        Sealed is what stands byte for byte in a whole batch, whatever names the files have.
        Raises FeedError when the folder cannot be written to.
        """
        if envelope.sha256 in self._sealed:
            self._take_accepted(envelope)
            return
        if envelope in self._open:  # sent again before its batch was sealed
            return
        if self._open and not _adjacent(self._open[-1], envelope):
            self._seal()
        self._opened_at = self._opened_at if self._open else time.monotonic()
        self._open.append(envelope)
        if len(self._open) >= self._batch_records:
            self._seal()

    def exchange(self, wait_s: float) -> None:
        """Seal a batch that is old enough and pass on a new receipt; else wait.

        Raises FeedError when the folder cannot be used.
        """
        if time.monotonic() - self._opened_at >= self._seal_after_s:
            self._seal()
        self._sealed = self._on_stick()
        path = receipt_path(self._folder, self._box)
        try:
            receipt = path.read_bytes().strip() if path.is_file() else b""
        except OSError as e:
            raise FeedError(f"{path} cannot be read ({e.strerror}).", CHECK_STICK) from e
        if receipt and receipt != self._read_receipt:
            self._read_receipt = receipt
            self._take_receipt(receipt)
        else:
            time.sleep(wait_s)

    def on_receipt(self, take: Callable[[bytes], None]) -> None:
        """Call `take` with every receipt."""
        self._take_receipt = take

    def on_accepted(self, take: Callable[[Envelope], None]) -> None:
        """Call `take` with every envelope that lies sealed in the folder."""
        self._take_accepted = take

    def close(self) -> None:
        """Seal what is open.

        Raises FeedError when the folder cannot be written to.
        """
        self._seal()

    def _seal(self) -> None:
        if not self._open:
            return
        records, self._open = self._open, []
        lines = [envelope.jws for envelope in records]
        content = b"\n".join([*lines, msgspec.json.encode(_trailer(lines)), b""])
        stem = f"{self._box}-{records[0].epoch}-{records[0].seq}-{records[-1].seq}"
        write_whole(_free_path(self._folder, stem, content), content)
        self._sealed |= {envelope.sha256 for envelope in records}
        for envelope in records:
            self._take_accepted(envelope)

    def _on_stick(self) -> set[str]:
        """Return the hashes of this box's records in whole batches; a known file is not reread."""
        paths = [batch.path for batch in batches(self._folder) if batch.box == self._box]
        self._contents = {path: self._content(path) for path in paths}
        return set().union(*(content.hashes for content in self._contents.values()))

    def _content(self, path: Path) -> "_Content":
        state, known = _state(path), self._contents.get(path)
        return known if known and known.state == state else _Content(state, _hashes(path))


class _Content(NamedTuple):
    """The hashes of the records in a file, and what the file was like when they were read."""

    state: tuple[int, ...]
    hashes: frozenset[str]


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:  # gone or unreadable: it holds nothing
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _hashes(path: Path) -> frozenset[str]:
    """Return the hashes of the records in a batch; one that is not whole holds none."""
    try:
        return frozenset(hashlib.sha256(line).hexdigest() for line in read_batch(path))
    except FeedError:
        return frozenset()


def _free_path(folder: Path, stem: str, content: bytes) -> Path:
    """Return a name for a batch that no file has: what lies there may be another's, or a fork."""
    digest = hashlib.sha256(content).hexdigest()
    names = [f"{stem}.jws", *(f"{stem}.{digest[:length]}.jws" for length in HASH_LENGTHS)]
    free = next((name for name in names if not os.path.lexists(folder / name)), None)
    if free is None:
        raise FeedError(
            f"Every name for the batch {stem} is taken by files that do not hold it.",
            "The stick may be failing: use another one.",
        )
    return folder / free


def _trailer(lines: list[bytes]) -> Trailer:
    return Trailer(len(lines), hashlib.sha256(b"\n".join(lines)).hexdigest())


def _batch(path: Path, match: re.Match[str]) -> Batch:
    epoch, first, last = (int(match[part]) for part in ("epoch", "first", "last"))
    return Batch(path, match["box"], epoch, first, last)


def _adjacent(before: Envelope, after: Envelope) -> bool:
    return (before.epoch, before.seq + 1) == (after.epoch, after.seq)

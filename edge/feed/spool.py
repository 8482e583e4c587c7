"""Sealed batches in a folder, for a stick that a technician carries where no broker is.

A batch is a file `<box>-<epoch>-<first>-<last>.jws`: one compact JWS on each line, then a
trailer of their count and SHA-256, so that a batch cut short is noticed. Receipts come back in
`<box>.receipt.jws`.
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
from edge.types import Envelope

BATCH_RECORDS = 500
SEAL_AFTER_S = 60.0
NAME = re.compile(r"(?P<box>.+)-(?P<epoch>\d+)-(?P<first>\d+)-(?P<last>\d+)\.jws")
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
    return sorted(found, key=lambda b: (b.box, b.epoch, b.first))


def read_batch(path: Path) -> list[bytes]:
    """Return the records of a batch.

    Raises FeedError when it is not whole.
    """
    try:
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
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _fsync_folder(path.parent)
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
        self._sealed = self._on_stick()

    def publish(self, envelope: Envelope) -> None:
        """Add one envelope to the open batch; what lies sealed on the stick is not repeated.

        Raises FeedError when the folder cannot be written to.
        """
        if any(
            b.epoch == envelope.epoch and b.first <= envelope.seq <= b.last for b in self._sealed
        ):
            self._take_accepted(envelope)
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
            receipt = path.read_bytes().strip() if path.exists() else b""
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
        name = f"{self._box}-{records[0].epoch}-{records[0].seq}-{records[-1].seq}.jws"
        content = [*lines, msgspec.json.encode(_trailer(lines)), b""]
        write_whole(self._folder / name, b"\n".join(content))
        for envelope in records:
            self._take_accepted(envelope)

    def _on_stick(self) -> list[Batch]:
        return [batch for batch in batches(self._folder) if batch.box == self._box]


def _trailer(lines: list[bytes]) -> Trailer:
    return Trailer(len(lines), hashlib.sha256(b"\n".join(lines)).hexdigest())


def _batch(path: Path, match: re.Match[str]) -> Batch:
    epoch, first, last = (int(match[part]) for part in ("epoch", "first", "last"))
    return Batch(path, match["box"], epoch, first, last)


def _adjacent(before: Envelope, after: Envelope) -> bool:
    return (before.epoch, before.seq + 1) == (after.epoch, after.seq)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

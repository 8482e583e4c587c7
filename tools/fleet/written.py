"""What the boxes wrote, by their own books: each record is entered once it is on the box's disk."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tools.fleet.stored import Key


class Row(NamedTuple):
    """A record that a box wrote, how long it is, when (seconds since 1970), in which part."""

    key: Key
    kind: str
    size: int
    at: float
    phase: str


def read_logs(paths: Iterable[Path]) -> tuple[Row, ...]:
    """Read the books of all processes."""
    return tuple(row for path in paths for row in _rows(path))


def _rows(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="ascii") as file:
        for box, epoch, seq, sha256, kind, size, at, phase in csv.reader(file, delimiter="\t"):
            key = (box, int(epoch), int(seq), sha256)
            yield Row(key, kind, int(size), float(at), phase)

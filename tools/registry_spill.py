"""Rows parted by the high bits of their token, on disk: what a build cannot hold in memory.

One file a table; a part of it is a list of places in that file. Rows are tuples of texts, numbers
and None, and begin with their token. No row ever holds a plate.
"""

import marshal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from edge.closing import Closing

TOKEN_BITS = 63
BLOCK = 256
"""Rows of one part that are written together."""
SpillRow = tuple[Any, ...]


class Spilled(NamedTuple):
    """A table parted on disk; `places[part]` tells where its blocks lie and how long they are."""

    path: Path
    places: tuple[tuple[tuple[int, int], ...], ...]

    def rows(self, part: int) -> Iterator[SpillRow]:
        """Yield the rows of one part in the order in which they were added. Raises OSError."""
        if not self.places[part]:
            return
        with self.path.open("rb") as stream:
            for place, size in self.places[part]:
                stream.seek(place)
                yield from marshal.loads(stream.read(size))


class Spill(Closing):
    """Takes the rows of one table and writes each to its part."""

    def __init__(self, path: Path, bits: int) -> None:
        self.path, self.shift = path, TOKEN_BITS - bits
        self.waiting: list[list[SpillRow]] = [[] for _ in range(1 << bits)]
        self.places: list[list[tuple[int, int]]] = [[] for _ in range(1 << bits)]
        self.stream = path.open("wb")

    def add(self, token: int, *cells: object) -> None:
        """Keep one row. Raises OSError."""
        part = token >> self.shift
        waiting = self.waiting[part]
        waiting.append((token, *cells))
        if len(waiting) == BLOCK:
            self.write(part)

    def write(self, part: int) -> None:
        """Write what waits for one part. Raises OSError."""
        block = marshal.dumps(self.waiting[part])
        self.places[part].append((self.stream.tell(), len(block)))
        self.stream.write(block)
        self.waiting[part] = []

    def finish(self) -> Spilled:
        """Write all that waits, and return where it lies. Raises OSError."""
        for part, waiting in enumerate(self.waiting):
            if waiting:
                self.write(part)
        self.stream.flush()
        return Spilled(self.path, tuple(map(tuple, self.places)))

    def close(self) -> None:
        """Let go of the file."""
        self.stream.close()

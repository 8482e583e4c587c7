"""Reads the tables a registry is built from: columns by name, refused rows by line."""

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

from edge.errors import RegistryError
from edge.registry.attributes import RefusedError

MEND = "Correct the file and build again; nothing was written."
COLUMN = re.compile("[a-z_]+")
TOLD_EVERY = 4096
"""Rows between two words on how far a file is read."""
T = TypeVar("T")
Read = Callable[[int], None]
"""Is told how many more bytes were read."""


class Columns(NamedTuple):
    """The columns that a table must have, and those that it may have."""

    needed: frozenset[str]
    optional: frozenset[str]


class Rejects:
    """Rows that were refused: file, line and reason, never a plate."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.rows = csv.writer(stream) if stream is not None else None
        self.counts: Counter[Path] = Counter()
        self.lowest: dict[Path, tuple[int, str]] = {}

    def begin(self) -> None:
        """Write the names of the columns."""
        if self.rows is not None:
            self.rows.writerow(["file", "line", "reason"])

    def note(self, file: Path, line: int, reason: str) -> None:
        """Keep one refused row."""
        self.gather(file, 1, (line, reason), None)
        if self.rows is not None:
            self.rows.writerow([file.name, line, reason])

    def gather(self, file: Path, rows: int, lowest: tuple[int, str], noted: Path | None) -> None:
        """Take over rows that were noted elsewhere, in a file of the same form."""
        self.counts[file] += rows
        self.lowest[file] = min(lowest, self.lowest.get(file, lowest))
        if self.stream is not None and noted is not None:
            with noted.open(newline="") as stream:
                shutil.copyfileobj(stream, self.stream)

    def first(self, file: Path) -> str:
        """Return the first refused row of a file in words."""
        line, reason = self.lowest[file]
        return f"line {line}: {reason}"


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a CSV file; what cannot be read is a RegistryError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        # Neither text holds a cell.
        raise RegistryError(f"{path} cannot be read ({error}).", MEND) from error


def header_of(path: Path) -> list[str]:
    """Return the first row of a CSV file. Raises RegistryError."""
    with opened(path) as stream:
        return next(csv.reader(stream, strict=True), [])


def told(stream: TextIO, rows: Iterable[T], read: Read) -> Iterator[T]:
    """Yield rows as they come, and tell on the way how far the file is read."""
    done = 0
    for number, row in enumerate(rows):
        yield row
        if number % TOLD_EVERY == 0:
            at = stream.buffer.tell()
            read(at - done)
            done = at
    read(stream.buffer.tell() - done)


def cells_of(path: Path, read: Read) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row after the header. Raises RegistryError."""
    with opened(path) as stream:
        table = csv.reader(stream, strict=True)
        next(table, None)
        for cells in told(stream, table, read):
            if cells:
                yield table.line_num, cells


def rows_of(path: Path, read: Read) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line, row) of every row after the header. Raises RegistryError."""
    with opened(path) as stream:
        table = csv.DictReader(stream, strict=True)
        for row in told(stream, table, read):
            yield table.line_num, row


def check_columns(path: Path, names: Sequence[str], columns: Columns) -> None:
    """Raise RegistryError that names every missing and every unknown column."""
    faults = [f"lacks column {name}" for name in sorted(columns.needed - set(names))]
    known = columns.needed | columns.optional
    unknown = set(names) - known
    faults += [f"has unknown column {name}" for name in sorted(unknown) if COLUMN.fullmatch(name)]
    if strange := sum(not COLUMN.fullmatch(name) for name in unknown):
        # Without a header the first row stands in its place, and it holds a plate.
        faults.append(f"has {strange} columns that bear no column's name")
    twice = {name for name, times in Counter(names).items() if times > 1}
    faults += [f"has column {name} twice" for name in sorted(twice & known)]
    if faults:
        raise RegistryError(f"{path.name} {', '.join(faults)}.", MEND)


def refuse_uneven(row: Mapping[str, str]) -> None:
    """Raise RefusedError for a row with more or fewer cells than the header."""
    if None in row or None in row.values():
        raise RefusedError("row", "does not have as many cells as the header")


def take(
    path: Path, add: Callable[[int, Mapping[str, str]], None], rejects: Rejects, read: Read
) -> None:
    """Add every row of a file by its line, or note why not. Raises RegistryError."""
    for line, row in rows_of(path, read):
        try:
            add(line, row)
        except RefusedError as error:
            rejects.note(path, line, error.reason)
        except (ValueError, OverflowError):
            # Its text may hold a cell, and a cell may hold a plate.
            rejects.note(path, line, "the row cannot be read")

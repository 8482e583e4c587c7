"""Reads the tables a registry is built from: strict columns, refused rows by line."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.progress import open as open_with_progress

from edge.errors import RegistryError
from edge.registry.attributes import RefusedError

MEND = "Correct the file and build again; nothing was written."

COLUMN = re.compile("[a-z_]+")


class Columns(NamedTuple):
    """The columns that a table must have, and those that it may have."""

    needed: frozenset[str]
    optional: frozenset[str]


class Rejects:
    """Rows that were refused: file, line and reason, never a plate."""

    def __init__(self, stream: TextIO | None) -> None:
        self.rows = csv.writer(stream) if stream is not None else None
        self.counts: Counter[Path] = Counter()
        self.first: dict[Path, str] = {}
        if self.rows is not None:
            self.rows.writerow(["file", "line", "reason"])

    def note(self, file: Path, line: int, reason: str) -> None:
        """Keep one refused row."""
        self.counts[file] += 1
        self.first.setdefault(file, f"line {line}: {reason}")
        if self.rows is not None:
            self.rows.writerow([file.name, line, reason])


def rows_of(path: Path, columns: Columns) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line, row) of a CSV file with these columns and no others. Raises RegistryError."""
    console = Console(stderr=True)
    with open_with_progress(
        path, "rt", encoding="utf-8-sig", newline="", description=path.name, console=console
    ) as stream:
        table = csv.DictReader(stream, strict=True)
        check_columns(path, table.fieldnames or (), columns)
        for row in table:
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
    path: Path, columns: Columns, add: Callable[[Mapping[str, str]], None], rejects: Rejects
) -> None:
    """Add every row of a file, or note why not. Raises RegistryError."""
    try:
        for line, row in rows_of(path, columns):
            try:
                add(row)
            except RefusedError as error:
                rejects.note(path, line, error.reason)
            except (ValueError, OverflowError):
                # Its text may hold a cell, and a cell may hold a plate.
                rejects.note(path, line, "the row cannot be read")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegistryError(f"{path} cannot be read ({error}).", MEND) from error

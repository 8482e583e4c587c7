"""A receiver's database as one file: for an auditor, and for every tool that reads such a file."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tools.receive.database import Database, Row, StoreError
from tools.receive.schema import NAMES
from tools.receive.sqlite import SqliteDatabase

ROWS_AT_ONCE = 1000


def copy_to(source: Database, path: Path) -> int:
    """Write all that a database holds, at one moment, to a new file; return how many records.

    Raises StoreError when the file is there already, or cannot be written.
    """
    if path.exists():
        raise StoreError(f"{path} exists.", "Nothing was copied; name a file that is not there.")
    target = SqliteDatabase.open(path)
    try:
        with source.snapshot(), target.transaction():
            copied = {table: _copy(source, target, table) for table in NAMES}
    except target.errors as e:
        raise target.fault("stored", e) from e
    finally:
        target.close()
    return copied["records"]


def _copy(source: Database, target: Database, table: str) -> int:
    copied = 0
    for rows in _parts(source.every(f"SELECT * FROM {table}")):
        marks = ", ".join("?" * len(rows[0]))
        target.many(f"INSERT INTO {table} VALUES ({marks})", rows)
        copied += len(rows)
    return copied


def _parts(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while part := list(islice(rows, ROWS_AT_ONCE)):
        yield part

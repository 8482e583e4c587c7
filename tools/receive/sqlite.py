"""The receiver's database as one SQLite file."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

from edge.storefile import IN_USE, UNEVEN_CUTS, UNWRITABLE, primary_code
from tools.receive.database import Errors, Row, StoreError, StoreLostError, Values
from tools.receive.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

BUSY_S = 10.0
IN_MEMORY = Path(":memory:")


class SqliteDatabase:
    """A SQLite file, synced at every commit; a cut may garble no more than its last sector."""

    for_update = ""  # BEGIN IMMEDIATE lets one writer in at a time
    errors: Errors = (sqlite3.Error,)

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use `SqliteDatabase.open`."""
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create a file.

        Raises StoreError when it is another program's, another version's, damaged, or out of reach.
        """
        db: sqlite3.Connection | None = None
        try:
            db = _connect(path)
            _make_ready(path, db)
        except (StoreError, sqlite3.Error) as e:
            if db is not None:
                db.close()
            raise e if isinstance(e, StoreError) else cannot_open(path, e) from e
        return cls(db)

    def query(self, statement: str, values: Values = ()) -> list[Row]:
        """Run one statement and return its rows."""
        return self._db.execute(statement, values).fetchall()

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run one statement for each row of values."""
        self._db.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is durable, all of it, when this ends; or none of it is."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever others write meanwhile."""
        with self._db:
            self._db.execute("BEGIN")
            yield

    def every(self, statement: str) -> Iterator[Row]:
        """Return rows one after the other, however many there are; inside `snapshot`."""
        return iter(self._db.execute(statement))

    def fault(self, doing: str, error: Exception) -> StoreError:
        """Return what a failure means to a person; a file in use may be free in a moment."""
        what = "The records" if doing == "stored" else "The database"
        cause = f"{what} cannot be {doing} ({error})."
        code = primary_code(error) if isinstance(error, sqlite3.Error) else None
        if code in IN_USE:
            return StoreLostError(cause, "Nothing of it was taken; another program holds the file.")
        if code in UNWRITABLE:
            return StoreError(cause, "Free some disk space, and check who may write the file.")
        return StoreError(cause, "Set the database aside; name another with --db.")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def cannot_open(path: Path, error: OSError | sqlite3.Error) -> StoreError:
    """Return why a database is out of reach, in one sentence."""
    reason = getattr(error, "strerror", None) or error
    return StoreError(
        f"The database {path} cannot be opened ({reason}).",
        "Check its folder, its owner and the room on its disk, or name another file.",
    )


def _connect(path: Path) -> sqlite3.Connection:
    where = str(path) if path == IN_MEMORY else _uri(path)
    return sqlite3.connect(where, uri=path != IN_MEMORY, isolation_level=None, timeout=BUSY_S)


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?{UNEVEN_CUTS}"


def _make_ready(path: Path, db: sqlite3.Connection) -> None:
    """Make the tables of a new file; one that has them is not written to, for it may be in use."""
    marks = _marks(db)
    is_new = marks == (0, 0) and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not is_new and marks != (APPLICATION_ID, SCHEMA_VERSION):
        raise StoreError(
            f"{path} is not a database of this version of the receiver.",
            "It was left as it is; name another file with --db.",
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    if is_new:
        _make_tables(db)


def _make_tables(db: sqlite3.Connection) -> None:
    with db:
        db.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            strict = " STRICT" if table.startswith("CREATE TABLE") else ""
            db.execute(f"{table.format(bytes='BLOB').replace('BIGINT', 'INTEGER')}{strict}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _marks(db: sqlite3.Connection) -> tuple[int, int]:
    names = ("application_id", "user_version")
    application, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return application, version

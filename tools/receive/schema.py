"""The receiver's database file."""

import sqlite3
from pathlib import Path

from edge.errors import BoxError

APPLICATION_ID = 0x414E5052  # "ANPR"
SCHEMA_VERSION = 1
SCHEMA = f"""
BEGIN;
CREATE TABLE IF NOT EXISTS boxes (
    box TEXT PRIMARY KEY, epoch INTEGER, seq INTEGER, sha256 TEXT, kid TEXT,
    received INTEGER NOT NULL DEFAULT 0, duplicates INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS records (
    box TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL,
    kind TEXT NOT NULL, kid TEXT NOT NULL, jws BLOB NOT NULL, received_at TEXT NOT NULL,
    PRIMARY KEY (box, epoch, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS health ON records (box, epoch, seq) WHERE kind = 'health';
CREATE TABLE IF NOT EXISTS waiting (
    box TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL,
    jws BLOB NOT NULL, received_at TEXT NOT NULL, PRIMARY KEY (box, epoch, seq, sha256)
) STRICT;
CREATE TABLE IF NOT EXISTS forks (
    box TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL,
    reason TEXT NOT NULL, jws BLOB NOT NULL, received_at TEXT NOT NULL,
    PRIMARY KEY (box, epoch, seq, sha256)
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
    box TEXT NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL, jws BLOB NOT NULL,
    received_at TEXT NOT NULL, PRIMARY KEY (box, jws)
) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class StoreError(BoxError):
    """The receiver's database cannot be used."""


def connect(path: Path) -> sqlite3.Connection:
    """Open or create a database with a sync at every commit.

    Raises StoreError when it is another program's, another version's, damaged, or out of reach.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=10)
    except sqlite3.Error as e:
        raise cannot_open(path, e) from e
    try:
        _make_ready(path, db)
    except (StoreError, sqlite3.Error) as e:
        db.close()
        raise e if isinstance(e, StoreError) else cannot_open(path, e) from e
    return db


def cannot_open(path: Path, error: OSError | sqlite3.Error) -> StoreError:
    """Return why a database is out of reach, in one sentence."""
    reason = getattr(error, "strerror", None) or error
    return StoreError(
        f"The database {path} cannot be opened ({reason}).",
        "Check its folder and owner, or name another file with --db.",
    )


def _make_ready(path: Path, db: sqlite3.Connection) -> None:
    if not _is_own_or_empty(db):
        raise StoreError(
            f"{path} is not a database of this version of the receiver.",
            "It was left as it is; name another file with --db.",
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.executescript(SCHEMA)


def _is_own_or_empty(db: sqlite3.Connection) -> bool:
    marks = [db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("application_id", "user_version")]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return marks == [APPLICATION_ID, SCHEMA_VERSION] or (marks == [0, 0] and not tables)

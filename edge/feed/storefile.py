"""The outbox's file: made whole or not at all, recognised before it is touched."""

import os
import sqlite3
from pathlib import Path
from typing import NoReturn

from edge.errors import OutboxError

APPLICATION_ID = 0x414E504F  # "ANPO"
SCHEMA_VERSION = 1
SQLITE_MAGIC = b"SQLite format 3\0"
HEADER_BYTES = 100
BUSY_MS = 10_000
SCHEMA = """
PRAGMA auto_vacuum = INCREMENTAL;
BEGIN;
CREATE TABLE records (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL,
    jws BLOB NOT NULL, appended_at REAL NOT NULL, PRIMARY KEY (epoch, seq)
) STRICT;
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1), box TEXT NOT NULL,
    epoch INTEGER, seq INTEGER, sha256 TEXT,
    forgotten_epoch INTEGER, forgotten_seq INTEGER, forgotten_sha256 TEXT
) STRICT;
"""
SET_ASIDE = "It was left as it is: set it aside for an auditor and restore or start another."


def create(path: Path, box: str) -> None:
    """Make an empty outbox beside `path` and move it there, durably.

    Raises OutboxError when the folder cannot be written to.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        db = sqlite3.connect(draft, isolation_level=None)
        try:
            db.executescript(SCHEMA)
            db.execute("INSERT INTO head (one, box) VALUES (1, ?)", (box,))
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            db.execute("COMMIT")
        finally:
            db.close()
        draft.replace(path)
        fsync_folder(path.parent)
    except (OSError, sqlite3.Error) as e:
        raise OutboxError(
            f"The outbox {path} cannot be created ({e}).", "Check box.state and the disk."
        ) from e


def connect(path: Path) -> sqlite3.Connection:
    """Open an outbox in WAL mode with a sync at every commit.

    Raises OutboxError for a file that is not an outbox of this version, without touching it.
    """
    recognise(path)
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("SELECT box FROM head").fetchone()
    except sqlite3.Error as e:
        db.close()
        raise OutboxError(f"The outbox {path} is damaged ({e}).", SET_ASIDE) from e
    return db


def recognise(path: Path) -> None:
    """Check from the file's first bytes that it is an outbox of this version.

    Raises OutboxError.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEADER_BYTES)
    except OSError as e:
        raise OutboxError(
            f"There is no outbox at {path} ({e.strerror}).",
            "Start `anpr-edge run` first, or correct box.state.",
        ) from e
    version, application = head[60:64], head[68:72]
    if not head.startswith(SQLITE_MAGIC) or int.from_bytes(application, "big") != APPLICATION_ID:
        _fail(f"{path} is not an outbox.", SET_ASIDE)
    if int.from_bytes(version, "big") != SCHEMA_VERSION:
        _fail(f"{path} is an outbox of another version of this software.", SET_ASIDE)


def fsync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fail(cause: str, remedy: str) -> NoReturn:
    raise OutboxError(cause, remedy)

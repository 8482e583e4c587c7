"""The outbox's file: made whole or not at all, recognised before it is touched."""

import os
import sqlite3
from dataclasses import dataclass
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
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
UNWRITABLE = NO_ROOM | {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
MAKE_ROOM = (
    "Free some disk space, or let the uplink deliver, and check that box.state can be written;"
    " keep the outbox: nothing acknowledged is lost."
)
SET_ASIDE = "It was left as it is: set it aside for an auditor and restore or start another."

PUT_BACK = "Nothing was taken. Put the file back, or name the right box.state, then start again."


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


class NoRoomError(OutboxError):
    """The disk is full or cannot be written; the outbox itself may be sound."""


@dataclass(frozen=True, slots=True)
class StoreFile:
    """An open outbox file, and which file it was when it was opened (device, inode)."""

    path: Path
    db: sqlite3.Connection
    identity: tuple[int, int]

    def check_in_place(self) -> None:
        """Raise OutboxError when the path no longer leads to the file that is open."""
        try:
            found = _identity(self.path.stat())
        except OSError as e:
            _fail(f"The outbox {self.path} is gone from its place ({e.strerror}).", PUT_BACK)
        if found != self.identity:
            _fail(f"The outbox {self.path} was replaced while it was open.", PUT_BACK)


def connect(path: Path) -> StoreFile:
    """Open an outbox in WAL mode with a sync at every commit.

    Raises OutboxError for a file that is not an outbox of this version, without touching it;
    NoRoomError when the files that SQLite needs beside it cannot be made.
    """
    identity = recognise(path)
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("SELECT box FROM head").fetchone()
    except sqlite3.Error as e:
        if db is not None:
            db.close()
        raise fault(path, e) from e
    return StoreFile(path, db, identity)


def fault(path: Path, error: sqlite3.Error) -> OutboxError:
    """Return what a failure of SQLite means to a person; only a damaged file is called damaged."""
    code = primary_code(error)
    if code in UNWRITABLE:
        cause = f"The disk is full or cannot be written: the outbox {path} failed ({error})."
        return NoRoomError(cause, MAKE_ROOM)
    if code in DAMAGED:
        return OutboxError(f"The outbox {path} is damaged ({error}).", SET_ASIDE)
    if code in IN_USE:
        return OutboxError(
            f"The outbox {path} is in use ({error}).", "Nothing was taken; try again."
        )
    return OutboxError(f"The outbox {path} failed ({error}).", "Nothing was taken. Keep the file.")


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's result code without its extension."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def recognise(path: Path) -> tuple[int, int]:
    """Check from the file's first bytes that it is an outbox of this version; say which file.

    Raises OutboxError.
    """
    try:
        with path.open("rb") as file:
            head, identity = file.read(HEADER_BYTES), _identity(os.fstat(file.fileno()))
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
    return identity


def fsync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _fail(cause: str, remedy: str) -> NoReturn:
    raise OutboxError(cause, remedy)

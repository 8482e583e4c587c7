"""SQLite files that must not be lost: made whole or not at all, recognised before they are touched.

The outbox and the casebook are such files; each names itself in a `Kind`.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from edge.errors import BoxError

SQLITE_MAGIC = b"SQLite format 3\0"
HEADER_BYTES = 100
BUSY_MS = 10_000
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
UNWRITABLE = NO_ROOM | {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
SET_ASIDE = "It was left as it is: set it aside for an auditor and restore or start another."
UNEVEN_CUTS = "psow=0"
"""Tells SQLite that a cut may garble a whole sector, with what was synced in it before."""
PUT_BACK = "Nothing was taken. Put the file back, or name the right box.state, then start again."


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells a sort of file from others, and how its faults are told.

    `schema` begins a transaction that makes the tables; `owner` is the table of one row that
    names the box. `error` is what is raised, `no_room` where only the disk is at fault. `mode` is
    who may use the file, less what the umask of the process takes away.
    """

    name: str
    a_name: str
    application_id: int
    version: int
    schema: str
    owner: str
    error: type[BoxError]
    no_room: type[BoxError]
    make_room: str
    mode: int = 0o600


@dataclass(frozen=True, slots=True)
class StoreFile:
    """An open file, and which file it was when it was opened (device, inode)."""

    kind: Kind
    path: Path
    db: sqlite3.Connection
    identity: tuple[int, int]

    def check_in_place(self) -> None:
        """Raise the kind's error when the path no longer leads to the file that is open."""
        name, path = self.kind.name, self.path
        try:
            found = _identity(path.stat())
        except OSError as e:
            cause = f"The {name} {path} is gone from its place ({e.strerror})."
            raise self.kind.error(cause, PUT_BACK) from None
        if found != self.identity:
            raise self.kind.error(f"The {name} {path} was replaced while it was open.", PUT_BACK)


def create(kind: Kind, path: Path, owner: Mapping[str, str]) -> None:
    """Make an empty file beside `path` and move it there, durably; `owner` says whose it is.

    Raises the kind's error when the folder cannot be written to.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, kind.mode))
        db = sqlite3.connect(draft, isolation_level=None)
        try:
            db.executescript(kind.schema)
            names, marks = ", ".join(owner), ", ".join("?" * len(owner))
            db.execute(
                f"INSERT INTO {kind.owner} (one, {names}) VALUES (1, {marks})", (*owner.values(),)
            )
            db.execute(f"PRAGMA application_id = {kind.application_id}")
            db.execute(f"PRAGMA user_version = {kind.version}")
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode = WAL")  # in place, its header is never without a log
        finally:
            db.close()
        draft.replace(path)
        fsync_folder(path.parent)
    except (OSError, sqlite3.Error) as e:
        raise kind.error(
            f"The {kind.name} {path} cannot be created ({e}).", "Check box.state and the disk."
        ) from e


def connect(kind: Kind, path: Path) -> StoreFile:
    """Open a file in WAL mode with a sync at every commit.

    Raises the kind's error for a file that is not one of this version, without touching it;
    its `no_room` when the files that SQLite needs beside it cannot be made.
    """
    identity = recognise(kind, path)
    db: sqlite3.Connection | None = None
    try:
        db = _open(path, UNEVEN_CUTS)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute(f"SELECT box FROM {kind.owner}").fetchone()
        _begin_log_anew(db)
    except sqlite3.Error as e:
        if db is not None:
            db.close()
        raise fault(kind, path, e) from e
    return StoreFile(kind, path, db, identity)


def check_no_log(kind: Kind, path: Path) -> None:
    """Raise the kind's error when a file was here: SQLite would play its log into a new one."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        raise kind.error(
            f"The {kind.name} {path} is gone, but its log {log.name} is there.",
            f"Put the {kind.name} back beside it; if it is lost, set the log aside for an auditor.",
        )


def fault(kind: Kind, path: Path, error: sqlite3.Error) -> BoxError:
    """Return what a failure of SQLite means to a person; only a damaged file is called damaged."""
    code, name = primary_code(error), kind.name
    if code in UNWRITABLE:
        cause = f"The disk is full or cannot be written: the {name} {path} failed ({error})."
        return kind.no_room(cause, kind.make_room)
    if code in DAMAGED:
        return kind.error(f"The {name} {path} is damaged ({error}).", SET_ASIDE)
    if code in IN_USE:
        return kind.error(
            f"The {name} {path} is in use ({error}).", "Nothing was taken; try again."
        )
    return kind.error(f"The {name} {path} failed ({error}).", "Nothing was taken. Keep the file.")


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's result code without its extension."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def recognise(kind: Kind, path: Path) -> tuple[int, int]:
    """Check from the file's first bytes that it is one of this kind and version; say which file.

    A cut may have garbled those bytes while they were copied from the log: then the log has them.
    Raises the kind's error.
    """
    head, identity = _read_head(kind, path)
    application, version = _marks(head)
    if application != kind.application_id and _has_log(path):
        application, version = _marks_by_log(kind, path)
    if application != kind.application_id:
        _refuse(kind, f"{path} is not {kind.a_name}.")
    if version != kind.version:
        _refuse(kind, f"{path} is {kind.a_name} of another version of this software.")
    return identity


def fsync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path, option: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?{option}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)


def _begin_log_anew(db: sqlite3.Connection) -> None:
    """Empty the log: where a cut tore its end, the next record would share a sector with the last.

    On a full disk it stays as it is: it holds all it held.
    """
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as e:
        if primary_code(e) not in NO_ROOM | IN_USE:
            raise


def _read_head(kind: Kind, path: Path) -> tuple[bytes, tuple[int, int]]:
    try:
        with path.open("rb") as file:
            return file.read(HEADER_BYTES), _identity(os.fstat(file.fileno()))
    except OSError as e:
        raise kind.error(
            f"There is no {kind.name} at {path} ({e.strerror}).",
            "Start `anpr-edge run` first, or correct box.state.",
        ) from e


def _marks(head: bytes) -> tuple[int, int]:
    """Return whose file it is and of which version; (0, 0) when it is none of SQLite."""
    if not head.startswith(SQLITE_MAGIC):
        return 0, 0
    return int.from_bytes(head[68:72], "big"), int.from_bytes(head[60:64], "big")


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _marks_by_log(kind: Kind, path: Path) -> tuple[int, int]:
    """Return the same, as SQLite finds it in file and log together; the file is left as it is."""
    try:
        with closing(_open(path, "mode=ro")) as db:
            names = ("application_id", "user_version")
            application, version = (db.execute(f"PRAGMA {n}").fetchone()[0] for n in names)
    except sqlite3.Error as e:
        raise fault(kind, path, e) from e
    return application, version


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _refuse(kind: Kind, cause: str) -> NoReturn:
    raise kind.error(cause, SET_ASIDE)

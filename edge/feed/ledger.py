"""Stored records wherever they lie: an outbox, a receiver's database, a list, a stick.

Opened read-only: an auditor's look changes nothing.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from edge.errors import FeedError, RecordError
from edge.feed.sealed import opened, vault
from edge.feed.spool import Batch, batches, read_batch
from edge.record.chain import START, Head, Place
from edge.record.envelope import Keyring
from edge.record.rotation import followed
from edge.storefile import DAMAGED, UNWRITABLE, primary_code

OUTBOX_ID, RECEIVER_ID = 0x414E504F, 0x414E5052
SQLITE_MAGIC = b"SQLite format 3\0"
GIVE_KEY = (
    "Give the storage key of that box (keys.storage) with --storage-key, or read what the platform"
    " received."
)
FORMS = "Give an outbox.sqlite, a receiver's database, a passages.jsonl or a spool folder."


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored record and where it stands; `received_at` is when the platform received it.

    `aside`: it is no part of the chain, but waits for a gap to fill or forked.
    """

    where: str
    jws: bytes
    received_at: datetime | None = None
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """The stored records of one box.

    `box` None: whatever the first record says. `since` and `until` are the bounds the store
    itself knows; `faults` is what could not be read at all; `countersigned` are the platform's
    signatures over places of the chain that lie beside the records. `keeps_all`: it never forgets.
    """

    box: str | None
    records: tuple[Stored, ...]
    since: Head | None = None
    until: Head | None = None
    faults: tuple[tuple[str, str], ...] = field(default=())
    countersigned: tuple[bytes, ...] = ()
    keeps_all: bool = False

    def keyring(self, trusted: Keyring) -> Keyring:
        """Return trusted keys with those that the rotations among these records bring in."""
        return followed(((s.jws, s.received_at) for s in self.records), trusted)


def open_ledgers(path: Path, storage_key: bytes | None = None) -> list[Ledger]:
    """Read all stored records at a path, one ledger for each box; an outbox wants its key.

    Raises RecordError when it is none of the known forms, cannot be read, or does not open.
    """
    try:
        if path.is_dir():
            return _spool(path)
        with path.open("rb") as file:
            start = file.read(len(SQLITE_MAGIC))
        if start == SQLITE_MAGIC:
            return _database(path, storage_key)
        return [_lines(path)]
    except OSError as e:
        raise RecordError(f"{path} cannot be read ({e.strerror}).", FORMS) from e
    except sqlite3.Error as e:
        raise _unreadable(path, e) from e


def _unreadable(path: Path, error: sqlite3.Error) -> RecordError:
    """Say what stops SQLite; a full disk is no damage, and a copy can be read elsewhere."""
    if primary_code(error) in DAMAGED:
        return RecordError(f"{path} is damaged ({error}).", "Read a copy from elsewhere.")
    if primary_code(error) in UNWRITABLE:
        cause = f"{path} cannot be opened: the disk is full or cannot be written ({error})."
        return RecordError(cause, "Free some disk space, or read it as the user who owns it.")
    return RecordError(f"{path} cannot be read ({error}).", "Try again, or read a copy of it.")


def _database(path: Path, storage_key: bytes | None) -> list[Ledger]:
    db = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
    try:
        # asked of SQLite, not read from the header: that of a database in use is in its log
        (application,) = db.execute("PRAGMA application_id").fetchone()
        if application == OUTBOX_ID:
            return [_outbox(path, db, storage_key)]
        if application == RECEIVER_ID:
            return _receiver(db)
    finally:
        db.close()
    _fail(f"{path} is a database of another program.")


def _outbox(path: Path, db: sqlite3.Connection, storage_key: bytes | None) -> Ledger:
    box, key_check, *heads = db.execute(
        "SELECT box, key_check, forgotten_epoch, forgotten_seq, forgotten_sha256,"
        " epoch, seq, sha256 FROM head"
    ).fetchone()
    if storage_key is None:
        raise RecordError(f"The records in {path} are sealed.", GIVE_KEY)
    key = vault(storage_key, box)
    if key.check != key_check:
        raise RecordError(f"The records in {path} were sealed with another key.", GIVE_KEY)
    rows = db.execute("SELECT epoch, seq, sealed FROM records ORDER BY epoch, seq")
    # one that rotted has no bytes to show, and is told as no record
    found = ((epoch, seq, opened(key, row, Place(epoch, seq)) or b"") for epoch, seq, row in rows)
    return Ledger(box, tuple(_stored(found)), _head(heads[:3]), _head(heads[3:]))


def _receiver(db: sqlite3.Connection) -> list[Ledger]:
    boxes = db.execute("SELECT box, epoch, seq, sha256 FROM boxes ORDER BY box").fetchall()
    return [
        Ledger(box, _received(db, box), START, _head(head), (), _countersigned(db, box), True)
        for box, *head in boxes
    ]


def _countersigned(db: sqlite3.Connection, box: str) -> tuple[bytes, ...]:
    rows = db.execute("SELECT jws FROM countersigned WHERE box = ? ORDER BY epoch, seq", (box,))
    return tuple(jws for (jws,) in rows)


def _received(db: sqlite3.Connection, box: str) -> tuple[Stored, ...]:
    """Return what was stored, then what waits for a gap to fill, then what forked."""
    found: list[Stored] = []
    for table in ("records", "waiting", "forks"):
        query = (
            f"SELECT epoch, seq, jws, received_at FROM {table} WHERE box = ? ORDER BY epoch, seq"
        )
        aside = table != "records"
        note = f" ({table})" if aside else ""
        rows = db.execute(query, (box,))
        found += (
            Stored(f"row {epoch}/{seq}{note}", jws, _moment(at), aside)
            for epoch, seq, jws, at in rows
        )
    return tuple(found)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _stored(rows: Iterable[tuple[int, int, bytes]]) -> Iterator[Stored]:
    return (Stored(f"row {epoch}/{seq}", jws) for epoch, seq, jws in rows)


def _head(row: list[Any]) -> Head:
    return START if row[0] is None else Head(*row)


def _lines(path: Path) -> Ledger:
    lines = enumerate(path.read_bytes().splitlines(), 1)
    records = tuple(Stored(f"line {n}", line.strip()) for n, line in lines if line.strip())
    if not any(_looks_signed(record.jws) for record in records):
        _fail(f"{path} holds no records.")
    return Ledger(None, records)


def _looks_signed(line: bytes) -> bool:
    """True for a line of three parts in base64url, as every compact JWS is."""
    return re.fullmatch(rb"[\w-]+\.[\w-]+\.[\w-]*", line, re.ASCII) is not None


def _spool(folder: Path) -> list[Ledger]:
    try:
        found = batches(folder)
    except FeedError as e:
        raise RecordError(e.cause, e.remedy) from e
    if not found:
        _fail(f"{folder} holds no batches.")
    boxes = sorted({batch.box for batch in found})
    return [_batches(box, [batch for batch in found if batch.box == box]) for box in boxes]


def _batches(box: str, found: list[Batch]) -> Ledger:
    records: list[Stored] = []
    faults: list[tuple[str, str]] = []
    for batch in found:
        try:
            lines = enumerate(read_batch(batch.path), 1)
            records += [Stored(f"{batch.path.name}:{n}", line) for n, line in lines]
        except FeedError as e:
            faults.append((batch.path.name, e.cause))
    return Ledger(box, tuple(records), faults=tuple(faults))


def _fail(cause: str) -> NoReturn:
    raise RecordError(cause, FORMS)

"""The durable queue between the camera and the platform.

Records lie in it sealed with the box's storage key: signed is not encrypted, and some hold a plate.
A record is on the disk when `append` returns, and leaves it when the platform has said, over
its hash, that it is stored there. One process appends (`Outbox.open`), another reads and
forgets (`Outbox.attach`).
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeAlias

from edge import storefile
from edge.closing import Closing
from edge.errors import OutboxError, RecordError
from edge.feed import dropping
from edge.feed.ballast import DEFAULT_BYTES, Ballast, check_size
from edge.feed.dropping import MayGo
from edge.feed.opening import ballast_path, connect, take_lock
from edge.feed.sealed import opened, sealed, vault
from edge.feed.since import Signing, Since, note, signing, since, was_used
from edge.feed.storefile import MAKE_ROOM, OUTBOX, NoRoomError
from edge.record.chain import Head, Place, next_link
from edge.record.drops import DROP
from edge.record.envelope import RefusedError, decode_part, key_id_of, peek, split
from edge.record.message import GENESIS, DroppedSpan, Receipt
from edge.record.worth import worth_of
from edge.storefile import StoreFile
from edge.types import Envelope, Link

log = logging.getLogger(__name__)
Spans: TypeAlias = tuple[DroppedSpan, ...]

OTHER_KEY = (
    "Put the key back that this box signed with: only a rotation (`anpr-edge keys rotate`) may"
    " change it. If it is lost, deploy/KEYS.md says how a box begins anew."
)
USED = "Make another: no key signs two epochs, and nobody would take the second."
DELETED_AT_ONCE, PAGES_AT_ONCE = 64, 512


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits for the platform, and since when (UTC); how many records were dropped ever."""

    records: int
    oldest_at: datetime | None
    size_bytes: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Size:
    """How large the file is, and how much of it is free for more records, in bytes."""

    file: int
    spare: int


class Outbox(Closing):
    """A queue of envelopes in one SQLite file."""

    def __init__(self, file: StoreFile, key: bytes, lock: int | None, ballast: Ballast) -> None:
        """Use `Outbox.open` or `Outbox.attach`."""
        self._file, self._lock, self._ballast = file, lock, ballast
        self._path, self._db, self._in_need = file.path, file.db, False
        self.now_s: Callable[[], float] = time.time
        self.box: str = self._row("SELECT box FROM head")[0]
        self._vault = vault(key, self.box)

    @classmethod
    def open(cls, path: Path, box: str, key: bytes, ballast_bytes: int = DEFAULT_BYTES) -> Self:
        """Open the outbox of a box as its one appender, creating it if need be.

        Raises OutboxError: another appender, another box or key, a foreign or damaged file.
        """
        check_size(ballast_bytes)
        lock = take_lock(path)
        try:
            if not path.exists():
                storefile.check_no_log(OUTBOX, path)
                storefile.create(OUTBOX, path, {"box": box, "key_check": vault(key, box).check})
            ballast = Ballast(ballast_path(path), ballast_bytes)
            outbox = cls(connect(path, ballast), key, lock, ballast)
        except OutboxError:
            os.close(lock)
            raise
        outbox._check_own(box)
        outbox._check_key()
        outbox._ballast.hold()
        return outbox

    @classmethod
    def attach(cls, path: Path, key: bytes, ballast_bytes: int = DEFAULT_BYTES) -> Self:
        """Open an existing outbox to read and forget; its appender may be at work.

        Raises OutboxError when there is none, it has another key, or is foreign or damaged.
        """
        check_size(ballast_bytes)
        ballast = Ballast(ballast_path(path), ballast_bytes)
        outbox = cls(connect(path, ballast), key, None, ballast)
        outbox._check_key()
        return outbox

    def append(self, envelope: Envelope) -> None:
        """Store one envelope; it is on the disk when this returns.

        Raises OutboxError when it does not follow the head, the disk is full (NoRoomError), or the
        file is no longer in its place: what a deleted file takes is gone when it is closed.
        """
        self._check_own_chain()
        if not self._in_need and not self.has_ballast():  # in need, it must not be held again
            raise NoRoomError("The disk is full: the record was not taken.", MAKE_ROOM)
        with self._translated(), self._transaction():
            self._store(envelope)

    def check_writable(self) -> None:
        """Take the right to write, and give it back: nothing reaches the disk.

        Raises OutboxError when another process holds it, or the file is no longer in its place.
        """
        self._check_own_chain()
        with self._translated(), self._transaction():
            pass

    def drop(self, may_go: MayGo, write: Callable[[Link, Spans], Envelope]) -> Envelope | None:
        """Give up the records that are worth least; return what says so, None where none may go.

        `write` makes the record of it, which is stored in place of them: both or neither. Passages
        go only where `may_go` says that they are counted. Raises OutboxError.
        """
        self._check_own_chain()
        with self._translated():
            try:
                return self._in_given_room(lambda: self._drop(may_go, write))
            finally:
                self._hold_again()

    @contextmanager
    def reserve(self) -> Iterator[None]:
        """Take what is appended inside though the disk is full: part of the ballast is for that."""
        self._in_need = True
        try:
            self._ballast.give_part()
            yield
        finally:
            self._in_need = False

    def has_ballast(self) -> bool:
        """Hold space back for a full disk, if there is any; True when there was."""
        return self._ballast.hold()

    def size(self) -> Size:
        """Return how large the file is. Raises OutboxError."""
        names = ("page_size", "page_count", "freelist_count")
        page, pages, free = (int(self._row(f"PRAGMA {name}")[0]) for name in names)
        return Size(pages * page, free * page)

    def next_link(self) -> Link:
        """Return the place of the record that comes next; after a rotation it opens an epoch."""
        return next_link(self.head(), self.signing().next is not None)

    def signing(self) -> Signing:
        """Return whose key goes on with the chain."""
        with self._translated():
            return signing(self._db)

    def since_checkpoint(self) -> Since:
        """Return the last checkpoint, and what was written since."""
        with self._translated():
            return since(self._db)

    def begin_at(self, epoch: int) -> None:
        """Let the chain begin in a later epoch, that of a box whose key was replaced.

        Does nothing in the first, and once there is a record.
        """
        if epoch == 1:
            return
        with self._translated(), self._transaction():
            self._db.execute(
                "UPDATE head SET epoch = ?, seq = 0, sha256 = ? WHERE epoch IS NULL",
                (epoch, GENESIS),
            )

    def head(self) -> Head | None:
        """Return the last record ever appended, forgotten or not."""
        return _head(self._row("SELECT epoch, seq, sha256 FROM head"))

    def last_but_drops(self) -> str | None:
        """Return the hash of the last record ever appended that is no drop, forgotten or not."""
        found: str | None = self._row("SELECT last_seen_sha256 FROM head")[0]
        return found

    def forgotten(self) -> Head | None:
        """Return the last record that was forgotten on a receipt."""
        return _head(self._row("SELECT forgotten_epoch, forgotten_seq, forgotten_sha256 FROM head"))

    def pending(self, after: Place | None, limit: int) -> list[Envelope]:
        """Return up to `limit` envelopes that still wait, those after a place, in order.

        One that rotted does not open and is passed over: it stays, and no receipt goes beyond it.
        Raises OutboxError when the file is no longer in its place: no one appends to it.
        """
        self._file.check_in_place()
        with self._translated():
            return list(islice(self._waiting(after or Place(0, 0)), limit))

    def forget(self, receipt: Receipt) -> int:
        """Delete all records up to a receipt that was verified; return how many.

        Nothing is deleted unless the hash stored here for that very place is the receipt's.
        Raises RecordError when it is another one, or the receipt is for another box.
        """
        if receipt.box != self.box:
            raise RecordError("The receipt is for another box.", "Nothing was forgotten.")
        return self.forget_through(Head(receipt.epoch, receipt.seq, receipt.sha256))

    def forget_through(self, last: Head) -> int:
        """Delete all records up to one that is held here; return how many.

        Raises RecordError when the record here has another hash.
        """
        with self._translated():
            return self._delete(last)

    def covering(self, after: Place | None, before: Place) -> list[Envelope]:
        """Return the records of drops that cover places between two others, None: what is gone."""
        gone = self.forgotten()
        since = after or (Place(0, 0) if gone is None else Place(gone.epoch, gone.seq))
        with self._translated():
            drops = dropping.covering(self._db, since, before)
            found = (next(self._waiting(Place(d.epoch, d.seq - 1)), None) for d in drops)
            return [e for e, d in zip(found, drops, strict=True) if e and (e.epoch, e.seq) == d]

    def count_through(self, place: Place) -> int:
        """Return how many records still wait up to and including a place."""
        counted = self._row("SELECT count(*) FROM records WHERE (epoch, seq) <= (?, ?)", place)
        return int(counted[0])

    def backlog(self) -> Backlog:
        """Return how much waits, and since when."""
        # Both by the index: reading every row of a long queue would keep frames waiting.
        count, oldest = self._row(
            "SELECT (SELECT count(*) FROM records),"
            " (SELECT appended_at FROM records ORDER BY epoch, seq LIMIT 1)"
        )
        since, size = None if oldest is None else datetime.fromtimestamp(oldest, UTC), self.size()
        dropped = self._row("SELECT dropped FROM head")[0]
        return Backlog(count, since, size.file - size.spare if count else 0, dropped)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _check_own_chain(self) -> None:
        if self._lock is None:
            raise OutboxError("This process did not open the outbox to append.", "Use Outbox.open.")
        self._file.check_in_place()

    def _store(self, envelope: Envelope) -> None:
        self._check_follows(envelope)
        place, worth = (envelope.epoch, envelope.seq), worth_of(envelope.kind, _payload(envelope))
        self._db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*place, envelope.kind, envelope.sha256, self._sealed(envelope), self.now_s(), worth),
        )
        self._db.execute(
            "UPDATE head SET epoch = ?, seq = ?, sha256 = ?", (*place, envelope.sha256)
        )
        if envelope.kind != DROP:
            self._db.execute("UPDATE head SET last_seen_sha256 = ?", (envelope.sha256,))
        note(self._db, envelope)

    def _drop(self, may_go: MayGo, write: Callable[[Link, Spans], Envelope]) -> Envelope | None:
        with self._transaction():
            rows = dropping.chosen(self._db, self._vault, may_go)
            if not rows:
                return None
            envelope = write(self.next_link(), dropping.spans(rows))
            dropping.delete(self._db, rows, envelope)
            self._store(envelope)
        log.info("record %d: %d records were dropped for want of room", envelope.seq, len(rows))
        return envelope

    def _in_given_room(self, do: Callable[[], Envelope | None]) -> Envelope | None:
        """Do something that a full disk may stop, with part of the ballast where it does."""
        while True:
            try:
                return do()
            except sqlite3.Error as e:
                full = storefile.primary_code(e) in storefile.NO_ROOM
                if not full or not self._ballast.give_part():
                    raise

    def _hold_again(self) -> None:
        """Give freed pages back to the disk where the ballast is not whole, and hold it again."""
        if not self._ballast.is_held:
            with suppress(sqlite3.OperationalError):  # a disk that is full still: the next time
                self._give_back()

    def _delete(self, last: Head) -> int:
        stored = self._sha256_at(Place(last.epoch, last.seq))
        if stored is None:  # forgotten before, or never here: a late or repeated receipt
            return 0
        if stored != last.sha256:
            raise RecordError(
                f"The receipt for record {last.seq} names another hash.",
                "Nothing was forgotten; compare with the platform's report.",
            )
        forgotten = 0
        while step := self._next_step(last):
            forgotten += self._delete_step(step)
        return forgotten

    def _next_step(self, last: Head) -> Head | None:
        """Return up to where the next transaction deletes: its log must fit in the ballast."""
        steps = self._db.execute(
            "SELECT epoch, seq, sha256 FROM (SELECT epoch, seq, sha256 FROM records"
            " WHERE (epoch, seq) <= (?, ?) ORDER BY epoch, seq LIMIT ?)"
            " ORDER BY epoch DESC, seq DESC LIMIT 1",
            (last.epoch, last.seq, DELETED_AT_ONCE),
        )
        row = steps.fetchone()
        return None if row is None else Head(*row)

    def _delete_step(self, step: Head) -> int:
        try:
            done = self._forget_step(step)
        except sqlite3.Error as e:
            if storefile.primary_code(e) not in storefile.NO_ROOM:
                raise
            self._ballast.release()  # a delete needs room for its log, and so does the next one
            done = self._forget_step(step)
        if not self._ballast.is_held:
            self._give_back()
        return done

    def _forget_step(self, step: Head) -> int:
        with self._transaction():
            self._db.execute(
                "UPDATE head SET forgotten_epoch = ?, forgotten_seq = ?, forgotten_sha256 = ?", step
            )
            done = self._db.execute(
                "DELETE FROM records WHERE (epoch, seq) <= (?, ?)", (step.epoch, step.seq)
            )
            self._db.execute(
                "DELETE FROM spans WHERE (epoch, last) <= (?, ?)", (step.epoch, step.seq)
            )
        return done.rowcount

    def _give_back(self) -> None:
        """Return freed pages to the disk, and hold the ballast again if they suffice."""
        for statement in ("wal_checkpoint(TRUNCATE)", f"incremental_vacuum({PAGES_AT_ONCE})"):
            self._db.execute(f"PRAGMA {statement}").fetchall()
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._ballast.hold()

    def _sha256_at(self, place: Place) -> str | None:
        """Return the hash of a record that waits, or of the last of some that were dropped."""
        found = self._db.execute(
            "SELECT sha256 FROM records WHERE epoch = ? AND seq = ?"
            " UNION ALL SELECT last_sha256 FROM spans WHERE epoch = ? AND last = ?",
            (*place, *place),
        )
        row = found.fetchone()
        return None if row is None else str(row[0])

    def _waiting(self, after: Place) -> Iterator[Envelope]:
        rows = self._db.execute(
            "SELECT kind, epoch, seq, sha256, sealed FROM records WHERE (epoch, seq) > (?, ?)"
            " ORDER BY epoch, seq",
            after,
        )
        for kind, epoch, seq, sha256, found in rows:
            jws = opened(self._vault, found, Place(epoch, seq))
            if jws is None:
                log.warning("record %s/%s in the outbox is damaged and stays there", epoch, seq)
            else:
                yield Envelope(kind, self.box, epoch, seq, sha256, jws)

    def _sealed(self, envelope: Envelope) -> bytes:
        return sealed(self._vault, envelope.jws, Place(envelope.epoch, envelope.seq))

    def _check_key(self) -> None:
        if self._row("SELECT key_check FROM head")[0] != self._vault.check:
            self.close()
            raise OutboxError(
                f"The outbox {self._path} was sealed with another storage key.",
                "Put the key back that keys.storage named before: without it nothing in it opens.",
            )

    def _check_own(self, box: str) -> None:
        if self.box != box:
            self.close()
            raise OutboxError(
                f"The outbox {self._path} belongs to box {self.box}, not {box}.",
                "Correct box.id or box.state; records of two boxes never share a file.",
            )

    def _check_follows(self, envelope: Envelope) -> None:
        remedy = "Seal it on outbox.next_link(); nothing was stored."
        try:
            claim = peek(envelope.jws)
        except RefusedError as e:
            raise OutboxError(e.cause, remedy) from e
        if claim.envelope != envelope:
            raise OutboxError("The envelope and its signed content differ.", remedy)
        if envelope.box != self.box or self.next_link() != claim.link:
            raise OutboxError("The record does not follow the last one of this box.", remedy)
        if self.signing().goes_on not in (None, key_id_of(envelope.jws)):
            raise OutboxError("The record is signed with another key than the chain's.", OTHER_KEY)
        if was_used(self._db, envelope):
            raise OutboxError("The rotation names a key that was used before.", USED)

    def _row(self, query: str, values: tuple[object, ...] = ()) -> tuple[Any, ...]:
        return self._rows(query, values)[0]

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._translated():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._db:  # commits, or rolls back when anything was raised
            self._db.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as e:
            raise storefile.fault(OUTBOX, self._path, e) from e


def _payload(envelope: Envelope) -> bytes:
    return decode_part(split(envelope.jws)[1])


def _head(row: tuple[Any, ...]) -> Head | None:
    return None if row[0] is None else Head(*row)

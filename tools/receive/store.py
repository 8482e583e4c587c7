"""What the receiver holds: proven records, those that wait for a gap to fill, forks, refusals."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from edge.closing import Closing
from edge.record.chain import Head, Place, follows
from edge.record.envelope import Flaw, Keyring, RefusedError, Verified, verify
from tools.receive.accounts import Account, accounts
from tools.receive.boxes import BoxView, box_views
from tools.receive.schema import StoreError, connect

REFUSED_KEPT = 10_000


class Verdict(StrEnum):
    """What became of a message."""

    STORED = "stored"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    FORKED = "forked"
    REFUSED = "refused"


class Store(Closing):
    """The receiver's database; what it took is on the disk before anyone is answered."""

    def __init__(self, db: sqlite3.Connection, keyring: Keyring) -> None:
        """Use `Store.open`."""
        self._db, self._keyring = db, keyring

    @classmethod
    def open(cls, path: Path, keyring: Keyring) -> Self:
        """Open or create a database.

        Raises StoreError when it cannot be used.
        """
        return cls(connect(path), keyring)

    @contextmanager
    def burst(self) -> Iterator[None]:
        """Everything taken inside is durable, all of it, when this ends.

        Raises StoreError when it could not be written; then nothing of it was taken.
        """
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.Error as e:
            raise StoreError(f"The records cannot be stored ({e}).", "Free some disk space.") from e

    def take(self, topic_box: str, jws: bytes) -> Verdict:
        """Verify and keep one message that came under a box's name."""
        self._count(topic_box, "received")
        try:
            record = verify(jws, self._keyring)
            if record.envelope.box != topic_box:
                raise RefusedError(
                    Flaw.OTHER_BOX, f"A record of {record.envelope.box} came under another name."
                )
        except RefusedError as e:
            self._refuse(topic_box, jws, e)
            return Verdict.REFUSED
        verdict = self._place(record)
        while self._take_up(topic_box):
            pass
        return verdict

    def head(self, box: str) -> Head | None:
        """Return the last record of the proven, gapless chain of a box."""
        row = self._db.execute(
            "SELECT epoch, seq, sha256 FROM boxes WHERE box = ?", (box,)
        ).fetchone()
        return None if row is None or row[0] is None else Head(*row)

    def total(self) -> int:
        """Return how many proven records are held, of all boxes."""
        return int(self._db.execute("SELECT count(*) FROM records").fetchone()[0])

    def accounts(self) -> list[Account]:
        """Return how the receiver stands with every box it has heard of.

        Raises StoreError when the database cannot be read.
        """
        with self._readable():
            return accounts(self._db)

    def boxes(self) -> list[BoxView]:
        """Return what is active on every box, by its own last word.

        Raises StoreError when the database cannot be read.
        """
        with self._readable():
            return box_views(self._db)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as e:
            raise StoreError(
                f"The database cannot be read ({e}).", "Set it aside; name another with --db."
            ) from e

    def _place(self, record: Verified) -> Verdict:
        """Put a verified record at the chain's end, aside until a gap fills, or among forks."""
        envelope, head = record.envelope, self.head(record.envelope.box)
        place = Place(envelope.epoch, envelope.seq)
        if head is not None and place <= Place(head.epoch, head.seq):
            return self._compare(record)
        if follows(head, record.link) and self._same_key(record):
            self._extend(record)
            return Verdict.STORED
        if place == (1, 1) or (head is not None and place == (head.epoch, head.seq + 1)):
            self._fork(record, "does not follow the record before it, or changes the key")
            return Verdict.FORKED
        return self._set_aside(record)

    def _compare(self, record: Verified) -> Verdict:
        envelope = record.envelope
        where = (envelope.box, envelope.epoch, envelope.seq)
        row = self._db.execute(
            "SELECT sha256 FROM records WHERE box = ? AND epoch = ? AND seq = ?", where
        ).fetchone()
        if row is not None and row[0] == envelope.sha256:
            self._count(envelope.box, "duplicates")
            return Verdict.DUPLICATE
        self._fork(record, "another record is stored for the same place")
        return Verdict.FORKED

    def _extend(self, record: Verified) -> None:
        e = record.envelope
        self._db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (e.box, e.epoch, e.seq, e.sha256, e.kind, record.kid, e.jws, _now()),
        )
        self._db.execute(
            "UPDATE boxes SET epoch = ?, seq = ?, sha256 = ?, kid = ? WHERE box = ?",
            (e.epoch, e.seq, e.sha256, record.kid, e.box),
        )

    def _set_aside(self, record: Verified) -> Verdict:
        e = record.envelope
        done = self._db.execute(
            "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?, ?, ?)",
            (e.box, e.epoch, e.seq, e.sha256, e.jws, _now()),
        )
        if done.rowcount:
            return Verdict.WAITING
        self._count(e.box, "duplicates")
        return Verdict.DUPLICATE

    def _take_up(self, box: str) -> bool:
        """Place what waited for the record that has just come; return whether the chain grew."""
        head = self.head(box)
        if head is None:
            return False
        rows = self._db.execute(
            "SELECT epoch, seq, jws FROM waiting WHERE box = ? AND"
            " ((epoch = ? AND seq = ?) OR (epoch = ? AND seq = 1))",
            (box, head.epoch, head.seq + 1, head.epoch + 1),
        ).fetchall()
        for epoch, seq, jws in rows:
            self._db.execute(
                "DELETE FROM waiting WHERE box = ? AND epoch = ? AND seq = ?", (box, epoch, seq)
            )
            self._place(verify(jws, self._keyring))
        return self.head(box) != head

    def _same_key(self, record: Verified) -> bool:
        e = record.envelope
        row = self._db.execute("SELECT epoch, kid FROM boxes WHERE box = ?", (e.box,)).fetchone()
        return row is None or row[0] != e.epoch or row[1] == record.kid

    def _fork(self, record: Verified, reason: str) -> None:
        e = record.envelope
        self._db.execute(
            "INSERT OR IGNORE INTO forks VALUES (?, ?, ?, ?, ?, ?, ?)",
            (e.box, e.epoch, e.seq, e.sha256, reason, e.jws, _now()),
        )

    def _refuse(self, box: str, jws: bytes, fault: RefusedError) -> None:
        """Keep what was refused, as evidence; a flood of it must not fill the disk."""
        if self._db.execute("SELECT count(*) FROM refused").fetchone()[0] < REFUSED_KEPT:
            self._db.execute(
                "INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)",
                (box, fault.flaw.value, fault.cause, jws, _now()),
            )

    def _count(self, box: str, column: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO boxes (box) VALUES (?)", (box,))
        self._db.execute(f"UPDATE boxes SET {column} = {column} + 1 WHERE box = ?", (box,))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What an outbox remembers of its chain beside the records: whose key goes on, what was written.

Records leave with their receipts; this stays, in the transaction that takes each record.
"""

import sqlite3
from typing import NamedTuple

from edge.record.counted import CHECKPOINT
from edge.record.entries import Place
from edge.record.envelope import decode_part, key_id_of, split
from edge.record.rotation import rotation_of
from edge.types import Envelope


class Since(NamedTuple):
    """The last checkpoint, None before the first, and how many records of each kind came since."""

    checkpoint: Place | None
    records: dict[str, int]


class Signing(NamedTuple):
    """The key that signed last, and the one that its rotation named; each None where unknown."""

    last: str | None
    next: str | None

    @property
    def goes_on(self) -> str | None:
        """The key that must sign what comes next; None: any may."""
        return self.next or self.last


def note(db: sqlite3.Connection, envelope: Envelope) -> None:
    """Remember a record that is being taken."""
    found = rotation_of(envelope.kind, decode_part(split(envelope.jws)[1]))
    turned = None if found is None else found.key.kid
    signed = key_id_of(envelope.jws)
    db.execute("UPDATE head SET kid = ?, next_kid = ?", (signed, turned))
    if turned is not None:
        db.execute("INSERT OR IGNORE INTO retired VALUES (?)", (signed,))
    if envelope.kind == CHECKPOINT:
        place = (envelope.epoch, envelope.seq)
        db.execute("UPDATE head SET checkpoint_epoch = ?, checkpoint_seq = ?", place)
        db.execute("DELETE FROM written")
    else:
        db.execute(
            "INSERT INTO written VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
            (envelope.kind,),
        )


def was_used(db: sqlite3.Connection, envelope: Envelope) -> bool:
    """True for a rotation to a key that this chain gave up before, or has. Raises sqlite3.Error."""
    found = rotation_of(envelope.kind, decode_part(split(envelope.jws)[1]))
    if found is None:
        return False
    query = "SELECT 1 FROM retired WHERE kid = ?"
    retired = db.execute(query, (found.key.kid,)).fetchone() is not None
    return retired or found.key.kid == key_id_of(envelope.jws)


def since(db: sqlite3.Connection) -> Since:
    """Return what was written since the last checkpoint. Raises sqlite3.Error."""
    row = db.execute("SELECT checkpoint_epoch, checkpoint_seq FROM head").fetchone()
    written = db.execute("SELECT kind, n FROM written ORDER BY kind").fetchall()
    return Since(None if row[0] is None else Place(*row), dict(written))


def signing(db: sqlite3.Connection) -> Signing:
    """Return whose key goes on. Raises sqlite3.Error."""
    return Signing(*db.execute("SELECT kid, next_kid FROM head").fetchone())

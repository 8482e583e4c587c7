"""The store's statements, in the SQL that SQLite and PostgreSQL share."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from edge.record.chain import Head, Place
from edge.record.countersign import Countersignature
from edge.record.drops import Span
from edge.record.envelope import MAX_BYTES, Verified, decode_part, split
from edge.types import Envelope, Link
from tools.receive.database import Database, Row, Values
from tools.receive.growth import Arrival, Growth
from tools.receive.refusals import KEPT_OF_EACH, Refusal, Tally

TAKEN_UP_AT_ONCE = 64
ROWS_AT_ONCE = 500


class Keys(NamedTuple):
    """The key that signed the last record of a box, and the one that it named."""

    signed: str | None
    named: str | None


class Rows:
    """Reads and writes what belongs to a box; the caller holds the transaction."""

    def __init__(self, db: Database) -> None:
        """Use a database."""
        self._db = db

    def heads(self, boxes: Sequence[str]) -> dict[str, Head]:
        """Return the last record of the chain of each box that has one."""
        found: dict[str, Head] = {}
        for part in _parts(boxes):
            rows = self._db.query(
                "SELECT box, epoch, seq, sha256 FROM boxes WHERE epoch IS NOT NULL"
                f" AND box IN ({_marks(part)}) ORDER BY box",
                part,
            )
            found |= {box: Head(*head) for box, *head in rows}
        return found

    def introduce(self, boxes: Sequence[str]) -> None:
        """Give each box a row of its own, to lock."""
        self._db.many(
            "INSERT INTO boxes (box) VALUES (?) ON CONFLICT DO NOTHING", [(box,) for box in boxes]
        )

    def lock(self, boxes: Sequence[str]) -> dict[str, Growth]:
        """Keep other receivers away from these boxes; return the ends of the chains we know.

        In the order of their names: two receivers that want the same boxes never wait in a circle.
        """
        found: dict[str, Growth] = {}
        for part in _parts(sorted(boxes)):
            rows = self._db.query(
                f"SELECT box, epoch, seq, sha256, kid, next_kid FROM boxes"
                f" WHERE box IN ({_marks(part)})"
                f" ORDER BY box{self._db.for_update}",
                part,
            )
            found |= {box: self._growth(box, head, keys) for box, *head, keys in _keyed(rows)}
        return found

    def write(self, grown: Mapping[str, Growth], received: Mapping[str, int]) -> None:
        """Write what a burst added to boxes; a server is asked as seldom as possible."""
        stored = [a for growth in grown.values() for a in (*growth.stored, *growth.late)]
        forked = [fork for growth in grown.values() for fork in growth.forked]
        self._db.many(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [_record_row(arrival) for arrival in stored],
        )
        self._db.many(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(box, *span, *by) for box, g in grown.items() for span, by in g.spans],
        )
        self._db.many(
            "INSERT INTO forks VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [_fork_row(arrival, reason) for arrival, reason in forked],
        )
        self._db.many(
            "UPDATE boxes SET epoch = ?, seq = ?, sha256 = ?, kid = ?, next_kid = ?,"
            " received = received + ?, duplicates = duplicates + ? WHERE box = ?",
            [_end_row(box, growth, received[box]) for box, growth in grown.items()],
        )

    def with_waiting(self, boxes: Sequence[str]) -> set[str]:
        """Return which of these boxes have records that wait; asked once they are locked."""
        found: set[str] = set()
        for part in _parts(boxes):
            rows = self._db.query(
                f"SELECT box FROM boxes b WHERE box IN ({_marks(part)})"
                " AND EXISTS (SELECT 1 FROM waiting w WHERE w.box = b.box)",
                part,
            )
            found |= {box for (box,) in rows}
        return found

    def set_aside(self, arrivals: Iterable[Arrival]) -> set[tuple[Place, str]]:
        """Keep records until a gap fills; return which of them had not waited already."""
        new = set()
        for part in _parts([_waiting_row(arrival) for arrival in arrivals]):
            row = f"({_marks(part[0])})"
            rows = self._db.query(
                f"INSERT INTO waiting VALUES {', '.join([row] * len(part))}"
                " ON CONFLICT DO NOTHING RETURNING epoch, seq, sha256",
                [value for values in part for value in values],
            )
            new |= {(Place(epoch, seq), sha256) for epoch, seq, sha256 in rows}
        return new

    def due(self, box: str, after: Place, head: Head) -> list[Arrival]:
        """Return the first of what waits after a place, and what would open the next epoch."""
        columns = "kind, box, epoch, seq, sha256, jws, prev, kid, received_at"
        rows = self._db.query(
            f"SELECT {columns} FROM waiting WHERE box = ? AND (epoch, seq) > (?, ?)"
            f" ORDER BY epoch, seq LIMIT {TAKEN_UP_AT_ONCE}",
            (box, *after),
        )
        rows += self._db.query(
            f"SELECT {columns} FROM waiting WHERE box = ? AND epoch = ? AND seq = 1",
            (box, head.epoch + 1),
        )
        found = (_arrival(Envelope(*row[:6]), *row[6:]) for row in rows)
        return [*{arrival.key: arrival for arrival in found}.values()]

    def wait_no_more(self, box: str, arrivals: Iterable[Arrival]) -> None:
        """Forget that these records waited."""
        self._db.many(
            "DELETE FROM waiting WHERE box = ? AND epoch = ? AND seq = ? AND sha256 = ?",
            [(box, *arrival.place, arrival.sha256) for arrival in arrivals],
        )

    def countersign(self, words: Sequence[tuple[Countersignature, bytes]]) -> None:
        """Keep the platform's signatures over places."""
        self._db.many(
            "INSERT INTO countersigned VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(w.box, w.epoch, w.seq, w.sha256, w.received_at.isoformat(), jws) for w, jws in words],
        )

    def countersigned(self) -> list[bytes]:
        """Return all of them, by box and place."""
        rows = self._db.query("SELECT jws FROM countersigned ORDER BY box, epoch, seq")
        return [jws for (jws,) in rows]

    def refuse(self, refusals: Mapping[Tally, Sequence[Refusal]], at: str) -> None:
        """Count what was refused, and keep the first of each reason as evidence."""
        for tally in sorted(refusals):
            found = refusals[tally]
            ((count,),) = self._db.query(
                "INSERT INTO refusals VALUES (?, ?, ?) ON CONFLICT (box, reason)"
                " DO UPDATE SET messages = refusals.messages + excluded.messages"
                " RETURNING messages",
                (*tally, len(found)),
            )
            room = KEPT_OF_EACH - (count - len(found))
            self._db.many(
                "INSERT INTO refused VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [_refused_row(tally.box, refusal, at) for refusal in found[: max(0, room)]],
            )

    def rotations(self, boxes: Sequence[str]) -> list[tuple[bytes, datetime]]:
        """Return the rotations of boxes, stored or waiting, and when each was received."""
        found: list[tuple[bytes, datetime]] = []
        for part in _parts(boxes):
            for table in ("records", "waiting"):
                rows = self._db.query(
                    f"SELECT jws, received_at FROM {table}"
                    f" WHERE kind = 'rotation' AND box IN ({_marks(part)})",
                    part,
                )
                found += [(bytes(jws), datetime.fromisoformat(at)) for jws, at in rows]
        return found

    def take_back(self, box: str, reason: str, sha256s: Sequence[str]) -> None:
        """Forget refusals of records that were only too early, and now are stored."""
        if not self._db.query("SELECT 1 FROM refusals WHERE box = ? AND reason = ?", (box, reason)):
            return
        for part in _parts(sha256s):
            gone = self._db.query(
                f"DELETE FROM refused WHERE box = ? AND reason = ? AND sha256 IN ({_marks(part)})"
                " RETURNING sha256",
                (box, reason, *part),
            )
            self._db.query(
                "UPDATE refusals SET messages = messages - ? WHERE box = ? AND reason = ?",
                (len(gone), box, reason),
            )
        self._db.query(
            "DELETE FROM refusals WHERE box = ? AND reason = ? AND messages <= 0", (box, reason)
        )

    def _growth(self, box: str, head: Sequence[object], keys: Keys) -> Growth:
        def sha256_at(place: Place) -> str | None:
            rows = self._db.query(
                "SELECT sha256 FROM records WHERE box = ? AND epoch = ? AND seq = ?", (box, *place)
            )
            return rows[0][0] if rows else None

        def span_over(place: Place) -> Span | None:
            rows = self._db.query(
                "SELECT epoch, first, last, last_sha256 FROM spans"
                " WHERE box = ? AND epoch = ? AND first <= ? AND last >= ? LIMIT 1",
                (box, place.epoch, place.seq, place.seq),
            )
            return Span(*rows[0]) if rows else None

        def retired() -> set[str]:
            query = "SELECT kid FROM records WHERE box = ? AND kind = 'rotation'"
            return {kid for (kid,) in self._db.query(query, (box,))}

        end = None if head[0] is None else Head(*head)  # type: ignore[arg-type]
        return Growth(end, keys.signed, sha256_at, span_over, next_kid=keys.named, retired=retired)


def _keyed(rows: Iterable[Row]) -> Iterable[tuple[Any, ...]]:
    return ((*row[:4], Keys(*row[4:])) for row in rows)


def _parts(values: Sequence[Values]) -> Iterable[list[Values]]:
    left = iter(values)
    while part := list(islice(left, ROWS_AT_ONCE)):
        yield part


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _end_row(box: str, growth: Growth, received: int) -> Values:
    epoch, seq, sha256 = growth.head or (None, None, None)
    keys = (growth.kid, growth.next_kid)
    return (epoch, seq, sha256, *keys, received, growth.duplicates, box)


def _record_row(arrival: Arrival) -> Values:
    e = arrival.record.envelope
    return (e.box, e.epoch, e.seq, e.sha256, e.kind, arrival.record.kid, e.jws, arrival.at)


def _fork_row(arrival: Arrival, reason: str) -> Values:
    e = arrival.record.envelope
    return (e.box, e.epoch, e.seq, e.sha256, reason, e.jws, arrival.at)


def _waiting_row(arrival: Arrival) -> Values:
    e, prev, kid = arrival.record.envelope, arrival.record.link.prev, arrival.record.kid
    return (e.box, e.epoch, e.seq, e.sha256, e.kind, prev, kid, e.jws, arrival.at)


def _refused_row(box: str, refusal: Refusal, at: str) -> Values:
    digest = hashlib.sha256(refusal.jws).hexdigest()
    return (box, digest, refusal.reason, refusal.cause, refusal.jws[:MAX_BYTES], at)


def _arrival(envelope: Envelope, prev: str, kid: str, at: str) -> Arrival:
    """Return a record that was verified when it came."""
    payload = decode_part(split(envelope.jws)[1])
    link = Link(envelope.epoch, envelope.seq, prev)
    return Arrival(Verified(envelope, link, payload, kid), at)

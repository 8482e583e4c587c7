"""The store's statements, in the SQL that SQLite and PostgreSQL share."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from edge.record.chain import Head, Place
from edge.record.drops import Span
from edge.record.envelope import MAX_BYTES, Verified, decode_part, split
from edge.types import Envelope, Link
from tools.receive.database import Database, Values
from tools.receive.growth import Arrival, Growth
from tools.receive.refusals import KEPT_OF_EACH, Refusal, Tally

TAKEN_UP_AT_ONCE = 64
ROWS_AT_ONCE = 500


class Rows:
    """Reads and writes what belongs to a box; the caller holds the transaction."""

    def __init__(self, db: Database) -> None:
        """Use a database."""
        self._db = db

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
                f"SELECT box, epoch, seq, sha256, kid FROM boxes WHERE box IN ({_marks(part)})"
                f" ORDER BY box{self._db.for_update}",
                part,
            )
            found |= {box: self._growth(box, head, kid) for box, *head, kid in rows}
        return found

    def write(self, box: str, growth: Growth, received: int) -> None:
        """Write what a burst added to a box."""
        epoch, seq, sha256 = growth.head or (None, None, None)
        self._db.many(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [_record_row(arrival) for arrival in (*growth.stored, *growth.late)],
        )
        self._db.many(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(box, *span, *place) for span, place in growth.spans],
        )
        self._db.many(
            "INSERT INTO forks VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [_fork_row(arrival, reason) for arrival, reason in growth.forked],
        )
        self._db.query(
            "UPDATE boxes SET epoch = ?, seq = ?, sha256 = ?, kid = ?, received = received + ?,"
            " duplicates = duplicates + ? WHERE box = ?",
            (epoch, seq, sha256, growth.kid, received, growth.duplicates, box),
        )

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

    def _growth(self, box: str, head: Sequence[object], kid: str | None) -> Growth:
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

        end = None if head[0] is None else Head(*head)  # type: ignore[arg-type]
        return Growth(end, kid, sha256_at, span_over)


def _parts(values: Sequence[Values]) -> Iterable[list[Values]]:
    left = iter(values)
    while part := list(islice(left, ROWS_AT_ONCE)):
        yield part


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


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

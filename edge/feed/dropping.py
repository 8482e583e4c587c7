"""Which records of an outbox are given up, and how that is written down in its file.

All of it happens in the transaction that takes the drop record.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from edge.feed.sealed import opened
from edge.record.drops import DROP
from edge.record.entries import Place
from edge.record.envelope import decode_part, split
from edge.record.message import DroppedSpan
from edge.record.worth import Counted, Worth, counted_in
from edge.types import Envelope
from edge.vault import Vault

MOST, LEAST = 256, 8
"""Records in one drop at most and at least: it is always smaller than what it frees."""
ORDER = (Worth.COMPLYING, Worth.HEALTH, Worth.REVIEW)

MayGo: TypeAlias = Callable[[Counted], bool]
"""True for a passage that is in a count record already."""


class Row(NamedTuple):
    """A record that is to go."""

    place: Place
    kind: str
    sha256: str


def chosen(db: sqlite3.Connection, vault: Vault, may_go: MayGo) -> list[Row]:
    """Return the records that go next, by place; none where too few may go.

    The last that was taken is not among them: the casebook may yet ask for it. Nor is the first of
    an epoch, on which its rotation and its platform count.
    Raises sqlite3.Error.
    """
    found: list[Row] = []
    for worth in ORDER:
        for row in _candidates(db, vault, worth, may_go):
            found.append(row)
            if len(found) == MOST:
                return sorted(found)
        if len(found) >= LEAST:
            return sorted(found)
    return []


def spans(rows: Sequence[Row]) -> tuple[DroppedSpan, ...]:
    """Return the spans that rows in the order of their places make."""
    runs: list[list[Row]] = []
    for row in rows:
        if runs and _follows(runs[-1][-1], row):
            runs[-1].append(row)
        else:
            runs.append([row])
    return tuple(_span(run) for run in runs)


def delete(db: sqlite3.Connection, rows: Sequence[Row], by: Envelope) -> None:
    """Delete the rows of a drop, and remember which record says so. Raises sqlite3.Error."""
    for span in spans(rows):
        db.execute(
            "DELETE FROM records WHERE epoch = ? AND seq BETWEEN ? AND ?",
            (span.epoch, span.first, span.last),
        )
        db.execute(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?)",
            (span.epoch, span.last, span.last_sha256, by.epoch, by.seq),
        )
    db.execute("UPDATE head SET dropped = dropped + ?", (len(rows),))


def covering(db: sqlite3.Connection, after: Place, before: Place) -> list[Place]:
    """Return the drops that cover places between two others. Raises sqlite3.Error."""
    rows = db.execute(
        "SELECT DISTINCT by_epoch, by_seq FROM spans"
        " WHERE (epoch, last) > (?, ?) AND (epoch, last) < (?, ?) ORDER BY by_epoch, by_seq",
        (*after, *before),
    )
    return [Place(*row) for row in rows]


def _candidates(db: sqlite3.Connection, vault: Vault, worth: Worth, may_go: MayGo) -> Iterator[Row]:
    rows = db.execute(
        "SELECT epoch, seq, kind, sha256, sealed FROM records"
        " WHERE worth = ? AND (epoch, seq) < (?, ?) AND seq > 1 ORDER BY epoch, seq",
        (worth, *_newest(db, worth)),
    )
    for epoch, seq, kind, sha256, sealed in rows:
        place = Place(epoch, seq)
        jws = opened(vault, sealed, place)
        if jws is not None and _may_go(kind, jws, may_go):
            yield Row(place, kind, sha256)


def _newest(db: sqlite3.Connection, worth: Worth) -> Place:
    """Return the record that stays whatever it is worth: the last, and the last health."""
    which, value = ("worth = ?", worth) if worth is Worth.HEALTH else ("kind != ?", DROP)
    row = db.execute(
        f"SELECT epoch, seq FROM records WHERE {which} ORDER BY epoch DESC, seq DESC LIMIT 1",
        (value,),
    ).fetchone()
    return Place(0, 0) if row is None else Place(*row)


def _may_go(kind: str, jws: bytes, may_go: MayGo) -> bool:
    counted = counted_in(kind, decode_part(split(jws)[1]))
    return counted is None or may_go(counted)


def _follows(before: Row, row: Row) -> bool:
    return row.place == (before.place.epoch, before.place.seq + 1)


def _span(run: Sequence[Row]) -> DroppedSpan:
    return DroppedSpan(
        epoch=run[0].place.epoch,
        first=run[0].place.seq,
        last=run[-1].place.seq,
        last_sha256=run[-1].sha256,
        kinds=dict(Counter(row.kind for row in run)),
    )

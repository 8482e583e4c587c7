"""Passages out of a receiver's database, each again with the resolution that released it.

Only what stands in the proven chain of a box is read, in the order of the chain.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.errors import RecordError
from edge.record.chain import Place
from edge.record.envelope import UNREADABLE, RefusedError, decode_part, split
from edge.record.message import PassageRecord, PlateRecord, ResolutionRecord, VehicleRecord, decode
from tools.receive.database import Database

AT_ONCE = 500
START = Place(0, 0)
WANTED = "SELECT epoch, seq, sha256, jws FROM records WHERE box = ? AND kind IN ('passage', "
NEXT = f"{WANTED}'resolution') AND (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT {AT_ONCE}"
ONE = "SELECT sha256, jws FROM records WHERE box = ? AND epoch = ? AND seq = ?"


@dataclass(frozen=True, slots=True)
class Seen:
    """A passage as far as it was told by a place in the chain.

    `sha256` names the record of the passage. `number` is 0 for the passage itself, 1 once a
    resolution released it: then plate and vehicle are those of the resolution.
    """

    at: Place
    sha256: str
    number: int
    passage: PassageRecord
    plate: PlateRecord
    vehicle: VehicleRecord | None


def boxes(db: Database) -> list[str]:
    """Return the boxes that were heard of."""
    return [str(box) for (box,) in db.query("SELECT box FROM boxes ORDER BY box")]


def heads(db: Database) -> dict[str, Place]:
    """Return the last place that is held of each box."""
    rows = db.query("SELECT box, epoch, seq FROM boxes WHERE epoch IS NOT NULL ORDER BY box")
    return {str(box): Place(epoch, seq) for box, epoch, seq in rows}


def seen(db: Database, box: str, after: Place) -> Iterator[Seen]:
    """Yield what a box told after a place, in order. Raises RecordError for a damaged record."""
    while rows := db.query(NEXT, (box, *after)):
        for epoch, seq, sha256, jws in rows:
            after = Place(epoch, seq)
            told = _data(box, after, jws)
            if isinstance(told, PassageRecord):
                yield Seen(after, sha256, 0, told, told.plate, told.vehicle)
            elif isinstance(told, ResolutionRecord) and told.plate is not None:
                yield from _released(db, box, after, told, told.plate)


def _released(
    db: Database, box: str, at: Place, told: ResolutionRecord, plate: PlateRecord
) -> Iterator[Seen]:
    candidate = told.candidate
    for sha256, jws in db.query(ONE, (box, candidate.epoch, candidate.seq)):
        passage = _data(box, Place(candidate.epoch, candidate.seq), jws)
        if sha256 == candidate.sha256 and isinstance(passage, PassageRecord):
            yield Seen(at, sha256, 1, passage, plate, told.vehicle)


def _data(box: str, at: Place, jws: bytes) -> object:
    try:
        return decode(decode_part(split(bytes(jws))[1])).data
    except (RefusedError, *UNREADABLE):
        raise RecordError(
            f"Record {at.epoch}/{at.seq} of box {box} in the database was damaged.",
            "`anpr-edge records verify` says what else was; restore the database from a copy.",
        ) from None  # the error at hand may quote a plate

"""Which records rest on something that turned out to be bad, and what became of each (pure).

A released accusation rests on two decisions: the one that held it and the one that released it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from edge.access.hold import HELD
from edge.record.basis import names, rests_on
from edge.record.message import PassageRecord, ResolutionRecord

Told: TypeAlias = PassageRecord | ResolutionRecord
At: TypeAlias = tuple[str, int, int]
NOT_HELD, OPEN = "not held", "open"


@dataclass(frozen=True, slots=True)
class Affected:
    """A record that is to be looked at again.

    `state` is `not held`, `open` (held, and no end is known here), or how it ended; `candidate`
    is the seq of the passage record that a resolution ends.
    """

    box: str
    epoch: int
    seq: int
    kind: str
    zone: str
    outcome: str
    state: str
    candidate: int | None


class Basis(NamedTuple):
    """A snapshot or a pack that records rest on."""

    kind: str
    id: str
    sha256: str


def bases(records: Iterable[Told]) -> list[Basis]:
    """Return the snapshots and the packs that occur in records, each once, sorted by name."""
    found: set[Basis] = set()
    for record in records:
        found.add(Basis("pack", record.pack.id, record.pack.sha256))
        if (registry := record.registry) is not None:
            found.add(Basis("snapshot", registry.id, registry.sha256))
    return sorted(found, key=lambda basis: (basis.kind != "snapshot", basis))


def affected_by(records: Iterable[Told], wanted: str) -> list[Affected]:
    """Return the passages and resolutions that rest on a name or hash, in chain order."""
    told = {_at(record): record for record in records}
    ends = {_candidate(r): r for r in told.values() if isinstance(r, ResolutionRecord)}
    return [
        _row(record, ends.get(at))
        for at, record in sorted(told.items())
        if any(rests_on(_names(r), wanted) for r in _family(at, record, told, ends))
    ]


def _family(
    at: At, record: Told, told: dict[At, Told], ends: dict[At, ResolutionRecord]
) -> Iterator[Told]:
    """Yield a record, and the passage that it ends or the resolution that ended it."""
    yield record
    other = told.get(_candidate(record)) if isinstance(record, ResolutionRecord) else ends.get(at)
    if other is not None:
        yield other


def _row(record: Told, end: ResolutionRecord | None) -> Affected:
    place = (record.box, record.epoch, record.seq)
    if isinstance(record, ResolutionRecord):
        kind, state, candidate = "resolution", record.state, record.candidate.seq
        return Affected(*place, kind, record.zone, record.outcome, state, candidate)
    state = NOT_HELD if HELD not in record.marks else OPEN if end is None else end.state
    return Affected(*place, "passage", record.zone, record.outcome, state, None)


def _names(record: Told) -> tuple[str, ...]:
    models = record.models if isinstance(record, PassageRecord) else ()
    return names(record.registry, record.pack, models, record.config_sha256)


def _at(record: Told) -> At:
    return record.box, record.epoch, record.seq


def _candidate(record: ResolutionRecord) -> At:
    return record.box, record.candidate.epoch, record.candidate.seq

"""Which registered exemptions and permissions count at a moment in a zone: RULES 1.5. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from edge.access.rules import Law, RecordType
from edge.types import Exemption, Outcome

GRANTED = "toegekend"
ELSEWHERE = "it belongs to another jurisdiction"
MAYBE_NATIONAL = "it was granted by one municipality and may hold nationwide since"


class Grant(NamedTuple):
    """A record that counts now and here; `doubt` says why a person must look at it."""

    type: RecordType
    doubt: str | None = None


def standing(
    records: Sequence[Exemption], seen: datetime, day: date, law: Law
) -> tuple[Grant, ...]:
    """Return the records that count at a moment in a zone, or that a person must weigh."""
    grants = (weigh(record, seen, day, law) for record in records)
    return tuple(grant for grant in grants if grant is not None)


def weigh(record: Exemption, seen: datetime, day: date, law: Law) -> Grant | None:
    """Judge one record: status, half-open validity, time of request, scope (RULES 1.5)."""
    if record.status != GRANTED or not in_force(record, seen):
        return None
    kind = next(kind for kind in law.pack.types if kind.covers(record.type.upper()))
    if not in_time(record, kind, seen):
        return None
    if not law.zone.within_scope(record.scope):
        return Grant(kind, MAYBE_NATIONAL) if maybe_national(record, kind, day) else None
    if kind.outcome is Outcome.REVIEW:
        return Grant(kind, ELSEWHERE)
    return Grant(kind)


def in_force(record: Exemption, seen: datetime) -> bool:
    """True within [valid_from, valid_to)."""
    return record.valid_from <= seen and (record.valid_to is None or seen < record.valid_to)


def in_time(record: Exemption, kind: RecordType, seen: datetime) -> bool:
    """True unless the record was asked for too long after entry (R004-55, R004-60)."""
    if kind.request_hours is None or record.requested_at is None:
        return True
    return record.requested_at <= seen + timedelta(hours=kind.request_hours)


def maybe_national(record: Exemption, kind: RecordType, day: date) -> bool:
    """True for a municipal record from before its type became national (N-AMB-07)."""
    since = kind.national_from
    return since is not None and record.valid_from.date().toordinal() < since <= day.toordinal()

"""Which registered exemptions and permissions count at a moment in a zone: RULES 1.5. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from edge.access.calendar import civil_day
from edge.access.rules import Law, RecordType
from edge.types import Exemption, Outcome

GRANTED = "toegekend"
ELSEWHERE = "it belongs to another jurisdiction"
OTHER_VEHICLE = "it was granted to another vehicle than bears the plate now"
EVERY_ZONE = "it is not clear that it holds in every zone"
TOO_MANY = "the register holds more days of it this year than may be granted"
QUOTA = "quota"
MAYBE_NATIONAL = "it was granted by one municipality and may hold nationwide since"


class Grant(NamedTuple):
    """A record that counts now and here; `doubt` says why a person must look at it."""

    type: RecordType
    doubt: str | None = None
    marks: tuple[str, ...] = ()


def standing(
    records: Sequence[Exemption], seen: datetime, day: date, law: Law, ref: str | None = None
) -> tuple[Grant, ...]:
    """Return the records that count at a moment in a zone, or that a person must weigh.

    `ref` names the vehicle that bears the plate now, where the register says so.
    """
    grants = (weigh(record, seen, day, law, ref) for record in records)
    found = tuple(grant for grant in grants if grant is not None)
    return overdrawn(found, records, day, law) if any(g.type.days_a_year for g in found) else found


def weigh(record: Exemption, seen: datetime, day: date, law: Law, ref: str | None) -> Grant | None:
    """Judge one record: status, half-open validity, time of request, scope (RULES 1.5)."""
    if record.status != GRANTED or not in_force(record, seen):
        return None
    kind = next(kind for kind in law.pack.types if kind.covers(record.type.upper()))
    if not in_time(record, kind, seen, law.pack.answer("aanvraagtermijn") == "inclusief"):
        return None
    if not law.zone.within_scope(record.scope):
        grown = grown_national(record, kind, day, law.pack.timezone)
        return elsewhere(kind, law.pack.answer("oud_gemeentelijk")) if grown else None
    if other_vehicle(record, ref) and (answer := law.pack.answer("ander_voertuig")) != "geldig":
        return None if answer == "ongeldig" else Grant(kind, OTHER_VEHICLE)
    if kind.outcome is Outcome.REVIEW:
        return Grant(kind, ELSEWHERE)
    if record.scope is None and kind.question is not None and law.pack.by_hand(kind.question):
        return Grant(kind, EVERY_ZONE)
    return Grant(kind)


def in_force(record: Exemption, seen: datetime) -> bool:
    """True within [valid_from, valid_to)."""
    return record.valid_from <= seen and (record.valid_to is None or seen < record.valid_to)


def in_time(record: Exemption, kind: RecordType, seen: datetime, inclusive: bool) -> bool:
    """True unless the record was asked for too long after entry (R004-55, R004-60, F-AMB-14)."""
    if kind.request_hours is None or record.requested_at is None:
        return True
    last = seen + timedelta(hours=kind.request_hours)
    return record.requested_at <= last if inclusive else record.requested_at < last


def grown_national(record: Exemption, kind: RecordType, day: date, timezone: str) -> bool:
    """True for a municipal record from before its type became national (N-AMB-07)."""
    since, granted = kind.national_from, civil_day(record.valid_from, timezone)
    return since is not None and granted.toordinal() < since <= day.toordinal()


def elsewhere(kind: RecordType, answer: str) -> Grant | None:
    """Return what another municipality's record means here, once its type is national."""
    known = {"landelijk": Grant(kind), "gemeentelijk": None}
    return known.get(answer, Grant(kind, MAYBE_NATIONAL))


def other_vehicle(record: Exemption, ref: str | None) -> bool:
    """True when a record was granted to another vehicle than bears the plate (F-AMB-25)."""
    return None not in (ref, record.vehicle_ref) and ref != record.vehicle_ref


def overdrawn(
    grants: tuple[Grant, ...], records: Sequence[Exemption], day: date, law: Law
) -> tuple[Grant, ...]:
    """Flag a type that stands in the register on more days of the year than it may (R002-09).

    The issuer keeps the quota, so the record is honoured (F-AMB-13).
    """
    by_hand = law.pack.answer("quotum") == "nazicht"
    return tuple(
        grant._replace(marks=(QUOTA,), doubt=grant.doubt or (TOO_MANY if by_hand else None))
        if grant.type.days_a_year
        and days_of(grant.type, records, day, law) > grant.type.days_a_year
        else grant
        for grant in grants
    )


def days_of(kind: RecordType, records: Sequence[Exemption], day: date, law: Law) -> int:
    """Return on how many days of a calendar year records of a type begin here."""
    begins = {
        civil_day(record.valid_from, law.pack.timezone)
        for record in records
        if record.status == GRANTED
        and kind.covers(record.type.upper())
        and law.zone.within_scope(record.scope)
    }
    return sum(begun.year == day.year for begun in begins)

"""A vehicle as a passage record tells of it, which may be less than the box knew. Pure."""

from datetime import date

from edge.access.calendar import civil_day
from edge.access.records import Grant, standing
from edge.access.rules import Law
from edge.access.whatif import Born, Prospect, any_time_before, prospect
from edge.counts.vehicle import Scope, scope_of
from edge.counts.words import READ
from edge.record.message import ExemptionRecord, PassageRecord, VehicleRecord
from edge.types import BodyCode, Exemption, Outcome, Vehicle, VehicleKind

YEAR = 4
"""The length of a first registration of which only the year was told."""
THIS, ANOTHER = "this vehicle", "another vehicle"
"""Whose an exemption is: a record tells no more of it (F-AMB-25)."""


def scope_in(record: PassageRecord, law: Law) -> Scope:
    """Return whether a recorded passage is in scope; a trailer has no vehicle and is out."""
    known = record.vehicle
    if record.outcome == Outcome.OUT_OF_SCOPE and record.rule == "SCOPE":
        return Scope.OUT
    if record.rule == READ or known is None or not known.found:
        return Scope.UNKNOWN
    return scope_of(vehicle_in(known), law.pack)


def prospect_of(record: PassageRecord, law: Law, day: date) -> Prospect:
    """Judge a recorded passage by the rules of another day.

    Raises ValueError when the record tells no vehicle, or one that cannot be.
    """
    if record.vehicle is None:
        raise ValueError("the record tells no vehicle")
    seen_on = civil_day(record.seen_first, law.pack.timezone)
    grants = grants_in(record, record.vehicle, seen_on, law)
    known = vehicle_in(record.vehicle)
    return prospect(known, born_in(record.vehicle, seen_on), grants, day, law.pack)


def vehicle_in(told: VehicleRecord) -> Vehicle:
    """Return the attributes of a record; a year alone is an interval and no date.

    Raises ValueError.
    """
    codes = told.body_codes
    return Vehicle(
        category=told.category,
        kind=None if told.kind is None else VehicleKind(told.kind),
        max_mass_kg=told.max_mass_kg,
        reference_mass_kg=told.reference_mass_kg,
        fuels=None if told.fuels is None else frozenset(told.fuels),
        hybrid_class=told.hybrid_class,
        zero_emission=told.zero_emission,
        euro=told.euro,
        stage=told.stage,
        power_kw=told.power_kw,
        first_registration=exact(told.first_registration),
        body_codes=None if codes is None else frozenset(BodyCode(*code) for code in codes),
        first_known_use=exact(told.first_known_use),
        eev=told.eev,
        ref=THIS,
    )


def exact(text: str | None) -> date | None:
    """Return a date, None for a year alone. Raises ValueError."""
    return None if text is None or len(text) == YEAR else date.fromisoformat(text)


def born_in(told: VehicleRecord, seen_on: date) -> Born:
    """Return the days on which the vehicle may first have been registered. Raises ValueError."""
    text = told.first_registration
    if text is None or len(text) != YEAR:
        return any_time_before(seen_on)
    year = int(text)
    return Born(date(year, 1, 1), max(date(year, 1, 1), min(date(year, 12, 31), seen_on)))


def grants_in(
    record: PassageRecord, told: VehicleRecord, seen_on: date, law: Law
) -> tuple[Grant, ...]:
    """Return the registered records that held at the passage.

    A record that is not told in full is known by the type that opened the zone.
    """
    if told.exemptions:
        full = [exemption_in(exemption) for exemption in told.exemptions]
        return standing(full, record.seen_first, seen_on, law, THIS)
    opened = record.outcome in (Outcome.EXEMPT, Outcome.PERMITTED)
    return tuple(Grant(kind) for kind in law.pack.types if opened and kind.code == record.rule)


def exemption_in(told: ExemptionRecord) -> Exemption:
    """Return a registered record as it was told."""
    return Exemption(
        record_id=told.id,
        source=told.source,
        type=told.type,
        status=told.status,
        scope=None if told.scope is None else frozenset(told.scope),
        valid_from=told.valid_from,
        valid_to=told.valid_to,
        requested_at=told.requested_at,
        vehicle_ref=ANOTHER if told.other_vehicle else None,
    )

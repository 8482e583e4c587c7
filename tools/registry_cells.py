"""What a row of an attribute or exemption table becomes: cells, and tokens instead of plates."""

import re
from collections.abc import Mapping
from datetime import MAXYEAR, UTC, date, datetime
from typing import NamedTuple

from edge.registry.attributes import TIMEZONE, RefusedError, exemption, moment, vehicle
from edge.registry.schema import KindRow, kind_row
from edge.registry.token import normalised, reference, token
from edge.types import Exemption
from tools.registry_rows import refuse_uneven

ZONE_OPTION = "--zone"
COUNTRY = re.compile("[A-Z]{2}")
PLATE = re.compile("[A-Z0-9ÄÖÜ]{1,10}")
GERMAN = re.compile("(?=.{3,11}$)[A-Z0-9ÄÖÜ]+-[A-Z0-9ÄÖÜ]+")
"""Without its hyphen a German key would stand for B-MW 12 and for BM-W 12."""
SPACED = re.compile(r"\w+\s+\w")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPAQUE = {
    "NL-ON-HANDICAP": "NL-ON-PERSOON",
    "NL-VR-ROLSTOEL": "NL-VR-PERSOON",
    "FL-VR-ROLSTOEL": "FL-VR-PERSOON",
}
"""Types that say something of a person's health keep only their effect (CONTRACTS 5)."""
ExemptionCells = tuple[int | str | None, ...]
"""The columns of `exemptions` after the token."""


class VehicleCells(NamedTuple):
    """The columns of `vehicles` after the token, with the kind spelled out."""

    valid_from: int
    valid_to: int | None
    kind: KindRow
    first_registered: int | None
    max_mass_kg: int | None
    reference_mass_kg: int | None
    first_used: int | None
    ref: int | None


def vehicle_cells(key: bytes, row: Mapping[str, str]) -> VehicleCells:
    """Read a row of attributes. Raises ValueError, OverflowError."""
    refuse_uneven(row)
    found = vehicle(row)
    start, end = validity(row)
    return VehicleCells(
        start,
        end,
        kind_row(found),
        days(found.first_registration),
        found.max_mass_kg,
        found.reference_mass_kg,
        days(found.first_known_use),
        reference_of(key, found.ref),
    )


def exemption_cells(
    key: bytes, zones: frozenset[str], row: Mapping[str, str]
) -> tuple[int, ExemptionCells]:
    """Read a record and the token of its plate; `zones` is what a scope may name, in lower case.

    Raises ValueError, OverflowError.
    """
    refuse_uneven(row)
    record = exemption(row)
    if not {name.casefold() for name in record.scope or ()} <= zones:
        cause = f"names what is no known zone or municipality; add it with {ZONE_OPTION}"
        raise RefusedError("scope", cause)
    return key_of(key, row), record_cells(key, record)


def record_cells(key: bytes, record: Exemption) -> ExemptionCells:
    """Return a record as columns."""
    ends = None if record.valid_to is None else seconds(record.valid_to)
    asked = None if record.requested_at is None else seconds(record.requested_at)
    return (
        record.record_id,
        record.source,
        OPAQUE.get(record.type, record.type),
        record.status,
        None if record.scope is None else "+".join(sorted(record.scope)),
        seconds(record.valid_from),
        ends,
        asked,
        reference_of(key, record.vehicle_ref),
    )


def reference_of(key: bytes, name: str | None) -> int | None:
    """Return what the file holds of the name of a vehicle."""
    return None if name is None else reference(key, name)


def country_of(row: Mapping[str, str | None]) -> str:
    """Return the country of a row. Raises RefusedError."""
    country = (row["country"] or "").strip().upper()
    if not COUNTRY.fullmatch(country):
        raise RefusedError("country", "is not an ISO 3166 alpha-2 code")
    return country


def key_of(key: bytes, row: Mapping[str, str | None]) -> int:
    """Return the token of a row. Raises RefusedError when it names no plate."""
    country, plate = country_of(row), row["plate"] or ""
    if not well_formed(country, plate):
        raise RefusedError("plate", "is empty, or not written as its country writes plates")
    return token(key, country, plate)


def well_formed(country: str, plate: str) -> bool:
    """True for a plate whose key a camera may read."""
    key = normalised(country, plate)
    if country != "DE":
        return PLATE.fullmatch(key) is not None
    # B MW-12 has its hyphen elsewhere: its key would be that of a district BMW.
    parted = SPACED.match(plate.strip()) is not None
    return GERMAN.fullmatch(key) is not None and not parted


def validity(row: Mapping[str, str]) -> tuple[int, int | None]:
    """Return when a plate belongs to this vehicle; empty is always. Raises ValueError."""
    start, end = row["valid_from"].strip(), row["valid_to"].strip()
    since = seconds(moment("valid_from", start, TIMEZONE)) if start else 0
    # The year 9999 is how tables write "no end".
    ends = bool(end) and not end.startswith(str(MAXYEAR))
    until = seconds(moment("valid_to", end, TIMEZONE)) if ends else None
    if until is not None and until <= since:
        raise RefusedError("valid_to", "does not lie after valid_from")
    return since, until


def days(at: date | None) -> int | None:
    """Return a date as days since 1970, None for an unknown one."""
    return None if at is None else (at - EPOCH.date()).days


def seconds(at: datetime) -> int:
    """Return a moment as whole seconds since 1970."""
    return int((at - EPOCH).total_seconds())

"""Rows as they lie in a registry file, every cell checked again. Pure.

A cell that is not what the builder writes raises ValueError, so that it becomes a review: a
status, scope or norm that was half understood would accuse.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from edge.registry.attributes import CATEGORY, FUELS, HYBRIDS, NATIONAL, STAGES, STATUSES
from edge.types import Exemption, Vehicle

EPOCH = date(1970, 1, 1).toordinal()
NORMS = range(8)
MOST_CODES = 1000
"""Characters of all body codes of a vehicle: its record tells them, and has its limit."""


def whole(name: str, cell: object) -> int:
    """Return a whole number. Raises ValueError."""
    if not isinstance(cell, int):
        raise ValueError(f"{name} is not a whole number")
    return cell


def optional(name: str, cell: object) -> int | None:
    """Return a whole number, None for an empty cell. Raises ValueError."""
    return None if cell is None else whole(name, cell)


def word(name: str, cell: object) -> str:
    """Return a text that is not empty. Raises ValueError."""
    if not isinstance(cell, str) or not cell:
        raise ValueError(f"{name} is not a text")
    return cell


def moment(name: str, cell: object) -> datetime:
    """Return seconds since 1970 as UTC. Raises ValueError, OverflowError, OSError."""
    return datetime.fromtimestamp(whole(name, cell), UTC)


def holds(start: object, end: object, seen: float) -> bool:
    """True when a vehicle holds its plate at a moment. Raises ValueError."""
    last = optional("valid_to", end)
    return whole("valid_from", start) <= seen and (last is None or seen < last)


def day(name: str, cell: object) -> date | None:
    """Return days since 1970 as a date. Raises ValueError, OverflowError."""
    days = optional(name, cell)
    return None if days is None else date.fromordinal(EPOCH + days)


def reference(name: str, cell: object) -> str | None:
    """Return the keyed hash of a vehicle's name as text. Raises ValueError."""
    found = optional(name, cell)
    return None if found is None else str(found)


def mass(name: str, cell: object) -> int | None:
    """Return a positive mass, None for an unknown one. Raises ValueError."""
    found = optional(name, cell)
    if found is not None and found <= 0:
        raise ValueError(f"{name} is not positive")
    return found


def exemption(row: Sequence[object]) -> Exemption:
    """Return a record from its row. Raises ValueError, OverflowError, OSError."""
    record_id, source, kind, status, scope, start, end, asked, other = row
    if status not in STATUSES:
        raise ValueError("an exemption has an unknown status")
    begins = moment("valid_from", start)
    ends = None if end is None else moment("valid_to", end)
    if ends is not None and ends <= begins:
        raise ValueError("an exemption ends before it begins")
    return Exemption(
        record_id=word("record_id", record_id),
        source=source if source == "" else word("source", source),
        type=word("type", kind),
        status=word("status", status),
        scope=None if scope is None else names(word("scope", scope)),
        valid_from=begins,
        valid_to=ends,
        requested_at=None if asked is None else moment("requested_at", asked),
        vehicle_ref=reference("vehicle_ref", other),
    )


def names(scope: str) -> frozenset[str]:
    """Return the zones of a scope. Raises ValueError."""
    found = frozenset(scope.split("+"))
    if not all(name.strip() for name in found):
        raise ValueError("scope names no zone")
    if not NATIONAL.isdisjoint(name.strip().casefold() for name in found):
        raise ValueError("a scope of every zone is not written as a zone")
    return found


def sound(kind: Vehicle) -> Vehicle:
    """Return the shared part of a vehicle whose words are all known. Raises ValueError."""
    codes = kind.body_codes or ()
    known = {
        "category": kind.category is None or CATEGORY.fullmatch(kind.category) is not None,
        "fuels": kind.fuels is None or kind.fuels <= FUELS,
        "hybrid_class": kind.hybrid_class is None or kind.hybrid_class in HYBRIDS,
        "euro": kind.euro is None or (isinstance(kind.euro, int) and kind.euro in NORMS),
        "eev": not kind.eev or kind.euro is None,
        "stage": kind.stage is None or kind.stage in STAGES,
        "power_kw": kind.power_kw is None or 0 < kind.power_kw < 10_000,
        "body_codes": all(code.system and code.code for code in codes)
        and sum(len(code.system) + len(code.code) for code in codes) <= MOST_CODES,
    }
    if strange := [name for name, holds in known.items() if not holds]:
        raise ValueError(f"{strange[0]} of a vehicle is not known")
    return kind

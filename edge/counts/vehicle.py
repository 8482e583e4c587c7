"""What is counted of a vehicle: its scope, kind, class, fuel and year, in closed words. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from edge.access.possible import places, possible_energies
from edge.access.rules import OUTSIDE, STAGES, ZERO_EMISSION, RulePack
from edge.types import Vehicle

UNKNOWN, OTHER = "unknown", "other"
CLEAN_FUELS = frozenset({"electric", "hydrogen"})
FIRST_YEAR, LAST_YEAR = 1900, 2099
SIZES = {
    **dict.fromkeys(("van", "N1"), "van"),
    **dict.fromkeys(("bakwagen", "trekker", "N2", "N3"), "truck"),
    "T": "agricultural",
}
"""Vans and trucks are reported apart (R000-05); Flanders knows the tractors of category T too."""


class Scope(StrEnum):
    """Whether a passage belongs to the denominators (R000-05)."""

    IN = "in_scope"
    OUT = "out_of_scope"
    UNKNOWN = "unknown_scope"


def scope_of(vehicle: Vehicle, pack: RulePack) -> Scope:
    """Return whether the category of a vehicle is one that the zone concerns.

    A category that the law names nowhere (F-AMB-18) is neither in nor out.
    """
    if vehicle.category is None:
        return Scope.UNKNOWN
    if vehicle.category.startswith(pack.outside):
        return Scope.OUT
    concerned = vehicle.category.startswith(named(pack))
    return Scope.IN if concerned else Scope.UNKNOWN


def named(pack: RulePack) -> tuple[str, ...]:
    """Return the categories that the groups of a pack name."""
    return tuple(sorted({category for group in pack.groups for category in group.categories}))


def kind_of(vehicle: Vehicle, pack: RulePack) -> str:
    """Return the Dutch vehicle kind where the pack has kinds, the EU category elsewhere."""
    if any(group.kind is not None for group in pack.groups):
        groups = {group for group, _, _ in places(vehicle, pack)} - {OUTSIDE}
        return groups.pop() if len(groups) == 1 else UNKNOWN
    category = vehicle.category or ""
    return next((name for name in named(pack) if category.startswith(name)), UNKNOWN)


def size_of(kind: str) -> str:
    """Return van, truck or agricultural; `other` where the kind is not known."""
    return SIZES.get(kind, OTHER)


def class_of(vehicle: Vehicle, pack: RulePack) -> str:
    """Return Z, the stage of a tractor, EEV, or the Euro norm (emission class) as a digit."""
    if possible_energies(vehicle, pack) == {ZERO_EMISSION}:
        return "Z"
    if any(staged for _, _, staged in places(vehicle, pack)):
        return vehicle.stage if vehicle.stage in STAGES else UNKNOWN
    if vehicle.eev:
        return "EEV"
    return str(vehicle.euro) if vehicle.euro in range(8) else UNKNOWN


def fuel_of(vehicle: Vehicle, pack: RulePack) -> str:
    """Return the fuels joined by "+", in alphabetical order."""
    known = CLEAN_FUELS | pack.fuels.keys()
    fuels = {word(fuel, known) for fuel in vehicle.fuels or ()}
    return "+".join(sorted(fuels)) or UNKNOWN


def year_of(vehicle: Vehicle) -> str:
    """Return the year of the earliest date known: never the day (RULES 6, F-AMB-05)."""
    known = [day for day in (vehicle.first_registration, vehicle.first_known_use) if day]
    return year(min(known).year) if known else UNKNOWN


def year(number: int) -> str:
    """Return a year as a value; one that no vehicle can have is no year."""
    return str(number) if FIRST_YEAR <= number <= LAST_YEAR else UNKNOWN


def word(value: str, known: Iterable[str]) -> str:
    """Return a value of a closed list, `other` for any text that is not on it.

    A plate, or a cell of a register with a plate in it, can be no value of a figure.
    """
    return value if value in known else OTHER

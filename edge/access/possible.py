"""Every combination of inputs that a vehicle may stand for: RULES 1.3. Pure.

An unknown input becomes the values beside every edge of the tables, so that no answer the
law could give is left out.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import product

from edge.access.calendar import anniversary
from edge.access.condition import Condition, Point
from edge.access.rules import OUTSIDE, STAGES, ZERO_EMISSION, Group, RulePack
from edge.types import BodyCode, Vehicle

OLDEST = date(1900, 1, 1).toordinal()
NORMS = range(8)
CLEAN_FUELS = frozenset({"electric", "hydrogen"})
COMBUSTION_HYBRIDS = frozenset({"OVC-HEV", "NOVC-HEV"})
FUEL_CELL_HYBRIDS = frozenset({"OVC-FCHV", "NOVC-FCHV"})


def points(vehicle: Vehicle, day: int, pack: RulePack) -> Iterator[Point]:
    """Yield the combinations that a vehicle can have; none where its data contradict."""
    for at in every_point(vehicle, day, pack):
        if not any(row.holds(at) for row in pack.impossible):
            yield at


def every_point(vehicle: Vehicle, day: int, pack: RulePack) -> Iterator[Point]:
    """Yield the product of the possible values on every axis."""
    energies = possible_energies(vehicle, pack)
    for group, category, staged in places(vehicle, pack):
        rows = conditions(pack, group)
        axes = product(
            first_days(vehicle, day, rows),
            energies,
            norms(vehicle, staged),
            powers(vehicle, rows),
            codes(vehicle, pack),
        )
        for first, energy, norm, power, body in axes:
            yield Point(group, category, day, first, energy, norm, power, body)


def places(vehicle: Vehicle, pack: RulePack) -> list[tuple[str, str, bool]]:
    """Return (group, category, staged) of every group the vehicle may belong to."""
    if vehicle.category is not None and vehicle.category.startswith(pack.outside):
        return [(OUTSIDE, vehicle.category, False)]
    found = [
        (group.id, category, group.staged)
        for group in pack.groups
        if group.may_hold(vehicle)
        for category in categories(vehicle, group)
    ]
    if vehicle.category is None:
        found.append((OUTSIDE, "", False))
    return list(dict.fromkeys(found))


def categories(vehicle: Vehicle, group: Group) -> tuple[str, ...]:
    """Return the category, or all those of the group where it is unknown."""
    return group.categories if vehicle.category is None else (vehicle.category,)


def conditions(pack: RulePack, group: str) -> list[Condition]:
    """Return every condition that may decide within a group."""
    rows = (*pack.tables.get(group, ()), *pack.exemptions)
    whens = [row.when for row in rows] + list(pack.impossible)
    return [when for when in whens if when.groups is None or group in when.groups]


def first_days(vehicle: Vehicle, day: int, rows: Iterable[Condition]) -> tuple[int, ...]:
    """Return the first registration, or days on both sides of every edge up to the passage."""
    if vehicle.first_registration is not None:
        return (vehicle.first_registration.toordinal(),)
    edges = {OLDEST, day}
    for when in rows:
        edges |= when.first.edges
        edges |= {born_before(day, years) for years in (when.younger_than, when.years_old) if years}
    near = {edge + step for edge in edges for step in (-1, 0, 1)}
    return tuple(sorted(first for first in near if first <= day))


def born_before(day: int, years: int) -> int:
    """Return the latest first registration whose n-th anniversary has come by a day."""
    born = date.fromordinal(day).replace(day=1)
    born = born.replace(year=born.year - years)
    first = born.toordinal()
    while anniversary(first + 1, years) <= day:
        first += 1
    return first


def norms(vehicle: Vehicle, staged: bool) -> Iterable[int]:
    """Return the Euro norm (or the place of the stage), or all of them."""
    if staged:
        stage = vehicle.stage
        return (STAGES.index(stage),) if stage in STAGES else range(len(STAGES))
    return NORMS if vehicle.euro is None else (vehicle.euro,)


def powers(vehicle: Vehicle, rows: Iterable[Condition]) -> Iterable[float]:
    """Return the engine power in kW, or values on both sides of every edge."""
    if vehicle.power_kw is not None:
        return (vehicle.power_kw,)
    edges = {edge for when in rows for edge in when.power.edges}
    return sorted({edge + step for edge in edges for step in (-1, 0, 1)}) or (0,)


def codes(vehicle: Vehicle, pack: RulePack) -> tuple[frozenset[BodyCode], ...]:
    """Return the body codes, or none and all: more codes can only open more."""
    if vehicle.body_codes is not None:
        return (vehicle.body_codes,)
    return (frozenset(), pack.codes)


def possible_energies(vehicle: Vehicle, pack: RulePack) -> frozenset[str]:
    """Return what may drive the vehicle, in the words of the tables.

    Plug-in hybrids are never zero-emission (R004-14); a hydrogen engine is only where the
    register says so (F-AMB-08); contradictions count as unknown.
    """
    free = frozenset({ZERO_EMISSION})
    fuels = vehicle.fuels
    if not fuels:
        known = {None: pack.energies, True: free, False: pack.energies - free}
        return known[vehicle.zero_emission]
    if fuels <= CLEAN_FUELS:
        return free if runs_clean(vehicle) else pack.energies
    if vehicle.zero_emission or "hydrogen" in fuels:
        return free | burnt(fuels, pack)
    return burnt(fuels, pack)


def runs_clean(vehicle: Vehicle) -> bool:
    """True when electricity or a fuel cell drives the vehicle and nothing contradicts it."""
    if vehicle.zero_emission is not None:
        return vehicle.zero_emission
    if vehicle.hybrid_class in COMBUSTION_HYBRIDS:
        return False
    return vehicle.hybrid_class in FUEL_CELL_HYBRIDS or "electric" in (vehicle.fuels or ())


def burnt(fuels: frozenset[str], pack: RulePack) -> frozenset[str]:
    """Return the words for the fuels that are burnt; an unknown fuel may be any."""
    burning = fuels - CLEAN_FUELS
    if not burning <= pack.fuels.keys():
        return pack.energies
    return frozenset().union(*(pack.fuels[fuel] for fuel in burning))

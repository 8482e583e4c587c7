"""Every combination of inputs that a vehicle may stand for: RULES 1.3. Pure.

An unknown input becomes the values beside every edge of the tables, so that no answer the
law could give is left out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import product

from edge.access.calendar import anniversary
from edge.access.condition import NO_SIGNS, Condition, Point, Signs
from edge.access.rules import (
    NORMS,
    OUTSIDE,
    STAGES,
    ZERO_EMISSION,
    Edges,
    Group,
    RulePack,
    within,
)
from edge.types import BodyCode, Vehicle

HYDROGEN: dict[str, Callable[[frozenset[str]], frozenset[str]]] = {
    "register_of_nazicht": lambda burning: burning | {ZERO_EMISSION},
    "register_of_niet": lambda burning: burning,
    "emissievrij": lambda burning: frozenset({ZERO_EMISSION}),
}
"""What an engine that burns hydrogen may be where no register says (F-AMB-08, N-AMB-13)."""
NO_CODES: frozenset[BodyCode] = frozenset()
OLDEST = date(1900, 1, 1).toordinal()
CLEAN_FUELS = frozenset({"electric", "hydrogen"})
HYDROGEN_ALONE = frozenset({"hydrogen"})
PLUG_IN = "OVC-HEV"
COMBUSTION_HYBRIDS = frozenset({"OVC-HEV", "NOVC-HEV"})
FUEL_CELL_HYBRIDS = frozenset({"OVC-FCHV", "NOVC-FCHV"})


def points(
    vehicle: Vehicle, day: int, pack: RulePack, signs: Signs = NO_SIGNS, derive: bool = False
) -> Iterator[Point]:
    """Yield the combinations that a vehicle can have; none where its data contradict.

    With `derive` a norm that is not registered is what the first registration stands for.
    """
    for at in every_point(vehicle, day, pack, signs, derive):
        # What else the register says of a vehicle that is no concern here does not matter.
        if at.group == OUTSIDE or not any(row.holds(at) for row in pack.impossible):
            yield at


def every_point(
    vehicle: Vehicle, day: int, pack: RulePack, signs: Signs, derive: bool
) -> Iterator[Point]:
    """Yield the product of the possible values on every axis."""
    energies = possible_energies(vehicle, pack)
    fixed = (vehicle.reference_mass_kg, vehicle.fuels or frozenset(), signs, unknown(vehicle))
    for group, category, staged in places(vehicle, pack):
        if group == OUTSIDE:  # nothing else matters there
            yield Point(group, category, day, day, ZERO_EMISSION, 0, 0, NO_CODES, *fixed)
            continue
        axes = product(
            dates(vehicle, day, group, staged, pack, derive),
            energies,
            powers(vehicle, pack.edges[group]),
            codes(vehicle, pack),
        )
        for (first, norm), energy, power, body in axes:
            yield Point(group, category, day, first, energy, norm, power, body, *fixed)


def unknown(vehicle: Vehicle) -> frozenset[str]:
    """Return the names of the inputs that the register does not hold, as questions use them."""
    known = {
        "norm": vehicle.euro is not None or vehicle.eev,
        "fase": vehicle.stage is not None,
        "referentiemassa": vehicle.reference_mass_kg is not None,
        "maximum_massa": vehicle.max_mass_kg is not None,
        "vermogen": vehicle.power_kw is not None,
        "eerste_datum": vehicle.first_registration is not None,
    }
    return frozenset(name for name, there in known.items() if not there)


def dates(
    vehicle: Vehicle,
    day: int,
    group: str,
    staged: bool,
    pack: RulePack,
    derive: bool,
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of first registration and norm that may go together."""
    for first in first_days(vehicle, day, pack.edges[group], pack):
        found = derived(vehicle, first, group, pack) if derive and not staged else ()
        for norm in found or norms(vehicle, staged, pack):
            yield first, norm


def derived(vehicle: Vehicle, first: int, group: str, pack: RulePack) -> Sequence[int]:
    """Return what a first registration says of the norm; several where the mass is unknown."""
    at = Point(group, vehicle.category or "", first, first, "", 0, 0, frozenset())
    mass = vehicle.reference_mass_kg
    return sorted(
        {
            row.norm
            for row in pack.derived_norms
            if within(row.reference_mass, mass) and row.when.holds(at)
        }
    )


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


def edges_of(pack: RulePack, group: str) -> Edges:
    """Return where an answer within a group can change: computed once for a pack."""
    whens = conditions(pack, group)
    ages = {years for when in whens for years in (when.younger_than, when.years_old) if years}
    return Edges(
        frozenset(edge for when in whens for edge in when.first.edges),
        frozenset(edge for when in whens for edge in when.power.edges),
        frozenset(ages),
    )


def conditions(pack: RulePack, group: str) -> list[Condition]:
    """Return every condition that may decide within a group."""
    rows = (*pack.tables.get(group, ()), *pack.exemptions)
    whens = [row.when for row in rows] + list(pack.impossible)
    whens += [norm.when for norm in pack.derived_norms] + [touch.when for touch, _ in pack.weighed]
    ends = {kind.years_after_first for kind in pack.types} - {None}
    whens += [Condition(years_old=years) for years in ends]
    return [when for when in whens if when.groups is None or group in when.groups]


def first_days(vehicle: Vehicle, day: int, edges: Edges, pack: RulePack) -> tuple[int, ...]:
    """Return the first registration, or days on both sides of every edge up to the passage.

    Of two dates that a register knows the earlier one counts (F-AMB-05).
    """
    known = [vehicle.first_registration]
    if pack.answer("eerste_datum") == "vroegste":
        known.append(vehicle.first_known_use)
    if found := [date.toordinal() for date in known if date is not None]:
        return (min(found),)
    places = {OLDEST, day, *edges.firsts, *(born_before(day, years) for years in edges.ages)}
    near = {place + step for place in places for step in (-1, 0, 1)}
    return tuple(sorted(first for first in near if first <= day))


def apart(one: date, other: date, day: int, pack: RulePack) -> bool:
    """True when an edge of the pack lies at or between two dates of first registration."""
    first, last = sorted((one.toordinal(), other.toordinal()))
    edges = pack.edges[OUTSIDE]
    if any(first - 1 <= edge <= last + 1 for edge in edges.firsts):
        return True
    ages = ((anniversary(first, years), anniversary(last, years)) for years in edges.ages)
    return any(early <= day < late for early, late in ages)


def born_before(day: int, years: int) -> int:
    """Return the latest first registration whose n-th anniversary has come by a day."""
    born = date.fromordinal(day).replace(day=1)
    born = born.replace(year=born.year - years)
    first = born.toordinal()
    while anniversary(first + 1, years) <= day:
        first += 1
    return first


def norms(vehicle: Vehicle, staged: bool, pack: RulePack) -> Iterable[int]:
    """Return the Euro norm (or the place of the stage), or all of them."""
    if staged:
        stage = vehicle.stage
        return (STAGES.index(stage),) if stage in STAGES else range(len(STAGES))
    if vehicle.eev:
        return [int(norm) for norm in pack.answer("eev").split("_of_")]
    return NORMS if vehicle.euro is None else (vehicle.euro,)


def powers(vehicle: Vehicle, edges: Edges) -> Iterable[float]:
    """Return the engine power in kW, or values on both sides of every edge."""
    if vehicle.power_kw is not None:
        return (vehicle.power_kw,)
    return sorted({edge + step for edge in edges.powers for step in (-1, 0, 1)}) or (0,)


def codes(vehicle: Vehicle, pack: RulePack) -> tuple[frozenset[BodyCode], ...]:
    """Return the body codes, or none and all: more codes can only open more."""
    if vehicle.body_codes is not None:
        return (vehicle.body_codes,)
    return (frozenset(), pack.codes)


def possible_energies(vehicle: Vehicle, pack: RulePack) -> frozenset[str]:
    """Return what may drive the vehicle, in the words of the tables.

    Plug-in hybrids are not zero-emission (R004-14), unless the pack says so (R004-15);
    contradictions count as unknown.
    """
    free = frozenset({ZERO_EMISSION})
    if vehicle.hybrid_class == PLUG_IN and pack.answer("plug_in_hybride") == ZERO_EMISSION:
        return free
    fuels = vehicle.fuels
    if not fuels:
        known = {None: pack.energies, True: free, False: pack.energies - free}
        return known[vehicle.zero_emission]
    if fuels <= CLEAN_FUELS and not burns_hydrogen(vehicle):
        return free if runs_clean(vehicle) else pack.energies
    burning = burnt(fuels, pack) if fuels - CLEAN_FUELS else pack.energies - free
    if vehicle.zero_emission:
        return free if fuels <= CLEAN_FUELS else free | burning
    if vehicle.zero_emission is None and "hydrogen" in fuels:
        return HYDROGEN[pack.answer("waterstofmotor")](burning)
    return burning


def burns_hydrogen(vehicle: Vehicle) -> bool:
    """True for hydrogen without electricity or a fuel cell: an engine that burns it."""
    fuel_cell = vehicle.hybrid_class in FUEL_CELL_HYBRIDS
    return vehicle.fuels == HYDROGEN_ALONE and not fuel_cell


def runs_clean(vehicle: Vehicle) -> bool:
    """True when electricity or a fuel cell drives the vehicle and nothing contradicts it."""
    if vehicle.zero_emission is not None:
        return vehicle.zero_emission
    return vehicle.hybrid_class not in COMBUSTION_HYBRIDS


def burnt(fuels: frozenset[str], pack: RulePack) -> frozenset[str]:
    """Return the words for the fuels that are burnt; an unknown fuel may be any."""
    burning = fuels - CLEAN_FUELS
    if not burning <= pack.fuels.keys():
        return pack.energies
    return frozenset().union(*(pack.fuels[fuel] for fuel in burning))

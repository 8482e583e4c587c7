"""The values of a fact that are worth trying: one on each side of every edge of a pack. Pure."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from edge.access.condition import Condition
from edge.access.decide import FIRST_CARS
from edge.access.outlook import conditions
from edge.access.possible import CLEAN_FUELS, born_before
from edge.access.rules import NORMS, STAGES, RulePack
from edge.types import BodyCode, Vehicle, VehicleKind

Value: TypeAlias = int | date | str
Trials: TypeAlias = list[tuple[tuple[Value, ...], Vehicle]]
"""Values of one fact that no row can tell apart, and a vehicle that has the first of them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a vehicle: is it known, what could it be, and have its values an order."""

    known: Callable[[Vehicle], bool]
    values: Callable[[Vehicle, RulePack, date], Trials]
    ordered: bool = True


def beside(edges: set[int]) -> list[int]:
    """Return zero and, for every edge, the numbers on both sides of it."""
    return sorted({0} | {edge + step for edge in edges for step in (-1, 0, 1)}) if edges else []


def max_masses(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return permitted maximum masses in kg."""
    near = beside({edge for group in pack.groups for edge in group.max_mass.edges})
    return [((mass,), replace(vehicle, max_mass_kg=mass)) for mass in near]


def reference_masses(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return reference masses in kg."""
    near = beside({edge for group in pack.groups for edge in group.reference_mass.edges})
    return [((mass,), replace(vehicle, reference_mass_kg=mass)) for mass in near]


def powers(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return engine powers in kW."""
    near = beside({edge for when in conditions(pack) for edge in when.power.edges})
    return [((power,), replace(vehicle, power_kw=power)) for power in near]


def norms(vehicle: Vehicle, _: RulePack, __: date) -> Trials:
    """Return every Euro norm."""
    return [((norm,), replace(vehicle, euro=norm, eev=False)) for norm in NORMS]


def stages(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return every stage, where a pack asks for one."""
    if not any(group.staged for group in pack.groups):
        return []
    return [((stage,), replace(vehicle, stage=stage)) for stage in STAGES]


def first_days(vehicle: Vehicle, pack: RulePack, day: date) -> Trials:
    """Return first registrations up to a day, beside every date and age that a row names."""
    whens, today = conditions(pack), day.toordinal()
    edges = {today} | {edge for when in whens for edge in when.first.edges}
    edges |= {born_before(today, years) for when in whens for years in ages(when)}
    oldest = FIRST_CARS.toordinal()
    near = sorted({edge + step for edge in edges for step in (-1, 0, 1)})
    days = [date.fromordinal(first) for first in near if oldest <= first <= today]
    return [((first,), replace(vehicle, first_registration=first)) for first in days]


def ages(when: Condition) -> list[int]:
    """Return the ages in years that a condition names."""
    return [years for years in (when.younger_than, when.years_old) if years is not None]


def categories(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return the categories that a pack speaks of."""
    inside = (category for group in pack.groups for category in group.categories)
    names = sorted({*inside, *pack.outside})
    return [((name,), replace(vehicle, category=name)) for name in names]


def kinds(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return the Dutch kinds, where a pack asks for one."""
    if not any(group.kind for group in pack.groups):
        return []
    return [((kind.value,), replace(vehicle, kind=kind)) for kind in VehicleKind]


def fuels(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return every fuel; those for which a pack has the same words are tried once."""
    alike: defaultdict[object, list[str]] = defaultdict(list)
    for name in sorted(CLEAN_FUELS | pack.fuels.keys()):
        alike[pack.fuels.get(name, name)].append(name)
    return [
        (tuple(names), replace(vehicle, fuels=frozenset(names[:1]))) for names in alike.values()
    ]


def emission(vehicle: Vehicle, _: RulePack, __: date) -> Trials:
    """Return a register that says yes, and one that says no."""
    words = {"no": False, "yes": True}
    return [((word,), replace(vehicle, zero_emission=says)) for word, says in words.items()]


def bodies(vehicle: Vehicle, pack: RulePack, _: date) -> Trials:
    """Return no more body codes than are known, and each that matters beside them.

    Codes that stand in the same rows are tried once.
    """
    held: frozenset[BodyCode] = vehicle.body_codes or frozenset()
    alike: defaultdict[object, list[BodyCode]] = defaultdict(list)
    for code in sorted(pack.codes - held):
        alike[tuple(code in (row.when.codes or ()) for row in pack.exemptions)].append(code)
    more = [
        (
            tuple(f"{code.system}:{code.code}" for code in codes),
            replace(vehicle, body_codes=held | {codes[0]}),
        )
        for codes in alike.values()
    ]
    return [(("-",), replace(vehicle, body_codes=held)), *more]


def burns(vehicle: Vehicle) -> bool:
    """True when a fuel is known that no zero-emission vehicle burns (R004-14)."""
    return bool(vehicle.fuels and not vehicle.fuels <= CLEAN_FUELS)


FACTS: dict[str, Fact] = {
    "category": Fact(lambda one: one.category is not None, categories, ordered=False),
    "vehicle_kind": Fact(lambda one: one.kind is not None, kinds, ordered=False),
    "max_mass_kg": Fact(lambda one: one.max_mass_kg is not None, max_masses),
    "reference_mass_kg": Fact(lambda one: one.reference_mass_kg is not None, reference_masses),
    "fuel": Fact(lambda one: one.fuels is not None, fuels, ordered=False),
    "is_ze": Fact(lambda one: burns(one) or one.zero_emission is not None, emission, ordered=False),
    "euro_norm": Fact(lambda one: one.euro is not None or one.eev, norms),
    "stage": Fact(lambda one: one.stage is not None, stages),
    "power_kw": Fact(lambda one: one.power_kw is not None, powers),
    "first_registration": Fact(lambda one: one.first_registration is not None, first_days),
    "body_codes": Fact(lambda one: one.body_codes is not None, bodies, ordered=False),
}
"""Every fact, by its name on the command line, in the order in which a person asks."""

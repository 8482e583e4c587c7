"""Proof that a table answers every input, once: gaps, overlaps and dead rows. Pure.

The grid holds the values on both sides of every edge of the rows, so a table that is total
and disjoint on it is total and disjoint everywhere.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import product

from edge.access.condition import Point, Range
from edge.access.packreader import REMEDY
from edge.access.possible import OLDEST
from edge.access.rules import NORMS, STAGES, Row, RulePack
from edge.errors import PackError


def prove(pack: RulePack, line: Callable[[str], int]) -> None:
    """Raise PackError unless every group's table gives every input its one answer.

    `line` tells where an entry of the file starts. Nor may a first registration that stands for
    a norm stand for none, or for two.
    """
    for group in sorted({group.id for group in pack.groups}):
        rows = pack.tables.get(group, ())
        if not rows:
            raise fault(pack, f"the table of group {group} (line {line(group)}) is empty")
        staged = any(part.staged for part in pack.groups if part.id == group)
        prove_table(pack, group, rows, staged, line)
    prove_norms(pack)


def prove_table(
    pack: RulePack, group: str, rows: tuple[Row, ...], staged: bool, line: Callable[[str], int]
) -> None:
    """Walk the grid of one group; name the row or the place that fails."""
    reached: set[str] = set()
    for at, dated in grid(pack, group, rows, staged):
        answers = [row for row in dated if row.when.holds(at)]
        if not answers:
            table = f"lines {line(rows[0].id)} to {line(rows[-1].id)}"
            raise fault(pack, f"no row of {table} answers {words(at)}")
        if len(answers) > 1 and not pack.first_match:
            both = " and ".join(f"{row.id} (line {line(row.id)})" for row in answers[:2])
            raise fault(pack, f"rows {both} both answer {words(at)}")
        reached.add(answers[0].id)
    for row in rows:
        if row.id not in reached:
            raise fault(pack, f"row {row.id} (line {line(row.id)}) can never answer")


def prove_norms(pack: RulePack) -> None:
    """Walk the days and masses beside which the norm of a first registration changes."""
    for group in sorted({name for row in pack.derived_norms for name in row.when.groups or ()}):
        rows = [row for row in pack.derived_norms if group in (row.when.groups or ())]
        masses = beside((row.reference_mass for row in rows), 1)
        firsts = beside((row.when.first for row in rows), OLDEST)
        for mass, first in product(masses, firsts):
            within = [row for row in rows if row.reference_mass.holds(mass)]
            norms = [row.norm for row in within if row.when.first.holds(first)]
            if len(norms) != 1:
                stands = "no norm" if not norms else " and ".join(map(str, norms))
                born = date.fromordinal(first).isoformat()
                where = f"group {group}, first registration {born}, {mass} kg"
                raise fault(pack, f"a norm that nobody registered would be {stands} for {where}")


def fault(pack: RulePack, cause: str) -> PackError:
    """Return what is wrong with a pack, with its remedy."""
    return PackError(f"Pack {pack.id}: {cause}.", REMEDY)


def grid(
    pack: RulePack, group: str, rows: tuple[Row, ...], staged: bool
) -> Iterator[tuple[Point, list[Row]]]:
    """Yield every combination that can differ from its neighbour, and the rows of its dates."""
    norms = range(len(STAGES)) if staged else NORMS
    days = beside((row.when.day for row in rows), pack.valid_from.toordinal())
    firsts = beside((row.when.first for row in rows), OLDEST)
    category = next(part.categories[0] for part in pack.groups if part.id == group)
    axes = list(product(sorted(pack.energies), norms))
    for day, first in product(days, firsts):
        if first <= day and day >= pack.valid_from.toordinal():
            dated = [row for row in rows if row.when.day.holds(day) and row.when.first.holds(first)]
            for energy, norm in axes:
                yield Point(group, category, day, first, energy, norm, 0, frozenset()), dated


def beside(spans: Iterable[Range], start: int) -> list[int]:
    """Return a start and, for every edge, the day before, the day and the day after."""
    edges = {edge for span in spans for edge in span.edges}
    return sorted({start} | {edge + step for edge in edges for step in (-1, 0, 1)})


def words(at: Point) -> str:
    """Describe a place of the grid for a person."""
    day, first = date.fromordinal(at.day), date.fromordinal(at.first)
    return (
        f"group {at.group}, passage {day.isoformat()}, first registration {first.isoformat()}, "
        f"{at.energy}, norm {at.norm}"
    )

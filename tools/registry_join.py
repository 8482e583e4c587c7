"""Second pass of a build: joins one part of every table by token, in memory, in token order."""

import gc
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from edge.registry.content import exemption_digest, kind_text, total, vehicle_digest
from edge.registry.rdw import (
    Bodies,
    Fuel,
    Masses,
    category_of,
    day,
    is_goods,
    is_light,
    masses,
    shared_part,
)
from edge.registry.schema import KindRow, Row, is_plain, kind_row
from tools.rdw_tables import BODIES, DIGITS, FUELS, PARTICULARS, SPECIALS, VEHICLES
from tools.registry_cells import VehicleCells, days
from tools.registry_intake import DUTCH, Sort, Taken
from tools.registry_spill import SpillRow

TWICE = "plate stands twice with this start; all its rows are left out"
CONTRADICTED = "record_id stands twice, with different contents"
Refused = tuple[Path, int, str]
Texts = tuple[str, ...]
CATEGORY = 4
"""Where the category stands in a row of vehicles that was spilled, after its token and line."""
NO_BODIES: tuple[Texts, ...] = ((), (), (), ())
REMEMBERED = 1 << 16
"""Distinct cells whose meaning a process remembers: most vehicles are like another."""


class Known(NamedTuple):
    """A vehicle row of any table."""

    path: Path
    line: int
    country: str
    cells: VehicleCells


class Part(NamedTuple):
    """One part of a registry, its rows in token order; kinds are numbered by their place here."""

    kinds: list[KindRow]
    vehicles: list[Row]
    plain: list[tuple[int, int, int | None]]
    exemptions: list[tuple[int | str | None, ...]]
    refused: list[Refused]
    summary: Counter[tuple[str, int]]
    content: int


class Joining(NamedTuple):
    """One part of every table."""

    number: int
    tables: tuple[Taken, ...]

    def of(self, sort: str) -> Iterator[Taken]:
        """Yield the tables of a sort."""
        return (table for table in self.tables if table.sort == sort)

    def rows(self, sort: str) -> Iterator[SpillRow]:
        """Yield this part's rows of the tables of a sort."""
        return (row for table in self.of(sort) for row in table.spilled.rows(self.number))


def joined(job: Joining) -> Part:
    """Return one part of the registry. Raises OSError."""
    gc.disable()  # nothing here refers to itself, and a million rows are slow to look through
    try:
        return part_of(job)
    finally:
        gc.enable()


def part_of(job: Joining) -> Part:
    """Join one part of every table. Raises OSError."""
    doubtful: set[int] = set()
    refused: list[Refused] = []
    vehicles: dict[tuple[int, int], Known] = {}
    for token, known in (*attribute_vehicles(job, doubtful), *dutch_vehicles(job, doubtful)):
        if vehicles.setdefault((token, known.cells.valid_from), known) is not known:
            # Nobody can tell which of the two is right, so neither may decide.
            refused.append((known.path, known.line, TWICE))
            doubtful.add(token)
    kept = sorted(place for place in vehicles if place[0] not in doubtful)
    return assembled([(token, vehicles[token, start]) for token, start in kept], job, refused)


def assembled(kept: Sequence[tuple[int, Known]], job: Joining, refused: list[Refused]) -> Part:
    """Return a part of these vehicles and the records of the part."""
    kinds: dict[KindRow, int] = {}
    summary: Counter[tuple[str, int]] = Counter()
    part = Part([], [], [], [], refused, summary, 0)
    texts: dict[object, bytes] = {}
    content = 0
    for token, (_, _, country, cells) in kept:
        kind = kinds.setdefault(cells.kind, len(kinds))
        if kind not in texts:
            texts[kind] = kind_text(cells.kind)
        row = Row(token, cells[0], cells[1], kind, *cells[3:])
        content += vehicle_digest(row, texts)
        summary[country, kind] += 1
        if is_plain(row):
            part.plain.append((token, kind, row.first_registered))
        else:
            part.vehicles.append(row)
    part.kinds.extend(kinds)
    part.exemptions.extend(records(job, refused))
    return part._replace(content=content + total(map(exemption_digest, part.exemptions)))


def records(job: Joining, refused: list[Refused]) -> list[tuple[int | str | None, ...]]:
    """Return the exemption records in order; the same again changes nothing."""
    found: dict[SpillRow, SpillRow] = {}
    for table in job.of(Sort.EXEMPTIONS):
        for token, line, *cells in table.spilled.rows(job.number):
            row = (token, *cells)
            if found.setdefault(row[:3], row) != row:
                refused.append((table.path, line, CONTRADICTED))
    return [found[place] for place in sorted(found)]


def attribute_vehicles(job: Joining, doubtful: set[int]) -> Iterator[tuple[int, Known]]:
    """Yield the vehicles of attribute tables; a token alone is doubtful."""
    for table in job.of(Sort.ATTRIBUTES):
        for token, *rest in told(table.spilled.rows(job.number), doubtful):
            line, country, *cells = rest
            yield token, Known(table.path, line, country, VehicleCells(*cells))


def dutch_vehicles(job: Joining, doubtful: set[int]) -> Iterator[tuple[int, Known]]:
    """Yield the vehicles of the open data, with all their tables say."""
    fuels = grouped(told(job.rows(FUELS.name), doubtful))
    for table in job.of(VEHICLES.name):
        rows = list(told(table.spilled.rows(job.number), doubtful))
        goods = {row[0] for row in rows if may_carry(row[CATEGORY])}
        built = [
            grouped(told(job.rows(dataset.name), doubtful), goods)
            for dataset in (BODIES, DIGITS, SPECIALS, PARTICULARS)
        ]
        for row in rows:
            token, line = row[:2]
            fuel = tuple(sorted(fuels.get(token, ())))
            if token in goods:
                bodies = tuple(tuple(cell for (cell,) in of.get(token, ())) for of in built)
                cells = goods_cells(row[2:], fuel, bodies)
            else:
                cells = other_cells(row[2:], fuel)
            yield token, Known(table.path, line, DUTCH, cells)


def goods_cells(
    cells: SpillRow, fuels: tuple[Texts, ...], bodies: tuple[Texts, ...]
) -> VehicleCells:
    """Return what `edge.registry.rdw.vehicle` makes of these cells, as columns."""
    sort, fitting, category, first, ready_kg, max_kg = cells
    weighed = weight(ready_kg, max_kg)
    kind = kind_of(sort, fitting, category, is_light(weighed), fuels, bodies)
    return VehicleCells(0, None, kind, born(first), *weighed, None, None)


def other_cells(cells: SpillRow, fuels: tuple[Texts, ...]) -> VehicleCells:
    """Return the same of a vehicle that carries no goods: neither body nor masses count."""
    kind = kind_of(cells[0], "", cells[2], None, fuels, NO_BODIES)
    return VehicleCells(0, None, kind, born(cells[3]), None, None, None, None)


@lru_cache(REMEMBERED)
def may_carry(category: str) -> bool:
    """True for a category cell of a vehicle whose body and masses are kept."""
    return is_goods(category_of(category))


@lru_cache(REMEMBERED)
def kind_of(
    sort: str,
    fitting: str,
    category: str,
    light: bool | None,
    fuels: tuple[Texts, ...],
    bodies: tuple[Texts, ...],
) -> KindRow:
    """Return what many vehicles share, as columns."""
    rows = [Fuel(*fuel) for fuel in fuels]
    return kind_row(shared_part(sort, fitting, category, light, rows, Bodies(*bodies)))


@lru_cache(REMEMBERED)
def weight(ready_kg: str, max_kg: str) -> Masses:
    """Return the masses of two cells."""
    return masses(ready_kg, max_kg)


@lru_cache(REMEMBERED)
def born(cell: str) -> int | None:
    """Return a date as days since 1970."""
    return days(day(cell))


def told(rows: Iterable[SpillRow], doubtful: set[int]) -> Iterator[SpillRow]:
    """Yield the rows that say something; of another its token is doubtful."""
    for row in rows:
        if len(row) > 1:
            yield row
        else:
            doubtful.add(row[0])


def grouped(
    rows: Iterable[SpillRow], wanted: Container[int] | None = None
) -> dict[int, list[Texts]]:
    """Return cells by token, of all or of the wanted."""
    found: dict[int, list[Texts]] = {}
    for row in rows:
        token = row[0]
        if wanted is None or token in wanted:
            found.setdefault(token, []).append(row[1:])
    return found

"""How the figures of one table hang together: whoever knows these sums can subtract. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from edge.counts.vehicle import size_of
from edge.counts.words import NOT_ACTIVE, READ

Cell = tuple[str, str]
"""A figure and one of its values."""
Cells = dict[Cell, int]
ANNOUNCED, SETTLED = ("operation", "announced"), ("operation", "settled")
IN_SCOPE, UNKNOWN_SCOPE = ("passages", "in_scope"), ("passages", "unknown_scope")
JUDGED, WITH_EXEMPTIONS = "judged", "with_exemptions"
COMPLYING = ("free_access", "exempt", "permitted")
OF_SCOPE = (
    *("outcome", "kind", "class", "fuel", "first_registration_year", "country", "direction"),
    "size",
)
"""Every passage in scope has exactly one value in each of these."""
BESIDE = "_beside"
"""Sums that are not printed, but that anyone can work out from what is."""


class Relation(NamedTuple):
    """A total that is the sum of its parts."""

    total: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The total and its parts."""
        return (self.total, *self.parts)


def derived(figures: Mapping[str, Mapping[str, int]]) -> Cells:
    """Return the cells of a table: what was counted, and the sums that its shares need."""
    cells = {
        (figure, value): n for figure, values in figures.items() for value, n in values.items()
    }
    for suffix in suffixes(figures):
        values = figures[f"outcome{suffix}"]
        judged = sum(n for value, n in values.items() if value != NOT_ACTIVE)
        cells[f"compliance{suffix}", JUDGED] = judged
        opened = sum(values.get(value, 0) for value in COMPLYING)
        cells[f"compliance{suffix}", WITH_EXEMPTIONS] = opened
        if suffix:
            cells["size", suffix[1:]] = sum(values.values())
    return cells | beside(cells)


def beside(cells: Cells) -> Cells:
    """Return the sums that are not printed."""
    scope = cells.get(IN_SCOPE, 0)
    rests = {(BESIDE, f"without {v}"): scope - n for (f, v), n in cells.items() if f == "mark"}
    opened = cells.get(("outcome", "exempt"), 0) + cells.get(("outcome", "permitted"), 0)
    accused = cells.get(("outcome", "no_access"), 0) + cells.get(("outcome", "permit_possible"), 0)
    return {**rests, (BESIDE, "exemptions"): opened, (BESIDE, "accused"): accused}


def suffixes(figures: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return "" and what follows `outcome` in the figures of vans, trucks and others."""
    return [name.removeprefix("outcome") for name in figures if name.startswith("outcome")]


def relations(cells: Cells) -> list[Relation]:
    """Return the sums that hold in a table; zeros are left out, for they are printed."""
    known = (
        Relation(total, tuple(part for part in parts if cells.get(part, 0)))
        for total, parts in every_relation(cells)
    )
    return [
        found
        for found in known
        if cells.get(found.total, 0)
        and sum(cells[part] for part in found.parts) == cells[found.total]
    ]


def every_relation(cells: Cells) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield every total with its parts."""
    figures = sorted({figure for figure, _ in cells})
    yield ANNOUNCED, of(cells, "passages")
    yield ANNOUNCED, [SETTLED, ("unknown_scope_reason", READ)]
    for figure in figures:
        if figure in OF_SCOPE or figure.startswith("what_if"):
            yield IN_SCOPE, of(cells, figure)
    for figure in ("unknown_scope_reason", "unknown_scope_country"):
        yield UNKNOWN_SCOPE, of(cells, figure)
    for figure in figures:
        if figure == "outcome" or figure.startswith("outcome_"):
            yield from of_outcome(cells, figure.removeprefix("outcome"))
    yield from of_sizes(cells)
    yield from of_reasons(cells)
    for value in {v for f, v in cells if f == "mark"}:
        yield IN_SCOPE, [("mark", value), (BESIDE, f"without {value}")]


def of(cells: Cells, figure: str) -> list[Cell]:
    """Return the cells of a figure."""
    return [cell for cell in cells if cell[0] == figure]


def of_outcome(cells: Cells, suffix: str) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield the sums within the outcomes of all vehicles, or of one size."""
    outcome, compliance = f"outcome{suffix}", f"compliance{suffix}"
    judged = [cell for cell in of(cells, outcome) if cell[1] != NOT_ACTIVE]
    yield (compliance, JUDGED), judged
    yield (compliance, WITH_EXEMPTIONS), [(outcome, value) for value in COMPLYING]
    whole = ("size", suffix[1:]) if suffix else IN_SCOPE
    yield whole, [(compliance, JUDGED), (outcome, NOT_ACTIVE)]
    yield whole, of(cells, outcome)


def of_sizes(cells: Cells) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield the sums over vans, trucks and others: of an outcome, of the kinds of a size."""
    sizes = [size for _, size in of(cells, "size")]
    totals = {value for _, value in of(cells, "outcome")}
    for value in totals:
        yield ("outcome", value), [(f"outcome_{size}", value) for size in sizes]
    for name in (JUDGED, WITH_EXEMPTIONS):
        yield ("compliance", name), [(f"compliance_{size}", name) for size in sizes]
    for size in sizes:
        yield ("size", size), [cell for cell in of(cells, "kind") if size_of(cell[1]) == size]


def of_reasons(cells: Cells) -> Iterator[tuple[Cell, list[Cell]]]:
    """Yield the sums of what explains an outcome."""
    yield ("outcome", "review"), of(cells, "review_reason")
    yield (BESIDE, "exemptions"), [("outcome", "exempt"), ("outcome", "permitted")]
    yield (BESIDE, "exemptions"), of(cells, "exemption_type")
    yield ("day_exemption", "used"), [("exemption_type", "NL-ON-DAG")]
    yield (BESIDE, "accused"), [("outcome", "no_access"), ("outcome", "permit_possible")]
    decided = [(f"{kind}_candidates", "decided") for kind in ("warning", "sanction")]
    yield (BESIDE, "accused"), decided

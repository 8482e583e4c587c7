"""Which cells of a table are withheld so that none below k can be worked out (R004-94). Pure.

A cell with 0 < n < k is withheld. Others follow as long as a sum would give a withheld cell
back: it alone is missing in it, what is missing adds up to less than k or leaves no choice, or
several sums together pin it down. A withheld cell looks the same whatever it was withheld for.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import inf

from edge.counts.relations import BESIDE, JUDGED, WITH_EXEMPTIONS, Cell, Cells, Relation

Row = dict[Cell, Fraction]
"""The coefficients of withheld cells in an equation."""
ROUNDS = 50


def withheld(cells: Cells, known: Sequence[Relation], k: int) -> frozenset[Cell]:
    """Return the cells that may not be published, to a reader who knows these sums."""
    hidden = {cell for cell, n in cells.items() if 0 < n < k}
    while exposed := exposing(cells, known, hidden, k):
        found = next_smallest(cells, known, exposed, hidden)
        if found is None:
            break
        hidden.add(found)
    return frozenset(hidden)


def exposing(cells: Cells, known: Sequence[Relation], hidden: set[Cell], k: int) -> list[Relation]:
    """Return the sums that give withheld cells back, empty when there is none."""
    plain = [relation for relation in known if tells(relation, cells, hidden, k)]
    if plain:
        return plain[:1]
    missing = hidden | {cell for cell in cells if cell[0] == BESIDE}
    pinned = pinned_down(cells, known, missing) & hidden
    return [relation for relation in known if not pinned.isdisjoint(relation.cells)]


def tells(relation: Relation, cells: Cells, hidden: set[Cell], k: int) -> bool:
    """True when a sum alone tells too much of what is missing in it."""
    missing = [cell for cell in relation.cells if cell in hidden]
    unprinted = any(cell[0] == BESIDE and cell not in hidden for cell in relation.cells)
    if not missing or (unprinted and len(missing) < len(relation.cells)):
        return False
    if len(missing) == 1:
        return True
    return relation.total not in hidden and sum(cells[cell] for cell in missing) <= max(
        k - 1, len(missing)
    )


def next_smallest(
    cells: Cells, known: Sequence[Relation], exposed: Sequence[Relation], hidden: set[Cell]
) -> Cell | None:
    """Return the cell that costs least to withhold; of any sum if those exposed have none."""
    totals = {relation.total for relation in known}
    for among in (exposed, known):
        open_cells = {
            cell
            for relation in among
            for cell in relation.cells
            if cell not in hidden and cell[0] != BESIDE
        }
        if open_cells:
            return min(open_cells, key=lambda cell: (cost(cell, totals), cells[cell], cell))
    return None


def cost(cell: Cell, totals: set[Cell]) -> int:
    """Return how dear a cell is: the sum of both access figures, details, totals, denominators."""
    if cell[1] == WITH_EXEMPTIONS:
        return 0
    if cell[1] == JUDGED or cell[0] in ("passages", "operation", "size"):
        return 3
    return 2 if cell in totals else 1


def pinned_down(cells: Cells, known: Sequence[Relation], missing: set[Cell]) -> set[Cell]:
    """Return the missing cells that have but one possible value, each being at least one."""
    rows = reduced([equation(relation, cells, missing) for relation in known])
    return squeezed([*rows, *(equation(r, cells, missing) for r in known)], missing)


def equation(relation: Relation, cells: Cells, missing: set[Cell]) -> tuple[Row, Fraction]:
    """Return a sum as an equation in the missing cells."""
    row: Row = {}
    signs = [(relation.total, -1), *((part, 1) for part in relation.parts)]
    value = Fraction(0)
    for cell, sign in signs:
        if cell in missing:
            row[cell] = row.get(cell, Fraction(0)) + sign
        else:
            value -= sign * cells[cell]
    return row, value


def reduced(rows: Iterable[tuple[Row, Fraction]]) -> list[tuple[Row, Fraction]]:
    """Return the equations in reduced row echelon form."""
    done: list[tuple[Cell, Row, Fraction]] = []
    for row, value in rows:
        for pivot, other, other_value in done:
            row, value = minus(row, value, other, other_value, pivot)
        if not row:
            continue
        pivot, lead = next(iter(row.items()))
        row, value = {cell: c / lead for cell, c in row.items()}, value / lead
        done = [(p, *minus(r, v, row, value, pivot)) for p, r, v in done]
        done.append((pivot, row, value))
    return [(row, value) for _, row, value in done]


def minus(
    row: Row, value: Fraction, other: Row, other_value: Fraction, pivot: Cell
) -> tuple[Row, Fraction]:
    """Return a row without its pivot, which another row has alone."""
    factor = row.get(pivot)
    if not factor:
        return row, value
    left = {cell: row.get(cell, Fraction(0)) - factor * other.get(cell, 0) for cell in row | other}
    return {cell: c for cell, c in left.items() if c}, value - factor * other_value


def squeezed(rows: Sequence[tuple[Row, Fraction]], missing: set[Cell]) -> set[Cell]:
    """Return the cells whose lowest and highest possible values meet."""
    low: dict[Cell, float] = {cell: 0 if cell[0] == BESIDE else 1 for cell in missing}
    high: dict[Cell, float] = dict.fromkeys(missing, inf)
    for _ in range(ROUNDS):
        if not sum(squeeze(row, float(value), low, high) for row, value in rows if row):
            break
    return {cell for cell in missing if low[cell] == high[cell]}


def squeeze(row: Row, value: float, low: dict[Cell, float], high: dict[Cell, float]) -> bool:
    """Narrow the bounds by one equation; True when a bound moved."""
    moved = False
    terms = [(cell, float(c)) for cell, c in row.items()]
    for cell, c in terms:
        rest = [
            (d * (low if d > 0 else high)[o], d * (high if d > 0 else low)[o])
            for o, d in terms
            if o != cell
        ]
        ends = (value - sum(top for _, top in rest)) / c, (value - sum(b for b, _ in rest)) / c
        floor, ceiling = min(ends), max(ends)
        if floor > low[cell] + 1e-9:
            low[cell], moved = round_up(floor), True
        if ceiling < high[cell] - 1e-9:
            high[cell], moved = -round_up(-ceiling), True
    return moved


def round_up(value: float) -> float:
    """Return the least whole number that is not below a value."""
    return float(-(-(value - 1e-9) // 1))

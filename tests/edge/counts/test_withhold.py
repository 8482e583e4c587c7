"""What is withheld cannot be worked out: tried by subtraction, by algebra and by enumeration."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.counts.months import Period
from edge.counts.relations import BESIDE, Cell, Cells, Relation, derived, relations
from edge.counts.table import table_of
from edge.counts.withhold import withheld

K = 5
SMALL = st.integers(0, 6) | st.integers(0, 40)
VALUES = ("free_access", "exempt", "permitted", "no_access", "review")


def figures(split: dict[str, list[int]], marks: int = 0, days: int = 0) -> dict:
    """Return the figures of a table from how each size of vehicle was judged."""
    sizes = {
        f"outcome_{size}": {v: n for v, n in zip(VALUES, row, strict=True) if n}
        for size, row in split.items()
    }
    outcome = {v: sum(row.get(v, 0) for row in sizes.values()) for v in VALUES}
    scope = sum(outcome.values())
    opened = outcome["exempt"] + outcome["permitted"]
    used = min(days, outcome["permitted"])
    return {
        "operation": {"announced": scope + 7, "settled": scope + 7},
        "passages": {"in_scope": scope, "out_of_scope": 7},
        "outcome": {v: n for v, n in outcome.items() if n},
        **sizes,
        "review_reason": {"SET": outcome["review"]},
        "exemption_type": {"NL-ON-DAG": used, "NL-VR-*": opened - used},
        "day_exemption": {"used": used},
        "mark": {"needs_amendment": min(marks, scope)},
    }


TABLES = st.builds(
    figures,
    st.fixed_dictionaries({size: st.lists(SMALL, min_size=5, max_size=5) for size in ("van", "x")}),
    st.integers(0, 60),
    SMALL,
).filter(lambda found: found["passages"]["in_scope"] > 0)


def solvable(cells: Cells, known: list[Relation], hidden: set[Cell]) -> set[Cell]:
    """Return the hidden cells that linear algebra alone gives back: an attack of its own."""
    order = sorted(hidden)
    if not order:
        return set()
    rows = [
        [float(cell in relation.parts) - float(cell == relation.total) for cell in order]
        for relation in known
    ]
    matrix = np.array(rows or [[0.0] * len(order)])
    _, values, turned = np.linalg.svd(matrix)
    rank = int((values > 1e-9).sum())
    null = turned[rank:]
    return {cell for i, cell in enumerate(order) if not len(null) or abs(null[:, i]).max() < 1e-9}


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_no_withheld_cell_can_be_computed_from_the_published_ones(found) -> None:
    cells = derived(found)
    hidden = withheld(cells, relations(cells), K)
    assert {cell for cell, n in cells.items() if 0 < n < K} <= hidden
    unknown = set(hidden) | {cell for cell in cells if cell[0] == BESIDE}
    assert not solvable(cells, relations(cells), unknown) & hidden


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_what_is_missing_in_a_published_total_never_adds_up_to_less_than_k(found) -> None:
    cells = derived(found)
    hidden = withheld(cells, relations(cells), K)
    for relation in relations(cells):
        beside = any(cell[0] == BESIDE and cell not in hidden for cell in relation.cells)
        missing = [cell for cell in relation.parts if cell in hidden]
        if relation.total not in hidden and missing and not beside:
            assert sum(cells[cell] for cell in missing) >= K
            assert len(missing) > 1


def grid(rows: list[list[int]]) -> tuple[Cells, list[Relation]]:
    """Return a two-way table with all its sums."""
    cells: Cells = {("in", f"{r}{c}"): n for r, row in enumerate(rows) for c, n in enumerate(row)}
    lines = [
        (("row", str(r)), [("in", f"{r}{c}") for c in range(len(row))])
        for r, row in enumerate(rows)
    ]
    lines += [
        (("column", str(c)), [("in", f"{r}{c}") for r in range(len(rows))])
        for c in range(len(rows[0]))
    ]
    lines.append((("all", ""), [("row", str(r)) for r in range(len(rows))]))
    lines.append((("all", ""), [("column", str(c)) for c in range(len(rows[0]))]))
    known = []
    for total, parts in lines:
        cells[total] = sum(cells[part] for part in parts)
        known.append(Relation(total, tuple(part for part in parts if cells[part])))
    return cells, [relation for relation in known if cells[relation.total]]


def fillings(cells: Cells, known: list[Relation], hidden: list[Cell], most: int) -> Iterator[tuple]:
    """Yield every way to fill the hidden cells with whole numbers of at least one."""
    inner = [cell for cell in hidden if cell[0] == "in"]
    sums = {relation.total: relation.parts for relation in known}
    for values in product(range(1, most + 1), repeat=len(inner)):
        filled = {**cells, **dict(zip(inner, values, strict=True))}
        for total in (*(c for c in hidden if c[0] in ("row", "column")), ("all", "")):
            if total in hidden and total in sums:
                filled[total] = sum(filled[part] for part in sums[total])
        if all(sum(filled[p] for p in r.parts) == filled[r.total] for r in known):
            yield tuple(filled[cell] for cell in hidden)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=3), min_size=2, max_size=2).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    )
)
def test_every_withheld_cell_of_a_two_way_table_could_be_another_number(rows) -> None:
    """By enumeration, with k 2, so that some cells are published and some are not."""
    cells, known = grid(rows)
    hidden = sorted(withheld(cells, known, 2))
    if hidden:
        found = list(fillings(cells, known, hidden, 5))
        assert found
        for i, cell in enumerate(hidden):
            assert len({values[i] for values in found}) > 1, (cell, rows, hidden)


def published(values: dict[str, int], k: int = K) -> dict[str, int | None]:
    """The outcome figure as it would be published, by itself."""
    scope = sum(values.values())
    found = {"passages": {"in_scope": scope}, "operation": {"announced": scope}, "outcome": values}
    lines = table_of(Period("z", "2028-06", 720, found), k).lines
    return {line.value: line.count for line in lines if line.figure == "outcome"}


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    assert published({"free_access": 900, "exempt": 3, "no_access": 40, "review": 50}) == {
        "free_access": 900,
        "exempt": None,
        "no_access": None,
        "review": 50,
    }


def test_two_small_cells_that_add_up_to_less_than_k_take_a_third() -> None:
    assert published({"free_access": 900, "exempt": 1, "permitted": 2, "no_access": 40}) == {
        "free_access": 900,
        "exempt": None,
        "permitted": None,
        "no_access": None,
    }


def test_five_single_vehicles_are_not_given_away_by_their_sum() -> None:
    ones = dict.fromkeys(("free_access", "exempt", "permitted", "no_access", "review"), 1)
    assert set(published(ones).values()) == {None}
    period = Period(
        "z", "m", 720, {"passages": {"in_scope": 5}, "outcome": ones, "operation": {"announced": 5}}
    )
    told = {(line.figure, line.value): line.count for line in table_of(period, K).lines}
    assert told["passages", "in_scope"] is None


def test_nothing_small_nothing_withheld() -> None:
    values = {"free_access": 900, "exempt": 5, "no_access": 40}
    assert published(values) == values
    assert published({"free_access": 900, "exempt": 1}, k=1) == {"free_access": 900, "exempt": 1}


def test_both_access_figures_together_would_give_a_small_exemption_back() -> None:
    found = {
        "passages": {"in_scope": 943},
        "operation": {"announced": 943},
        "outcome": {"free_access": 900, "exempt": 3, "no_access": 40},
    }
    shares = table_of(Period("z", "2028-06", 720, found), K).compliance()
    assert shares["share_free_access"] == pytest.approx(900 / 943, abs=1e-4)
    assert shares["share_with_exemptions"] is None


def test_the_few_without_a_mark_are_protected_too() -> None:
    found = figures({"van": [50, 0, 0, 50, 0], "x": [0, 0, 0, 0, 0]}, marks=98)
    lines = table_of(Period("z", "2028-06", 720, found), K).lines
    assert next(line.count for line in lines if line.figure == "mark") is None

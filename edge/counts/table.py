"""The table that may leave the house: counts and shares, small cells withheld. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.counts.months import Period
from edge.counts.relations import (
    ANNOUNCED,
    BESIDE,
    IN_SCOPE,
    JUDGED,
    UNKNOWN_SCOPE,
    WITH_EXEMPTIONS,
    Cell,
    Cells,
    derived,
    relations,
)
from edge.counts.withhold import withheld
from edge.counts.words import NOT_ACTIVE

NOT_PRINTED = ("seconds", "frames")
"""Values of `operation` that stand with the up-time, and name no vehicle."""
OF_JUDGED = ("review_reason", "exemption_type", "day_exemption")


@dataclass(frozen=True, slots=True)
class Line:
    """One cell; `count` None is withheld, and with it every share that rests on it.

    `share` is the part of `of`, the cell that names the passages it is taken from.
    """

    figure: str
    value: str
    count: int | None
    share: float | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A period with what may be published of it."""

    period: Period
    lines: tuple[Line, ...]

    def compliance(self) -> dict[str, float | None]:
        """Return both figures of compliance, never merged (R000-05, R000-06), and the rest."""
        shares = {(line.figure, line.value): line.share for line in self.lines}
        sizes = sorted({f.removeprefix("outcome") for f, _ in shares if f.startswith("outcome")})
        return {
            f"{name}{size}": shares.get((figure + size, value))
            for size in sizes
            for name, figure, value in (
                ("share_free_access", "outcome", "free_access"),
                ("share_with_exemptions", "compliance", WITH_EXEMPTIONS),
                ("share_undetermined", "outcome", "review"),
            )
        }


def table_of(period: Period, k: int) -> Table:
    """Return the table of a period with every cell withheld that could tell of fewer than k."""
    cells = derived(period.figures) if period.figures else {}
    cells = {cell: n for cell, n in cells.items() if not idle(cell)}
    hidden = withheld(cells, relations(cells), k)
    return Table(period, tuple(lines(cells, hidden)))


def idle(cell: Cell) -> bool:
    """True for a value that counts no passages."""
    return cell[0] == "operation" and cell[1] in NOT_PRINTED


def lines(cells: Cells, hidden: frozenset[Cell]) -> Iterator[Line]:
    """Yield the printed cells by figure and value."""
    for cell in sorted(cell for cell in cells if cell[0] != BESIDE):
        whole = whole_of(cell)
        count = None if cell in hidden else cells[cell]
        open_share = count is not None and whole is not None and whole not in hidden
        share = None
        if whole is not None and open_share and cells.get(whole):
            share = round(cells[cell] / cells[whole], 4)
        yield Line(*cell, count, share, None if whole is None else "/".join(whole))


def whole_of(cell: Cell) -> Cell | None:
    """Return the cell that a share is taken of: the denominators of README.md."""
    figure, value = cell
    if figure.startswith("outcome"):
        suffix = figure.removeprefix("outcome")
        inactive = ("size", suffix[1:]) if suffix else IN_SCOPE
        return inactive if value == NOT_ACTIVE else (f"compliance{suffix}", JUDGED)
    if figure.startswith("compliance"):
        return (figure, JUDGED) if value == WITH_EXEMPTIONS else None
    if figure in OF_JUDGED:
        return "compliance", JUDGED
    if figure.endswith("_candidates"):
        return None
    if figure.startswith("unknown_scope"):
        return UNKNOWN_SCOPE
    if figure in ("passages", "operation"):
        return None if cell == ANNOUNCED else ANNOUNCED
    return IN_SCOPE

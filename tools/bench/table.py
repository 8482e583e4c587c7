"""The figures as tables, a group each."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tools.bench.figure import Figure


def grouped(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """Return the figures of each group, groups in the order in which they come first."""
    groups: dict[str, list[Figure]] = {}
    for one in figures:
        groups.setdefault(one.group, []).append(one)
    return groups


def tables(figures: Sequence[Figure]) -> Iterator[Table]:
    """Yield a table for each group; a column that nobody fills is left out."""
    for group, members in grouped(figures).items():
        measured = "median" if any(one.p95 is not None for one in members) else "measured"
        columns = {"": [one.name for one in members], measured: [value(one) for one in members]}
        columns |= {name: [cell(one) for one in members] for name, cell in CELLS.items()}
        filled = {name: cells for name, cells in columns.items() if any(cells)}
        table = Table(title=group, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for name in filled:
            table.add_column(name, justify="right" if name else "left")
        for row in zip(*filled.values(), strict=True):
            table.add_row(*row)
        yield table


def value(one: Figure) -> str:
    """Return the value of a figure with its unit."""
    return number(one.value, one.unit)


def p95(one: Figure) -> str:
    """Return its 95th percentile, where it has one."""
    return "" if one.p95 is None else number(one.p95, one.unit)


def processor(one: Figure) -> str:
    """Return its median by the processor's time, where it has one."""
    return "" if one.processor is None else number(one.processor, one.unit)


def calls(one: Figure) -> str:
    """Return how often it was called, where that is told."""
    return str(one.calls) if one.p95 is not None else ""


def share(one: Figure) -> str:
    """Return its share, where it has one."""
    return "" if one.share is None else f"{one.share:.1%}"


def asked(one: Figure) -> str:
    """Return what is asked of a figure, and whether it is met."""
    if one.asked is None:
        return ""
    most = ">=" if one.more_is_better else "<="
    return f"{most} {one.asked:g}: {'yes' if one.is_met else 'NO'}"


CELLS = {
    "95 of 100": p95,
    "processor": processor,
    "calls": calls,
    "share": share,
    "asked": asked,
}


def number(value: float, unit: str) -> str:
    """Return a value with its unit, as long as it is wide."""
    digits = 3 if value < 1 else 2 if value < 100 else 0
    return f"{value:,.{digits}f} {unit}"

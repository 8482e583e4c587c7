"""The figures as tables, a group each."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tools.bench.figure import MS, Figure

COLUMNS = ("", "median", "95 of 100", "calls", "share", "asked")


def grouped(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """Return the figures of each group, groups in the order in which they come first."""
    groups: dict[str, list[Figure]] = {}
    for one in figures:
        groups.setdefault(one.group, []).append(one)
    return groups


def tables(figures: Sequence[Figure]) -> Iterator[Table]:
    """Yield a table for each group."""
    for group, members in grouped(figures).items():
        table = Table(title=group, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for column in COLUMNS:
            table.add_column(column, justify="right" if column else "left", overflow="fold")
        for one in members:
            table.add_row(*_row(one))
        yield table


def _row(one: Figure) -> tuple[str, ...]:
    p95 = "" if one.p95 is None else number(one.p95, one.unit)
    share = "" if one.share is None else f"{one.share:.1%}"
    calls = str(one.calls) if one.p95 is not None else ""
    return one.name, number(one.value, one.unit), p95, calls, share, asked(one)


def number(value: float, unit: str) -> str:
    """Return a value with its unit, as long as it is wide."""
    digits = 3 if unit == MS and value < 1 else 2 if value < 100 else 0
    return f"{value:,.{digits}f} {unit}"


def asked(one: Figure) -> str:
    """Return what is asked of a figure, and whether it is met."""
    if one.asked is None:
        return ""
    most = ">=" if one.more_is_better else "<="
    return f"{most} {one.asked:g} {one.unit}: {'yes' if one.is_met else 'NO'}"

"""What a registry holds, for the person who built it: vehicles by country, category and class."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from rich.table import Table

from edge.registry.schema import KindRow

UNKNOWN = "unknown"


def summary_table(summary: Mapping[tuple[str, KindRow], int], title: str) -> Table:
    """Return a row for each country and category, with a column for each class that occurs."""
    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (country, kind), vehicles in summary.items():
        found[country, kind[0] or UNKNOWN][class_of(kind)] += vehicles
    classes = sorted({name for row in found.values() for name in row})
    table = Table("country", "category", title=title)
    for name in ("vehicles", *classes):
        table.add_column(name, justify="right")
    for place, row in sorted(found.items()):
        table.add_row(
            *place,
            f"{row.total():,}",
            *(f"{row[name]:,}" if name in row else "" for name in classes),
        )
    return table


def class_of(kind: KindRow) -> str:
    """Return the norm of a kind in a word: a number, a stage, Z for zero-emission, EEV."""
    zero, euro, stage = kind[4], kind[5], kind[6]
    if zero:
        return "Z"
    if kind[-1]:
        return "EEV"
    return stage or (UNKNOWN if euro is None else str(euro))

"""The tables as CSV and JSON, with field names that stay (R000-04, R003-09). Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from edge.counts.about import Known, context
from edge.counts.table import Line, Table

COLUMNS = ("zone", "period", "figure", "value", "count", "share", "of", "withheld")
Cells = dict[str, dict[str, dict[str, float | str | None]]]


def as_json(tables: Sequence[Table], notes: Sequence[str], known: Known) -> dict[str, Any]:
    """Return everything as one object; a null count is withheld."""
    return {
        "notes": list(notes),
        "periods": [
            {
                "zone": context(table.period.zone, known),
                "period": table.period.name,
                "availability": table.period.uptime(),
                "compliance": table.compliance(),
                "figures": figures(table.lines),
            }
            for table in tables
        ],
    }


def figures(lines: Sequence[Line]) -> Cells:
    """Return the lines by figure and value."""
    found: Cells = {}
    for line in lines:
        cell = {"count": line.count, "share": line.share, "of": line.of}
        found.setdefault(line.figure, {})[line.value] = cell
    return found


def as_csv(tables: Sequence[Table]) -> str:
    """Return one row per zone, period, figure and value, below a header (RFC 4180)."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for table in tables:
        rows.writerows(csv_rows(table.period.zone, table.period.name, table))
    return out.getvalue()


def csv_rows(zone: str, name: str, table: Table) -> Iterator[Sequence[object]]:
    """Yield the cells of a table, then its up-time as the figure `availability`."""
    for line in table.lines:
        share, whole = "" if line.share is None else line.share, line.of or ""
        count, withheld = ("", "yes") if line.count is None else (line.count, "no")
        yield zone, name, line.figure, line.value, count, share, whole, withheld
    for what, value in table.period.uptime().items():
        yield zone, name, "availability", what, "" if value is None else value, "", "", "no"

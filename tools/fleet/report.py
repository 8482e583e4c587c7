"""What came of a run as facts for programs and as tables for people."""

from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from tools.fleet.figures import Figures
from tools.fleet.plan import Plan
from tools.fleet.scale import Scale

ROLES = ("boxes", "broker", "receivers", "database")
MB = 1e6


def facts(plan: Plan, found: Figures, drawn: Scale, faults: list[str]) -> dict[str, Any]:
    """Return all of it as plain values."""
    return {
        "plan": {
            "boxes": plan.boxes,
            "workers": plan.workers,
            "receivers": plan.receivers,
            "records_s": round(plan.pace_s, 3),
            "quiet_s": plan.quiet_s,
            "tls": plan.tls,
            "chaos": [str(one) for one in plan.chaos],
            "away": asdict(plan.away),
            "daily": asdict(plan.daily),
            "limits": asdict(plan.limits),
            "seed": plan.seed,
        },
        "figures": asdict(found),
        "scale": asdict(drawn),
        "findings": faults,
        "holds": not faults,
    }


def show(found: Figures, drawn: Scale) -> None:
    """Print the tables."""
    console = Console(width=118)
    console.print(
        f"{found.boxes} boxes wrote {found.records} records: {found.lost} lost, {found.twice}"
        f" twice, {found.left} not home; {found.again} came again and were known. Load"
        f" {', '.join(map(str, found.loads))}."
    )
    for table in (_phases(found), _poison(found), _cost(found)):
        console.print(table)
    if not drawn.limits:
        console.print("No arithmetic for more boxes: it takes --chaos away.")
        return
    console.print(_limits(drawn))
    console.print(_needs(drawn))


def _phases(found: Figures) -> Table:
    names = ("part", "s", "records", "/s", "p50 s", "p95 s", "p99 s", "worst s", "home after s")
    table = _table("From the box's disk to the platform's", names)
    for one in found.phases:
        times = (one.p50_s, one.p95_s, one.p99_s, one.worst_s, one.home_s)
        cells = ("-" if time is None else f"{time:.2f}" for time in times)
        table.add_row(one.name, f"{one.seconds:.0f}", str(one.written), f"{one.per_s:g}", *cells)
    return table


def _poison(found: Figures) -> Table:
    table = _table("Bad messages", ("sort", "sent", "refused", "by"))
    for bad in found.poison:
        table.add_row(bad.sort, str(bad.sent), str(bad.refused), bad.due)
    for box in found.forked:
        table.add_row(f"fork of {box}", "", "named", "the chain")
    return table


def _cost(found: Figures) -> Table:
    names = ("", "core s / 1,000 records, quiet", "busy", "core s, storm", "memory MB")
    table, cost = _table("What it took", names), found.cost
    for role in ROLES:
        spent = (cost.core_s, cost.busy_core_s, cost.storm_s)
        cells = (f"{one[role]:.2f}" if role in one else "-" for one in spent)
        table.add_row(role, *cells, f"{cost.held.get(role, 0) / MB:.0f}")
    table.caption = (
        f"a record: {cost.record_bytes:.0f} bytes, {cost.wire_bytes:.0f} on the wire,"
        f" {cost.table_bytes:.0f} in the database, {cost.log_bytes:.0f} in its log"
    )
    return table


def _limits(drawn: Scale) -> Table:
    table = _table("What breaks first (arithmetic)", ("what", "at boxes", "formula"))
    for limit in drawn.limits:
        table.add_row(limit.what, f"{limit.boxes:,}", limit.formula)
    return table


def _needs(drawn: Scale) -> Table:
    rows = {
        "records/s on the average": [f"{n.records_s:.0f}" for n in drawn.needs],
        "brokers (a cluster is one)": [str(n.brokers) for n in drawn.needs],
        "their cores at rush hour": [f"{n.broker_cores:.2f}" for n in drawn.needs],
        "their memory GB": [f"{n.broker_gb:.2f}" for n in drawn.needs],
        "cores of receivers at rush hour": [f"{n.receiver_cores:.1f}" for n in drawn.needs],
        "cores of the database at rush hour": [f"{n.database_cores:.1f}" for n in drawn.needs],
        "Mbit/s": [f"{n.mbit_s:.1f}" for n in drawn.needs],
        "GB a month": [f"{n.gb_month:.0f}" for n in drawn.needs],
        "GB of log a day": [f"{n.log_gb_day:.0f}" for n in drawn.needs],
        "s until all are let in again": [f"{n.storm_s:.0f}" for n in drawn.needs],
    }
    if all(need.price_month is not None for need in drawn.needs):
        rows["price a month"] = [f"{n.price_month:,.0f}" for n in drawn.needs]
    names = ("boxes", *(f"{need.boxes:,}" for need in drawn.needs))
    table = _table("What it takes (arithmetic)", names)
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _table(title: str, names: tuple[str, ...]) -> Table:
    first, *rest = names
    columns = (Column(first), *(Column(name, overflow="fold") for name in rest))
    return Table(*columns, title=title, box=SIMPLE, pad_edge=False, title_justify="left")

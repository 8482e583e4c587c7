"""What is wrong with the updates of a box, by the report of its last sync."""

from datetime import datetime, timedelta
from pathlib import Path

from edge.errors import UpdateError
from edge.update.report import Report, read_report

LATE = timedelta(days=7)
"""A box that no sync served for so long is told of; a stick may well come once a week."""
LOOK = "`anpr-edge sync` tells more, and tries again."


def fault_at(path: Path, now: datetime) -> str | None:
    """Return what is wrong with the updates of a box; None where nothing is."""
    try:
        return fault_of(read_report(path), now)
    except UpdateError as e:
        return e.cause


def fault_of(report: Report | None, now: datetime) -> str | None:
    """Return which family was refused, or that no sync served the box for too long.

    The words stay the same as long as the fault does: an alarm is raised once.
    """
    if report is None:
        return "No sync has looked for updates yet."
    told = [
        f"{one.family}: {one.refused.cause}"
        for one in report.families
        if one.outcome == "refused" and one.refused is not None
    ]
    if told:
        return f"An update was refused. {' '.join(told)}"
    if report.succeeded_at is None:
        return "No sync has reached everything that this box follows."
    if now - report.succeeded_at > LATE:
        at = f"{report.succeeded_at:%Y-%m-%dT%H:%M:%SZ}"
        return f"The last sync that reached everything was at {at}."
    return None

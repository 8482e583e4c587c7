"""What the last sync found, as the health record tells it."""

from pathlib import Path

from edge.errors import UpdateError
from edge.record.active import Family, Updates
from edge.update.report import FamilyReport, read_report

LONGEST = 500
"""So much of a reason is told: a record has its limit, and what a source sent may have none."""


def synced(path: Path) -> Updates:
    """Return what the report of the last sync says, or why it cannot be read."""
    try:
        report = read_report(path)
    except UpdateError as e:
        return Updates(synced_at=None, reached_at=None, fault=e.cause[:LONGEST], families=())
    if report is None:
        return Updates(synced_at=None, reached_at=None, fault=None, families=())
    return Updates(
        synced_at=report.at,
        reached_at=report.succeeded_at,
        fault=None,
        families=tuple(_family(one) for one in report.families),
    )


def _family(found: FamilyReport) -> Family:
    return Family(
        family=found.family,
        outcome=found.outcome,
        release=found.active.number if found.active else None,
        refused=found.offered if found.outcome == "refused" else None,
        reason=found.refused.cause[:LONGEST] if found.refused else None,
        until=found.active.until if found.active else None,
    )

"""A release that its gate refused is not fetched every hour anew: the road to a box is narrow."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from edge.daemon.intake import TurnedAwayError
from edge.update.releases import Family
from edge.update.report import FamilyReport, Fault, Report, TurnedAway

FOR = timedelta(days=1)
SPARED = "It was not fetched again: that is done after a day, or with `anpr-edge sync --again`."


def turned_away(
    last: Report | None, family: Family, under: str, now: datetime
) -> FamilyReport | None:
    """Return what the last sync said of a family whose release its gate refused lately.

    None where that is a day ago, or software or configuration are others since (`under`).
    """
    for one in () if last is None else last.families:
        turned = one.turned_away
        if one.family == family and turned is not None and turned.under == under:
            return one if timedelta(0) <= now - turned.at < FOR else None
    return None


def refused(
    report: FamilyReport, error: TurnedAwayError, before: FamilyReport | None, turned: TurnedAway
) -> FamilyReport:
    """Return the report of a refusal: with the earlier reason where nothing was fetched anew."""
    if before is None or before.turned_away is None or before.turned_away.number != error.number:
        fault = Fault(error.cause, error.remedy)
        return replace(report, outcome="refused", refused=fault, turned_away=turned)
    return replace(
        report,
        outcome="refused",
        refused=before.refused,
        turned_away=before.turned_away,
        remarks=(SPARED,),
    )

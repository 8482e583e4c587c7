"""The count record: the figures of one zone and hour as the box swears to them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.record.message import CountRecord
from edge.record.provenance import Draw, Provenance, written
from edge.types import ClockReading, Link, Snapshot, Tally

HOUR = timedelta(hours=1)
Figures = dict[str, dict[str, int]]
"""The values of each figure, and how often each was counted."""


def figures_of(tallies: Iterable[Tally]) -> dict[tuple[str, datetime], Figures]:
    """Sum tallies to the figures of every zone and hour."""
    hours: dict[tuple[str, datetime], Figures] = {}
    for tally in tallies:
        values = hours.setdefault((tally.zone, tally.hour), {}).setdefault(tally.figure, {})
        values[tally.value] = values.get(tally.value, 0) + tally.n
    return hours


def availability(
    figures: Mapping[str, Mapping[str, int]], snapshot: Snapshot | None, now: datetime
) -> dict[str, float]:
    """Return how far the box was at work in an hour: RULES 6, availability.

    The age of the registry is that at `now`; without a registry it is left out, not zero.
    """
    worked = figures.get("operation", {})
    seconds, announced = worked.get("seconds", 0), worked.get("announced", 0)
    told = {
        "uptime": min(1.0, seconds / HOUR.total_seconds()),
        "frames": float(worked.get("frames", 0)),
        "announced": float(announced),
        "settled": float(worked.get("settled", 0)),
    }
    if announced:
        told["read_rate"] = round(worked.get("settled", 0) / announced, 4)
    if snapshot is not None:
        told["vehicles_age_h"] = age_h(snapshot.vehicles_as_of, now)
        told["exemptions_age_h"] = age_h(snapshot.exemptions_as_of, now)
    return told


def age_h(as_of: datetime, now: datetime) -> float:
    """Return an age in hours; negative for data that is dated in the future."""
    return round((now - as_of) / HOUR, 2)


@dataclass(frozen=True, slots=True)
class Bookkeeper:
    """Writes count messages."""

    provenance: Provenance
    draw: Draw

    def count(
        self,
        zone: str,
        hour: datetime,
        figures: Figures,
        snapshot: Snapshot | None,
        now: ClockReading,
        link: Link,
    ) -> bytes:
        """Return the message of one zone and hour: the bytes that will be signed."""
        made_by = self.provenance
        record = CountRecord(
            **made_by.carried(now, link, self.draw),
            zone=zone,
            since=hour,
            until=hour + HOUR,
            figures=figures,
            availability=availability(figures, snapshot, now.now),
            config_sha256=made_by.config_sha256,
        )
        return written("count", record, now, self.draw)

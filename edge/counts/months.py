"""Hours summed to calendar months of the zone's own time, with up-time beside them. Pure.

An hour without a record is missing up-time, never an hour without traffic.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from edge.access.calendar import local, months_after, zone_of
from edge.counts.record import Figures
from edge.record.message import CountRecord

HOUR = timedelta(hours=1)
SECONDS = 3600


@dataclass(slots=True)
class Period:
    """A zone over a month or an hour: `hours` holds what each box reported."""

    zone: str
    name: str
    hours_long: int
    figures: Figures = field(default_factory=dict)
    hours: dict[str, set[datetime]] = field(default_factory=dict)
    oldest_exemptions_h: float | None = None

    def add(self, record: CountRecord) -> None:
        """Add the figures of one record."""
        for figure, values in record.figures.items():
            sums = self.figures.setdefault(figure, {})
            for value, n in values.items():
                sums[value] = sums.get(value, 0) + n
        self.hours.setdefault(record.box, set()).add(record.since)
        age = record.availability.get("exemptions_age_h")
        if age is not None:
            self.oldest_exemptions_h = max(age, self.oldest_exemptions_h or age)

    def uptime(self) -> dict[str, float | int | None]:
        """Return how far the boxes were at work, all hours of the period counted (R000-09)."""
        boxes, worked = len(self.hours), self.figures.get("operation", {})
        expected = boxes * self.hours_long
        reported = sum(len(hours) for hours in self.hours.values())
        seconds = worked.get("seconds", 0)
        return {
            "boxes_reporting": boxes,
            "hours_in_period": self.hours_long,
            "hours_reported": reported,
            "hours_missing": max(0, expected - reported),
            "seconds_in_operation": seconds,
            "uptime": round(min(1.0, seconds / (expected * SECONDS)), 4),
            "frames": worked.get("frames", 0),
            "oldest_exemptions_h": self.oldest_exemptions_h,
        }


def months(records: Iterable[CountRecord], timezone: Callable[[str], str]) -> list[Period]:
    """Sum records to local calendar months, by zone and month."""

    def month_of(record: CountRecord) -> tuple[str, int]:
        zone = timezone(record.zone)
        first = record.since.astimezone(zone_of(zone)).date().replace(day=1)
        return f"{first:%Y-%m}", hours_of(first, zone)

    return summed(records, month_of)


def hours(records: Iterable[CountRecord]) -> list[Period]:
    """Return every hour by itself, in UTC; boxes of one zone are summed."""
    return summed(records, lambda record: (f"{record.since.astimezone(UTC):%Y-%m-%dT%H:00Z}", 1))


def summed(
    records: Iterable[CountRecord], named: Callable[[CountRecord], tuple[str, int]]
) -> list[Period]:
    """Sum records to periods, in the order of zone and time."""
    found: dict[tuple[str, str], Period] = {}
    for record in records:
        name, long = named(record)
        found.setdefault((record.zone, name), Period(record.zone, name, long)).add(record)
    return [found[key] for key in sorted(found)]


def hours_of(first: date, timezone: str) -> int:
    """Return how many hours a local month has; two months of a year have one more or less."""
    return (local(months_after(first, 1), timezone) - local(first, timezone)) // HOUR

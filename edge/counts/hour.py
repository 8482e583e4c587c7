"""Hours of the clock, and what a box worked in them. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from edge.types import Tally


def operation(zone: str, since: datetime, until: datetime, frames: int) -> tuple[Tally, ...]:
    """Return the seconds at work, hour by hour, and the frames looked at since then.

    Whole seconds of the clock: spans that follow each other add up without drift.
    """
    spans = list(hourly(since, until))
    worked = [Tally(zone, hour, "operation", "seconds", n) for hour, n in spans if n]
    looked = Tally(zone, hour_of(since), "operation", "frames", frames)
    return (*worked, looked) if frames else tuple(worked)


def hourly(since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Yield each hour of a span and its whole seconds within."""
    while since < until:
        hour = hour_of(since)
        end = min(until, hour + timedelta(hours=1))
        yield hour, int(end.timestamp()) - int(since.timestamp())
        since = end


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour (UTC)."""
    return moment.replace(minute=0, second=0, microsecond=0)

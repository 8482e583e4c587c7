"""Civil dates and half-open intervals: the time conventions of RULES 1.6."""

from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_EXEMPTION = "NL-ON-DAG"


@lru_cache(maxsize=8)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    return ZoneInfo(name)


def civil_day(moment: datetime, timezone: str) -> date:
    """Return the local civil date of a moment: rule dates are compared with it alone."""
    return moment.astimezone(zone_of(timezone)).date()


def moment_of(text: str, timezone: str, fold: int = 0) -> datetime:
    """Read an ISO 8601 time as UTC; without an offset it is local civil time.

    `fold` 1 means the second of two equal times on the night the clocks go back.
    Raises ValueError.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(timezone), fold=fold)
    return moment.astimezone(UTC)


def is_day(text: str) -> bool:
    """True when a text is a date without a time: 2027-01-01, or 20270101."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def interval(kind: str, start: str, end: str, timezone: str) -> tuple[datetime, datetime | None]:
    """Return the half-open [from, to) of an exemption record in UTC (RULES 1.5).

    A date-only end lasts until the end of that day; an empty end, or one in the year 9999,
    is open; a Dutch day exemption that begins at 00:00 lasts until 06:00 of the next day at
    least, local time. Raises ValueError, OverflowError.
    """
    begins, ends = moment_of(start.strip(), timezone), end_of(end.strip(), timezone)
    civil = begins.astimezone(zone_of(timezone))
    if kind.upper() != DAY_EXEMPTION or civil.time() != time(0):
        return begins, ends
    morning = local(civil.date() + timedelta(days=1), timezone, 6)
    # An end before the beginning stays: it is a mistake for the caller to refuse.
    return begins, morning if ends is None else ends if ends < begins else max(ends, morning)


def end_of(text: str, timezone: str) -> datetime | None:
    """Return the end that a cell means, None for an open one. Raises ValueError, OverflowError."""
    if not text or datetime.fromisoformat(text).year == MAXYEAR:
        return None
    if is_day(text):
        return local(date.fromisoformat(text) + timedelta(days=1), timezone)
    return moment_of(text, timezone, fold=1)


def local(day: date, timezone: str, hour: int = 0) -> datetime:
    """Return an hour of a local civil day as UTC."""
    return datetime.combine(day, time(hour), zone_of(timezone)).astimezone(UTC)


@lru_cache(maxsize=4096)
def anniversary(first: int, years: int) -> int:
    """Return the ordinal of the n-th anniversary; 29 February becomes 1 March (RULES 1.6)."""
    born = date.fromordinal(first)
    try:
        return born.replace(year=born.year + years).toordinal()
    except ValueError:
        return date(born.year + years, 3, 1).toordinal()


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month; the first of the next month where it has none.

    After the last day of the calendar comes none: it stands for all of them.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return months_after(date(day.year, day.month, 1), months + 1)

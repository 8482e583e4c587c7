"""Whether the sun stands high enough that nothing outside is black, by the date alone (pure)."""

from datetime import UTC, datetime, timedelta
from math import asin, cos, degrees, radians, sin

LATITUDE, LONGITUDE = 51.5, 4.8
"""Between Bruges and Groningen: nowhere in the Low Countries is the sun 3 degrees off."""
HIGH = 8.0
"""Degrees: then it stands 5 degrees high everywhere there, 1000 lx under the thickest clouds."""
MIDSUMMER, NOON = timedelta(days=172), timedelta(hours=12)


def is_day(at: datetime) -> bool:
    """True when it is bright everywhere in the Low Countries, whatever the weather."""
    return elevation(at) >= HIGH


def elevation(at: datetime) -> float:
    """Return how high the sun stands there (degrees), right to within 2: declination, hour angle.

    Source: Spencer 1971, the first term of each series.
    """
    began = datetime(at.year, 1, 1, tzinfo=UTC)
    year = radians(360 * (at - began - MIDSUMMER) / timedelta(days=365.25))
    tilt = radians(23.44) * cos(year)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    around = radians(360 * ((at - midnight - NOON) / timedelta(days=1)) + LONGITUDE)
    here = radians(LATITUDE)
    return degrees(asin(sin(here) * sin(tilt) + cos(here) * cos(tilt) * cos(around)))

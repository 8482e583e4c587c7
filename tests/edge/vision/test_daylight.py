"""By the date alone it is known when nothing outside is black."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.vision.daylight import elevation, is_day


@pytest.mark.parametrize(
    ("at", "degrees"),
    [
        ("2028-06-20T11:43", 61.9),
        ("2028-12-21T11:39", 15.1),
        ("2028-03-20T11:48", 38.5),
        ("2028-06-20T03:30", 0.3),
        ("2028-12-21T15:40", -0.2),
    ],
)
def test_the_sun_stands_where_an_almanac_has_it(at: str, degrees: float) -> None:
    assert elevation(datetime.fromisoformat(at).replace(tzinfo=UTC)) == pytest.approx(
        degrees, abs=2
    )


def test_every_day_of_a_year_has_some_hours_of_day_and_no_midnight_has() -> None:
    for day in range(366):
        midnight = datetime(2028, 1, 1, tzinfo=UTC) + timedelta(days=day)
        hours = [hour for hour in range(24) if is_day(midnight + timedelta(hours=hour))]
        assert {10, 11, 12, 13} <= set(hours)
        assert not {20, 21, 22, 23, 0, 1, 2, 3} & set(hours)

"""Time conventions of RULES 1.6."""

from datetime import UTC, date, datetime, timedelta

import pytest

from edge.access.calendar import anniversary, civil_day, interval, moment_of, months_after

BRUSSELS = "Europe/Brussels"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_rule_dates_are_local() -> None:
    assert civil_day(utc(2032, 12, 31, 23, 15), BRUSSELS) == date(2033, 1, 1)


def test_a_date_only_end_lasts_until_the_end_of_that_day() -> None:
    begins, ends = interval("FL-IT-4", "2028-01-01", "2028-12-31", BRUSSELS)
    assert (begins, ends) == (utc(2027, 12, 31, 23), utc(2028, 12, 31, 23))


def test_an_end_with_a_time_is_exact_and_an_empty_end_is_open() -> None:
    assert interval("X", "2028-01-01", "2028-06-01T10:00", BRUSSELS)[1] == utc(2028, 6, 1, 8)
    assert interval("X", "2028-01-01", "", BRUSSELS)[1] is None


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-06-01", 30), ("2026-03-28", 29), ("2026-10-24", 31)]
)
def test_a_day_exemption_ends_at_six_local_time(day, hours) -> None:
    begins, ends = interval("NL-ON-DAG", day, "", "Europe/Amsterdam")
    assert ends is not None
    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        ("NL-ON-DAG", "2026-06-01T00:00", ""),
        ("nl-on-dag", "2026-06-01", ""),
        ("NL-ON-DAG", "20260601", "20260601"),
        ("NL-ON-DAG", "2026-06-01", "20260601"),
        ("NL-ON-DAG", "2026-06-01T00:00:00", "2026-06-01"),
        ("NL-ON-DAG", "2026-05-31T22:00Z", "2026-06-01T23:59"),
        ("NL-ON-DAG", "2026-06-01T00:00", "2026-06-02T00:00"),
        ("Nl-On-Dag", " 2026-06-01 ", "9999-12-31"),
    ],
)
def test_a_day_exemption_lasts_thirty_hours_however_it_is_written(kind, start, end) -> None:
    expected = utc(2026, 5, 31, 22), utc(2026, 6, 2, 4)
    assert interval(kind, start, end, "Europe/Amsterdam") == expected


def test_a_day_exemption_with_other_hours_or_a_later_end_keeps_them() -> None:
    zone = "Europe/Amsterdam"
    assert interval("NL-ON-DAG", "2026-06-01T08:00", "2026-06-01T12:00", zone)[1] == utc(
        *(2026, 6, 1, 10)
    )
    assert interval("NL-ON-DAG", "2026-06-01", "2026-06-03", zone)[1] == utc(2026, 6, 3, 22)
    begins, ends = interval("NL-ON-DAG", "2026-06-01", "2026-05-30", zone)
    assert ends is not None
    assert ends < begins


def test_a_basic_date_is_a_day_like_any_other() -> None:
    assert interval("X", "20280101", "20280601", BRUSSELS) == interval(
        *("X", "2028-01-01", "2028-06-01", BRUSSELS)
    )


@pytest.mark.parametrize("end", ["9999-12-31", "99991231", "9999-12-31T23:59:59-05:00"])
def test_an_end_in_the_year_9999_is_open(end) -> None:
    assert interval("X", "2028-01-01", end, BRUSSELS)[1] is None


def test_the_doubled_hour_is_read_to_the_advantage_of_the_holder() -> None:
    ends = interval("X", "2026-10-01", "2026-10-25T02:30", BRUSSELS)[1]
    assert ends == utc(2026, 10, 25, 1, 30)
    assert moment_of("2026-10-25T02:30", BRUSSELS) == utc(2026, 10, 25, 0, 30)


@pytest.mark.parametrize(
    ("born", "years", "expected"),
    [
        (date(2016, 2, 29), 13, date(2029, 3, 1)),
        (date(1988, 2, 29), 40, date(2028, 2, 29)),
        (date(1986, 6, 15), 40, date(2026, 6, 15)),
    ],
)
def test_leap_day_anniversaries(born, years, expected) -> None:
    assert anniversary(born.toordinal(), years) == expected.toordinal()


def test_months_after() -> None:
    assert months_after(date(2025, 1, 1), 6) == date(2025, 7, 1)
    assert months_after(date(2026, 7, 31), 6) == date(2027, 1, 31)
    assert months_after(date(2026, 8, 31), 6) == date(2027, 3, 1)

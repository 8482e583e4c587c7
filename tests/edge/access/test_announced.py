"""What stands out in the dates of a zone is told, and refuses nothing."""

from dataclasses import replace
from datetime import date

import pytest

from edge.access.announced import remarks, warned_until
from edge.access.calendar import months_after
from edge.access.pack import SHIPPED, load_law
from edge.access.rules import Law

FLEMISH = load_law(SHIPPED / "fl-zes.toml", "voorbeeldgem")
DUTCH = load_law(SHIPPED / "nl-ze.toml", "rotterdam")


def of(law: Law, **dates: date | None) -> Law:
    return replace(law, zone=replace(law.zone, **dates))  # type: ignore[arg-type]


def test_a_flemish_zone_announced_too_late_is_told_with_its_earliest_day() -> None:
    (remark,) = remarks(FLEMISH, date(2025, 7, 2))
    assert "2027-01-02" in remark.nl
    assert "2027-01-02" in remark.en
    assert "R004-64" in remark.en


@pytest.mark.parametrize("announced", [None, date(2025, 7, 1), date(2024, 1, 1)])
def test_eighteen_months_are_enough_and_an_unknown_day_is_no_remark(announced: date | None) -> None:
    assert remarks(FLEMISH, announced) == ()


def test_the_netherlands_know_no_term_of_announcement() -> None:
    assert remarks(DUTCH, DUTCH.zone.start) == ()


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (date(2024, 12, 31), True),
        (date(2025, 1, 1), False),
        (date(2030, 1, 1), False),
        (date(2030, 1, 2), True),
    ],
)
def test_a_dutch_zone_starts_within_the_agreed_years(start: date, told: bool) -> None:
    found = remarks(of(DUTCH, start=start, warn_until=None), None)
    assert bool(found) is told
    assert all("R003-07" in remark.en for remark in found)


@pytest.mark.parametrize(("until", "told"), [(date(2025, 6, 29), True), (date(2025, 6, 30), False)])
def test_a_dutch_warning_period_lasts_six_months(until: date, told: bool) -> None:
    assert bool(remarks(of(DUTCH, warn_until=until), None)) is told


def test_the_last_day_of_warning_is_the_zones_own_or_that_of_the_pack() -> None:
    assert warned_until(DUTCH) == date(2025, 6, 30)
    assert warned_until(of(DUTCH, warn_until=None)) == date(2025, 6, 30)
    assert warned_until(FLEMISH) is None


def test_a_zone_at_the_end_of_the_calendar_brings_nothing_down() -> None:
    assert months_after(date.max, 18) == date.max
    assert remarks(of(FLEMISH, start=date.max), date.max) == ()
    assert warned_until(of(DUTCH, start=date.max, warn_until=None)) is not None

from datetime import UTC, datetime, timedelta

import pytest

from edge.access.pack import shipped
from edge.counts.intake import Intake
from edge.counts.months import Period, hours, months
from edge.counts.table import table_of
from edge.counts.words import words
from edge.record.message import CountRecord
from tests.chains import CLOCK

WORDS = words(shipped())
BRUSSELS = "Europe/Brussels"
JUNE = datetime(2028, 5, 31, 22, tzinfo=UTC)  # local midnight
FULL = {
    "passages": {"in_scope": 100, "out_of_scope": 60, "unknown_scope": 40},
    "operation": {"announced": 200, "settled": 180, "seconds": 3600, "frames": 900},
    "outcome": {"free_access": 70, "exempt": 6, "permitted": 9, "no_access": 5, "review": 10},
    "outcome_van": {"free_access": 50, "exempt": 6, "no_access": 5, "review": 10},
    "outcome_truck": {"free_access": 20, "permitted": 9},
    "review_reason": {"SET": 10},
    "unknown_scope_reason": {"READ": 20, "MISS": 20},
}


def record(hour: datetime = JUNE, figures: dict | None = None, **fields: object) -> CountRecord:
    given = {"box": "b1", "epoch": 1, "seq": 1, "zone": "z", "availability": {}} | fields
    return CountRecord(
        prev="",
        salt="",
        software="",
        clock=CLOCK,
        config_sha256="",
        since=hour,
        until=hour + timedelta(hours=1),
        figures=FULL if figures is None else figures,
        **given,
    )  # type: ignore[arg-type]


def by_month(*records: CountRecord) -> list[Period]:
    return months(records, lambda zone: BRUSSELS)


def test_a_month_is_that_of_the_zones_own_calendar() -> None:
    before, after = record(JUNE - timedelta(hours=1)), record(JUNE)
    assert [period.name for period in by_month(before, after)] == ["2028-05", "2028-06"]


@pytest.mark.parametrize(("month", "long"), [(3, 743), (6, 720), (10, 745)])
def test_a_month_is_as_long_as_its_clock_changes_make_it(month, long) -> None:
    (period,) = by_month(record(datetime(2028, month, 15, tzinfo=UTC)))
    assert period.hours_long == long


def test_hours_are_summed_and_boxes_added() -> None:
    (period,) = by_month(record(), record(JUNE + timedelta(hours=1)), record(box="b2"))
    assert period.figures["passages"]["in_scope"] == 300
    up = period.uptime()
    assert (up["boxes_reporting"], up["hours_reported"]) == (2, 3)
    assert up["hours_missing"] == 2 * 720 - 3
    assert up["uptime"] == pytest.approx(3 / (2 * 720), abs=1e-4)


def test_zones_are_never_summed_together() -> None:
    periods = by_month(record(), record(zone="other"))
    assert [(p.zone, p.figures["passages"]["in_scope"]) for p in periods] == [
        ("other", 100),
        ("z", 100),
    ]


def test_an_hour_told_in_two_records_is_one_hour() -> None:
    half = {"operation": {"seconds": 1800, "announced": 9}}
    (period,) = by_month(record(figures=half), record(figures=half, seq=2))
    assert period.uptime()["hours_reported"] == 1
    assert period.uptime()["seconds_in_operation"] == 3600


def test_the_oldest_registry_of_a_month_is_told() -> None:
    young, old = ({"exemptions_age_h": age} for age in (3.0, 50.0))
    (period,) = by_month(record(availability=young), record(availability=old))
    assert period.uptime()["oldest_exemptions_h"] == 50
    (without,) = by_month(record())
    assert without.uptime()["oldest_exemptions_h"] is None


def test_by_hour_each_stands_alone() -> None:
    names = [p.name for p in hours([record(), record(JUNE + timedelta(hours=1))])]
    assert names == ["2028-05-31T22:00Z", "2028-05-31T23:00Z"]


def test_the_denominators() -> None:
    (period,) = by_month(record())
    table = table_of(period, 5)
    shares = {(line.figure, line.value): line.share for line in table.lines}
    assert shares["passages", "in_scope"] == 0.5
    assert shares["operation", "settled"] == 0.9
    assert shares["unknown_scope_reason", "MISS"] == 0.5
    assert shares["review_reason", "SET"] == 0.1
    assert table.compliance() == {
        "share_free_access": 0.7,
        "share_with_exemptions": 0.85,
        "share_undetermined": 0.1,
        "share_free_access_truck": pytest.approx(20 / 29, abs=1e-4),
        "share_with_exemptions_truck": 1.0,
        "share_undetermined_truck": None,
        "share_free_access_van": pytest.approx(50 / 71, abs=1e-4),
        "share_with_exemptions_van": pytest.approx(56 / 71, abs=1e-4),
        "share_undetermined_van": pytest.approx(10 / 71, abs=1e-4),
    }


def test_hours_before_a_zone_began_are_in_no_share_of_compliance() -> None:
    figures = {
        "passages": {"in_scope": 100},
        "operation": {"announced": 100},
        "outcome": {"free_access": 30, "no_access": 10, "zone_not_active": 60},
    }
    (period,) = by_month(record(figures=figures))
    shares = {(line.figure, line.value): line.share for line in table_of(period, 5).lines}
    assert shares["outcome", "free_access"] == 0.75
    assert shares["outcome", "zone_not_active"] == 0.6


def taken(*places: tuple[str, int, int, str]) -> Intake:
    intake = Intake(WORDS)
    for box, epoch, seq, sha256 in places:
        intake.take((box, epoch, seq), sha256, record(box=box, epoch=epoch, seq=seq))
    return intake


def test_a_record_that_comes_twice_counts_once() -> None:
    intake = taken(("b1", 1, 1, "a"), ("b1", 1, 1, "a"), ("b2", 1, 1, "a"))
    assert len(intake.counts) == 2
    assert (intake.repeated, list(intake.notes())) == (1, [])


def test_another_record_at_the_same_place_is_stated_and_not_counted() -> None:
    intake = taken(("b1", 1, 1, "a"), ("b1", 1, 1, "b"))
    assert len(intake.counts) == 1
    assert list(intake.notes()) == [
        "1 records stand at a place that another has: only the first counts."
    ]


def test_what_is_missing_between_records_is_stated() -> None:
    intake = taken(*(("b1", 1, seq, "a") for seq in (1, 2, 4, 9)), ("b1", 2, 5, "a"))
    assert list(intake.notes()) == [
        "Box b1: record 1/3 is missing, and what it may have counted.",
        "Box b1: records 1/5 to 8 are missing, and what they may have counted.",
    ]


HOSTILE = {
    "1ZZZ999": {"x": 5},
    "what_if_1ZZZ999": {"no_access": 5},
    "what_if_2029_01_01": {"1ZZZ999": 5},
    "exemption_type": {"NL-VR-1ZZZ999": 5, "NL-VR-*": 6},
    "fuel": {"diesel+electric": 5, "diesel+1ZZZ999": 6},
    "passages": {"=cmd|'1'": 5, "in_scope": -1, "out_of_scope": 7},
}


def test_no_figure_and_no_value_is_taken_from_a_record_that_is_not_on_our_own_lists() -> None:
    intake = Intake(WORDS)
    intake.take(("b1", 1, 1), "a", record(figures=HOSTILE))
    (period,) = by_month(*intake.counts)
    assert period.figures == {
        "what_if_2029_01_01": {"other": 5},
        "exemption_type": {"other": 5, "NL-VR-*": 6},
        "fuel": {"diesel+electric": 5, "other": 6},
        "passages": {"other": 5, "out_of_scope": 7},
    }
    assert "7 values are not on the lists" in next(intake.notes())
    assert "1ZZZ999" not in str([*intake.notes(), table_of(period, 5)])

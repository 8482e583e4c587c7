"""What is wrong with the updates of a box, as `check` and an alarm tell it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.daemon.late import LATE, fault_at, fault_of
from edge.update.report import FamilyReport, Fault, Report

NOW = datetime(2028, 6, 1, tzinfo=UTC)
FINE = FamilyReport("registry", "current")
REFUSED = FamilyReport("packs", "refused", refused=Fault("It contradicts its cases.", "Look."))
NOT_REACHED = FamilyReport("packs", "not_reached", refused=Fault("No source.", "Look."))


def report(*families: FamilyReport, succeeded_at: datetime | None = NOW) -> Report:
    return Report(NOW, (), families, succeeded_at=succeeded_at)


def test_a_sync_that_found_everything_is_no_fault() -> None:
    assert fault_of(report(FINE), NOW) is None


def test_what_was_refused_is_a_fault_and_names_the_family() -> None:
    said = fault_of(report(FINE, REFUSED), NOW)
    assert said == "An update was refused. packs: It contradicts its cases."


def test_a_source_that_is_down_for_an_hour_is_no_fault_and_for_a_week_is_one() -> None:
    assert fault_of(report(NOT_REACHED), NOW + LATE) is None
    later = NOW + LATE + timedelta(seconds=1)
    said = fault_of(report(NOT_REACHED), later)
    assert said is not None
    assert "2028-06-01T00:00:00Z" in said
    assert fault_of(report(NOT_REACHED), later + timedelta(days=1)) == said  # one alarm, not many


def test_no_sync_at_all_is_a_fault() -> None:
    assert fault_of(None, NOW) is not None
    assert fault_of(report(FINE, succeeded_at=None), NOW) is not None


def test_a_report_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{")
    assert "cannot be read" in (fault_at(tmp_path / "report.json", NOW) or "")

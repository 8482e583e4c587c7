from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.daemon.synced import LONGEST, synced
from edge.record.active import Family, Updates
from edge.update.report import Active, FamilyReport, Fault, Report, write_report

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
EARLIER = AT - timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def test_every_family_is_told_with_what_is_in_force_and_what_was_refused(path: Path) -> None:
    why = Fault("Case 12 differs.", "Tell the publisher.")
    families = (
        FamilyReport("registry", "current", active=Active(7, "r7", EARLIER, until=AT)),
        FamilyReport("packs", "refused", offered=4, refused=why, active=Active(3, "p3", EARLIER)),
        FamilyReport("models", "not_reached", refused=Fault("No source answers.", "Wait.")),
    )
    write_report(path, Report(AT, (), families, succeeded_at=EARLIER))
    assert synced(path) == Updates(
        synced_at=AT,
        reached_at=EARLIER,
        fault=None,
        families=(
            Family(family="registry", outcome="current", release=7, until=AT),
            Family(
                family="packs", outcome="refused", release=3, refused=4, reason="Case 12 differs."
            ),
            Family(
                family="models", outcome="not_reached", release=None, reason="No source answers."
            ),
        ),
    )


def test_a_box_that_never_synced_says_so(path: Path) -> None:
    assert synced(path) == Updates(synced_at=None, reached_at=None, fault=None, families=())


def test_a_report_that_cannot_be_read_is_told_as_that(path: Path) -> None:
    path.write_bytes(b"\xff")
    fault = synced(path).fault
    assert fault is not None
    assert "cannot be read" in fault


def test_a_reason_without_end_is_cut(path: Path) -> None:
    families = (FamilyReport("packs", "refused", offered=4, refused=Fault("x" * 200_000, "")),)
    write_report(path, Report(AT, (), families))
    (family,) = synced(path).families
    assert family.reason == "x" * LONGEST

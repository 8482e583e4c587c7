"""`sync`: what was checked, fetched, refused and why, what is in force, and until when."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.check import check
from edge.cli.sync import sync, told
from edge.update.releases import Family
from edge.update.report import FamilyReport, Outcome, Report
from tests.conftest import REPOSITORY
from tests.edge.cli.test_main import anpr_edge
from tests.follower import Follower
from tests.repository import Publisher


def run(box: Follower, *more: str) -> Result:
    return CliRunner().invoke(sync, ["--config", str(box.path), *more])


def updates(box: Follower) -> dict[str, object]:
    told = json.loads(CliRunner().invoke(check, ["--config", str(box.path), "--json"]).stdout)
    (found,) = (item for item in told["items"] if item["item"] == "updates")
    return dict(found)


def test_a_first_sync_tells_what_came_and_until_when_it_may_be_used(
    box: Follower, publisher: Publisher
) -> None:
    result = run(box)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == f"source {publisher.folder}: proven"
    assert lines[1].startswith("registry: a new release is in force; release 1 fetched whole, ")
    assert lines[2].startswith("  in force: release 1 (one) since 20")
    assert "vehicles 7 hours old, exemptions 7 hours old, to be used until 20" in lines[2]
    assert lines[3] == "packs: not followed: the configuration names its own"


def test_nothing_newer_is_fine(box: Follower) -> None:
    run(box)
    result = run(box)
    assert result.exit_code == 0
    assert "registry: nothing newer for this box" in result.output


def test_a_refusal_is_a_finding_with_its_reason_and_what_stays(
    box: Follower, publisher: Publisher, registries: dict[str, Path]
) -> None:
    run(box)
    publisher.offer_registry(registries["two"], content="0" * 64)
    publisher.publish()
    result = run(box)
    assert result.exit_code == 1
    assert "registry: REFUSED release 2" in result.output
    assert "Release 2 is not the content it states." in result.output
    assert "in force: release 1 (one)" in result.output


def test_without_a_release_it_says_what_holds() -> None:
    def said(family: Family, outcome: Outcome) -> list[str]:
        report = Report(datetime(2026, 11, 20, tzinfo=UTC), (), (FamilyReport(family, outcome),))
        return list(told(report))[1:]

    assert said("registry", "current") == ["  in force: no registry: every passage is a review"]
    assert said("registry", "not_reached") == said("registry", "current")
    assert said("packs", "current") == ["  in force: the packs of the software"]
    assert said("packs", "refused") == ["  in force: no release"]
    assert said("models", "not_followed") == []


def test_a_rollback_tells_what_was_withdrawn_and_why(
    box: Follower, publisher: Publisher, registries: dict[str, Path]
) -> None:
    offered = publisher.offer_registry(registries["two"])
    publisher.publish()
    run(box)
    publisher.withdraw("registry", offered, "exemptions were missing")
    publisher.publish()
    output = run(box).output
    assert "registry: its release was withdrawn; another one is in force" in output
    assert "  Release 2 (two) was withdrawn: exemptions were missing.\n" in output


def test_the_json_is_the_report(box: Follower) -> None:
    result = run(box, "--json")
    told = json.loads(result.stdout)
    assert told["families"][0]["outcome"] == "activated"
    assert told["families"][0]["active"]["number"] == 1
    assert json.loads((box.state / "updates" / "report.json").read_text()) == told


def test_another_source_is_asked_in_place_of_those_configured(
    box: Follower, publisher: Publisher, tmp_path: Path
) -> None:
    publisher.copy(tmp_path / "stick")
    result = run(box, "--from", str(tmp_path / "stick"))
    assert result.exit_code == 0
    assert f"source {tmp_path / 'stick'}: proven" in result.output
    assert str(publisher.folder) not in result.output


def test_an_unreachable_source_is_a_finding(box: Follower, tmp_path: Path) -> None:
    result = run(box, "--from", str(tmp_path / "nothing"))
    assert result.exit_code == 1
    assert f"source {tmp_path / 'nothing'}: gives nothing: The folder" in result.output
    assert "is not, or no longer, there. Look" in result.output
    assert "registry: NOT REACHED" in result.output


def test_a_box_without_updates_is_misuse(box: Follower) -> None:
    text = box.path.read_text()
    box.path.write_text(text[: text.index("[updates]")])
    result = anpr_edge("sync", "--config", str(box.path), cwd=REPOSITORY)
    assert result.returncode == 2
    assert "has no [updates]" in result.stderr


def test_no_source_is_misuse(box: Follower) -> None:
    text = box.path.read_text()
    box.path.write_text(text.replace("sources", "# sources"))
    result = anpr_edge("sync", "--config", str(box.path), cwd=REPOSITORY)
    assert result.returncode == 2
    assert "updates.sources is empty" in result.stderr


def test_a_missing_root_is_told_with_its_remedy(box: Follower) -> None:
    (box.folder / "root.json").unlink()
    result = run(box)
    assert result.exit_code == 1
    assert "The trusted root" in result.output
    assert "updates.root" in result.output


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_a_root_that_is_none_is_told(box: Follower, content: bytes) -> None:
    (box.folder / "root.json").write_bytes(content)
    result = run(box)
    assert result.exit_code == 1
    assert "The trusted root" in result.output
    assert "root.json is no root.json. Give the box the root.json of its" in result.output


def test_check_tells_of_the_last_sync(box: Follower) -> None:
    assert updates(box)["says"] == "No sync has looked for updates yet"
    run(box)
    found = updates(box)
    assert found["ok"]
    told = "last looked for 0 minutes ago, registry 1 (one) to be used until 20"
    assert str(found["says"]).startswith(told)


def test_check_tells_what_was_refused_and_why(
    box: Follower, publisher: Publisher, registries: dict[str, Path]
) -> None:
    run(box)
    publisher.offer_registry(registries["two"], content="0" * 64)
    publisher.publish()
    run(box)
    found = updates(box)
    assert not found["ok"]
    assert "registry: Release 2 is not the content it states" in str(found["says"])
    assert "anpr-edge sync" in str(found["remedy"])


def test_check_opens_the_registry_that_the_updates_brought(box: Follower) -> None:
    run(box)
    told = json.loads(CliRunner().invoke(check, ["--config", str(box.path), "--json"]).stdout)
    (found,) = (item for item in told["items"] if item["item"] == "registry")
    assert found["snapshot"] == "one"

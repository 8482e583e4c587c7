"""`anpr-edge settings`: seen, compared, put in force and taken back, each with its deed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli.settings import settings
from edge.config import load, site_file
from edge.errors import ConfigError, ReportError
from edge.record.deed import deed_of
from tests.booth import box

SQUARE = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]
SOUTH = {"region": SQUARE, "lanes": [{"name": "south", "polygon": SQUARE, "direction": "leaving"}]}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return box(tmp_path).path


def ask(verb: str, config: Path, *more: str, said: Any = None) -> Result:
    text = None if said is None else json.dumps(said)
    return CliRunner().invoke(settings, [verb, "--config", str(config), *more], input=text)


def told(verb: str, config: Path, *more: str, said: Any = None) -> dict[str, Any]:
    done = ask(verb, config, "--json", *more, said=said)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    found: dict[str, Any] = json.loads(done.output)
    return found


def deeds(config: Path) -> list[tuple[str, dict[str, str]]]:
    files = sorted((config.parent / "state" / "panel").glob("*.json"))
    found = [deed_of(path.read_bytes()) for path in files]
    assert all(deed is not None and deed.by.startswith("terminal:") for deed in found)
    return [(deed.action, dict(deed.details)) for deed in found if deed is not None]


def test_what_is_shown_can_be_given_back_and_changes_nothing(config: Path) -> None:
    shown = told("show", config)
    assert shown["sha256"] == load(config).sha256
    assert told("diff", config, "-", said=shown["drawing"]) == {"changes": []}
    assert ask("diff", config, "-", said=shown["drawing"]).exit_code == 0
    assert told("apply", config, "-", said=shown["drawing"])["changes"] == []
    assert not site_file(load(config)).exists()
    assert deeds(config) == []


def test_a_drawing_is_compared_put_in_force_and_taken_back(config: Path) -> None:
    before = load(config).sha256
    compared = ask("diff", config, "-", said=SOUTH)
    assert compared.exit_code == 1
    assert "lane south: none -> 4 corners, 16\xa0% of the picture, leaving" in compared.output
    assert "Not in force yet." in compared.output
    assert load(config).sha256 == before
    put = told("apply", config, "-", said=SOUTH)
    assert (put["before"], put["sha256"]) == (before, load(config).sha256)
    assert [one["lane"] for one in put["changes"]] == [None, "north", "south"]
    shown = told("show", config)
    assert shown["drawing"]["lanes"][0]["name"] == "south"
    assert shown["versions"][0]["said"].split(", ")[1].startswith("terminal:")
    back = told("rollback", config, "0")
    assert [one["after"] is None for one in back["changes"]] == [False, True, False]
    assert [lane.name for lane in load(config).camera.lanes] == ["north"]
    assert told("rollback", config, "1")["changes"][-1]["lane"] == "south"
    assert deeds(config) == [
        ("settings_changed", {"before": before}),
        ("settings_taken_back", {"before": put["sha256"], "version": "0"}),
        ("settings_taken_back", {"before": back["sha256"], "version": "1"}),
    ]
    plain = ask("show", config).output
    assert "lane south: 0.20,0.20 0.60,0.20 0.60,0.60 0.20,0.60 leaving" in plain
    assert plain.count("(in force)") == 1


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"region": 3},
        {"keys": {}},
        {"region": [[0.2, 0.2], [0.6, 0.6], [0.6, 0.2], [0.2, 0.6]]},
        {"lanes": [{"name": "a\nb", "polygon": SQUARE}]},
    ],
)
@pytest.mark.parametrize("verb", ["diff", "apply"])
def test_what_cannot_be_used_changes_nothing(config: Path, verb: str, said: Any) -> None:
    assert isinstance(ask(verb, config, "-", said=said).exception, ConfigError)
    assert not site_file(load(config)).exists()
    assert deeds(config) == []


def test_who_looked_at_other_settings_changes_nothing(config: Path) -> None:
    base = load(config).sha256
    assert told("apply", config, "-", "--base", base, said=SOUTH)["before"] == base
    done = ask("rollback", config, "0", "--base", base)
    assert isinstance(done.exception, ConfigError)
    assert "meanwhile" in str(done.exception)
    assert len(deeds(config)) == 1


def test_a_version_that_is_not_there_is_told(config: Path) -> None:
    assert isinstance(ask("rollback", config, "7").exception, ConfigError)
    assert ask("rollback", config, "-1").exit_code == 2


def test_what_cannot_be_on_the_trail_is_not_done(config: Path) -> None:
    (config.parent / "state" / "panel").rmdir()
    assert isinstance(ask("apply", config, "-", said=SOUTH).exception, ReportError)
    assert not site_file(load(config)).exists()


def test_settings_that_cannot_be_used_are_taken_back(config: Path) -> None:
    told("apply", config, "-", said=SOUTH)
    site_file(load(config)).write_text("[camera]\nregion = 3\n")
    with pytest.raises(ConfigError):
        load(config)
    told("rollback", config, "0")
    assert [lane.name for lane in load(config).camera.lanes] == ["north"]


def test_a_box_without_a_panel_has_nothing_drawn(config: Path) -> None:
    config.write_text(config.read_text().partition("[panel]")[0])
    assert isinstance(ask("show", config).exception, ConfigError)

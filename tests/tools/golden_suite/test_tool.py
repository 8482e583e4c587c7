"""`python -m tools.golden_suite` on a suite of one short street."""

import json
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from tools.golden_suite.__main__ import Played, main, table
from tools.golden_suite.drawing import FACES
from tools.golden_suite.judging import Deviation
from tools.golden_suite.playing import Performance
from tools.golden_suite.street import Street
from tools.synth.glyphs import FontError, drawn_with

STREET = """\
says = "One van."
starts_at = 2028-06-01T10:00:00+02:00
seconds = 1.4
seed = 1
[[vehicles]]
plate = "1XKE410"
country = "BE"
way = [[0.1, 4.0], [3.1, 31.0]]
register = "van of 2009"
due = { voorbeeldgem = "no_access", voorbeeldstad = "review" }
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    try:
        with drawn_with(FACES):
            pass
    except FontError as fault:
        pytest.skip(f"no fonts to draw plates with: {fault.remedy}")
    (tmp_path / "streets").mkdir()
    (tmp_path / "streets" / "one.toml").write_text(STREET)
    return tmp_path


def run(suite: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["--suite", str(suite), *args])


def test_what_is_found_is_expected_from_then_on_and_a_change_is_told(suite: Path) -> None:
    first = run(suite, "--write")
    assert first.exit_code == 0, first.output
    assert '+plate = "1XKE410"' in first.output
    assert "not compared" in first.output
    assert "streets kept" not in first.output
    expected = suite / "expected" / "one.toml"
    expected.write_text(expected.read_text().replace('"leaving"', '"approaching"'))
    out = suite / "out"
    again = run(suite, "--out", str(out))
    assert again.exit_code == 1
    says = "one, vehicle 1 (1XKE410): its direction is leaving, expected approaching."
    assert says in again.output
    assert "1 deviation \n" in again.output
    facts = json.loads((out / "golden.json").read_text())
    assert (facts["kept"], facts["streets"][0]["right"]) == (False, 1)
    assert [one["says"] for one in facts["streets"][0]["deviations"]] == [says]
    assert "data:image/jpeg;base64," in (out / "one" / "report.html").read_text()
    assert json.loads(run(suite, "--only", "one", "--json").stdout)["kept"] is False


def test_what_accuses_wrongly_is_never_expected(suite: Path) -> None:
    street = suite / "streets" / "one.toml"
    street.write_text(STREET.replace('"no_access"', '"free_access"'))
    refused = run(suite, "--write")
    assert refused.exit_code == 1
    assert "NOT TO BE EXPECTED: one, vehicle 1: no_access in voorbeeldgem" in refused.output
    assert not (suite / "expected").exists()
    assert "NOT TO BE EXPECTED" in run(suite, "--write", "--json").stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--only", "two"), "There is no street two"),
        (("--models", "nowhere"), "is no manifest of models"),
        (("--models", "models", "--write"), "written with the models of the software"),
    ],
)
def test_misuse_is_said(suite: Path, args: tuple[str, ...], says: str) -> None:
    told = run(suite, *args)
    assert told.exit_code == 2
    assert says in told.output


def test_a_street_of_which_nothing_is_expected_is_said(suite: Path) -> None:
    told = run(suite)
    assert told.exit_code == 2
    assert "Nothing is expected of one yet" in told.output


def test_what_is_expected_is_asked_for_before_anything_is_drawn(suite: Path) -> None:
    run(suite, "--out", str(suite / "out"))
    assert not (suite / "out").exists()


def test_the_table_fits_a_narrow_terminal() -> None:
    outcomes = SimpleNamespace(vehicles=())
    score = SimpleNamespace(vehicles=[None] * 12, count=lambda _: 12)
    performance = cast(Performance, SimpleNamespace(outcomes=outcomes, score=score))
    street = msgspec.toml.decode(STREET, type=Street)
    told = Played("stop-and-go", street, performance, (cast(Deviation, None),) * 12)
    out = StringIO()
    Console(width=80, file=out).print(table([told]))
    shown = out.getvalue()
    assert "…" not in shown
    assert "duplicated" in shown
    assert "12 deviations" in shown


def test_a_suite_without_a_street_proves_nothing(tmp_path: Path) -> None:
    told = run(tmp_path)
    assert told.exit_code == 2
    assert "There is no street in" in told.output


def test_a_folder_that_cannot_be_written_to_is_said(suite: Path) -> None:
    (suite / "taken").touch()
    told = run(suite, "--write", "--out", str(suite / "taken" / "x"))
    assert told.exit_code == 2
    assert "cannot be written or read" in told.output
    assert "Name another folder with --out." in told.output

"""`make demo` is the first thing anyone sees: it works with a broker, and without one."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.street import OUTCOMES
from tools.demo import __main__ as demo
from tools.demo.broker import find_mosquitto


def shown(out: Path, capfd: pytest.CaptureFixture[str], *args: str) -> str:
    result = CliRunner().invoke(demo.main, ["--out", str(out), *args])
    said = result.output + capfd.readouterr().out
    assert result.exit_code == 0, said
    return said


def assert_proven(said: str, out: Path) -> None:
    for plate, outcome in OUTCOMES.items():
        assert plate in said
        assert outcome.replace("_", " ") in said
    assert f"{len(OUTCOMES)} records proven" in said
    assert f"All {len(OUTCOMES)} records arrived and are proven." in said
    assert (out / "report.html").exists()
    assert (out / "annotated.mp4").exists()


def test_over_a_broker(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if find_mosquitto() is None:
        pytest.skip("no Mosquitto here: apt install mosquitto")
    assert_proven(shown(tmp_path / "out", capfd), tmp_path / "out")


def test_over_a_stick_where_there_is_no_broker(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "find_mosquitto", lambda: None)
    assert_proven(shown(tmp_path / "out", capfd), tmp_path / "out")


def test_a_clip_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(demo.main, ["--clip", "none.mp4", "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "none.mp4 does not exist" in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_other_things_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    result = CliRunner().invoke(demo.main, ["--out", str(tmp_path)])
    assert result.exit_code == 1
    assert (tmp_path / "thesis.txt").exists()
    shutil.rmtree(tmp_path)

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge import __version__
from edge.cli.main import VERBS, cli
from tests.conftest import REPOSITORY


def anpr_edge(*args: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli.main", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_every_verb_has_help_that_opens_with_what_it_does() -> None:
    for verb in VERBS:
        result = CliRunner().invoke(cli, [verb, "--help"])
        assert result.exit_code == 0, result.output
        assert "Usage:" in result.output


def test_the_version_is_told() -> None:
    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


def test_every_verb_and_tool_stands_in_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    for verb in VERBS:
        assert f"anpr-edge {verb}" in readme, verb
    for path in (REPOSITORY / "tools").glob("*.py"):
        if "__main__" in path.read_text():
            named = f"tools.{path.stem}" in readme or f"make {path.stem}" in readme
            assert named or f"make {path.stem.replace('_', '-')}" in readme, path.stem


def test_misuse_exits_with_2_and_a_fault_with_1_and_one_sentence(tmp_path: Path) -> None:
    unknown = anpr_edge("reed")
    assert unknown.returncode == 2
    missing = anpr_edge("replay", "none.mp4", "--out", str(tmp_path / "never"))
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert "none.mp4 does not exist" in missing.stderr
    assert not (tmp_path / "never").exists()


def test_an_output_that_takes_nothing_is_named_and_is_no_fault_of_ours(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edge.cli.main", "check", "--config", "none.toml"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, check=False
        )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "The output cannot be written (No space left on device)." in done.stderr
    shut = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *command],
        stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, check=False,
    )  # fmt: skip
    assert (shut.returncode, shut.stderr.count("\n")) == (1, 1)
    assert "The output is closed." in shut.stderr


def test_a_table_on_an_output_that_takes_nothing_is_no_fault_of_ours(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((40, 60, 3), np.uint8))
    words = ["replay", str(tmp_path / "a.png"), "--out", str(tmp_path / "out")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "edge.cli.main", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "The output cannot be written" in done.stderr


def test_what_a_file_is_called_is_shown_by_an_error_and_not_obeyed(tmp_path: Path) -> None:
    result = anpr_edge("replay", "a\x1b[31m.mp4", "--out", str(tmp_path / "never"))
    assert "a\\u001b[31m.mp4 does not exist" in result.stderr


def test_a_fault_of_ours_is_told_without_what_it_was_handling(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from edge.cli import main as module

    def broken(**_: object) -> None:
        raise ValueError("1KZE410")

    monkeypatch.setattr(module, "cli", broken)
    with pytest.raises(SystemExit) as e:
        module.main()
    said = capsys.readouterr().err
    assert e.value.code == 3
    assert "ValueError" in said
    assert "1KZE410" not in said

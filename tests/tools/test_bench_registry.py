"""The benchmark of a registry: tables made once, every figure beside what is asked of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tools.bench_registry import family, main, peak_bytes, resident_bytes


def run(folder: Path, *more: str) -> Result:
    options = ["--vehicles=3000", "--exemptions=100", "--calls=300", f"--folder={folder}"]
    return CliRunner().invoke(main, [*options, *more])


def test_every_figure_is_measured_and_the_tables_are_made_once(tmp_path: Path) -> None:
    told = [json.loads(run(tmp_path, "--json").stdout) for _ in range(2)]
    first, again = ({f["work"]: f for f in one["figures"]} for one in told)
    assert first.keys() - again.keys() == {"make the tables"}
    ours = [f for work, f in again.items() if work.startswith(("build", "size", "look", "found"))]
    assert all(figure["value"] > 0 for figure in ours)
    assert again["found of those asked"]["value"] == pytest.approx(70, abs=8)
    assert {figure["asked"] for figure in ours} == {900, 1000, 400, 30, 200, None}
    assert len(again) > len(ours)  # what a delta costs is told beside it


def test_memory_is_that_of_a_process_and_its_children() -> None:
    waiting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE) as child:
        assert {os.getpid(), child.pid} <= set(family(os.getpid()))
        assert resident_bytes(child.pid) > 0
        child.communicate(b"\n")
    assert resident_bytes(child.pid) == 0


def test_a_build_that_fails_is_told() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        peak_bytes([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")

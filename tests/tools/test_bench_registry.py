"""The benchmark of a registry: tables made once, every figure beside what is asked of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tools.bench.process import family, resident_bytes
from tools.bench_registry import main, peak_bytes


def run(folder: Path, *more: str) -> Result:
    options = ["--vehicles=3000", "--exemptions=100", "--calls=300", f"--folder={folder}"]
    return CliRunner().invoke(main, [*options, *more])


def test_every_figure_is_measured_and_the_tables_are_made_once(tmp_path: Path) -> None:
    told = [json.loads(run(tmp_path, "--json").stdout) for _ in range(2)]
    first, again = ({f["name"]: f for f in one["figures"]} for one in told)
    assert first.keys() - again.keys() == {"make the tables"}
    at_most_little = ("make", "delta", "memory more", "the same")  # rounded, where all is small
    assert [
        n for n, f in first.items() if f["value"] <= 0 and not n.startswith(at_most_little)
    ] == []
    assert again["found of those asked"]["value"] == pytest.approx(70, abs=8)
    asked = {figure["asked"] for figure in again.values()}
    assert asked == {900, 1000, 400, 30, 200, 2, 10, 100, 50, None}


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

"""The benchmark of a decision: a registry made once, every sort of answer, every figure."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.registry.cache import RegistryCache
from tools.bench_access import asked, main
from tools.large_registry import KEY, large_registry, plate

VEHICLES = 4_000


def run(folder: Path, *more: str) -> Result:
    options = [f"--vehicles={VEHICLES}", "--calls=400", f"--folder={folder}", *more]
    return CliRunner().invoke(main, options)


def test_the_benchmark_measures_every_step_on_every_sort_of_vehicle(tmp_path: Path) -> None:
    result = run(tmp_path, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    steps = {figure["work"]: figure for figure in told["figures"]}
    assert {"look up", "decide", "look up and decide", "load both packs"} <= set(steps)
    assert all(0 < figure["p50_us"] <= figure["p99_us"] for figure in steps.values())
    assert set(told["outcomes"]) >= {"review", "free_access", "no_access", "permitted", "exempt"}
    assert sum(told["outcomes"].values()) == steps["look up"]["calls"] == 400


def test_the_registry_is_made_once(tmp_path: Path) -> None:
    first = large_registry(VEHICLES, tmp_path)
    made = first.stat().st_mtime_ns
    assert large_registry(VEHICLES, tmp_path) == first
    assert first.stat().st_mtime_ns == made


def test_the_shares_of_what_is_asked_are_those_it_tells(tmp_path: Path) -> None:
    with RegistryCache.open(large_registry(VEHICLES, tmp_path), KEY) as cache:
        found = [cache.facts(passage) for passage in asked(VEHICLES, 1_000)]
    assert not any(facts.fault for facts in found)
    assert sum(facts.vehicle is None for facts in found) == pytest.approx(300, abs=50)
    assert sum(bool(facts.exemptions) for facts in found) == pytest.approx(350, abs=50)


def test_no_two_made_up_vehicles_share_a_plate() -> None:
    assert len({plate(number) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize("asked_for", ["--vehicles=0", "--calls=0"])
def test_nothing_to_measure_is_misuse(tmp_path: Path, asked_for: str) -> None:
    assert run(tmp_path, asked_for).exit_code == 2


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")

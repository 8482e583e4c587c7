import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.bench import RESTING, WATCHED, WHOLE, main


def test_the_benchmark_times_every_stage_of_the_path() -> None:
    result = CliRunner().invoke(main, ["--frames", "90", "--rounds", "1", "--json"])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    stages = {stage["stage"]: stage for stage in facts["stages"]}
    expected = {name for _, name in WATCHED.values()} | {
        WHOLE,
        RESTING,
        "decide",
        "decode one frame",
    }
    assert expected <= set(stages)
    assert all(s["calls"] > 0 and s["p95_ms"] >= 0 for s in facts["stages"])
    assert facts["frames_per_second_one_thread"] > 0
    assert all(share > 0 for share in facts["together_against_peers"].values())


@pytest.mark.parametrize(
    "asked", [("--clip", "/nonexist"), ("--frames", "0"), ("--rounds", "0"), ("--rounds", "-3")]
)
def test_nothing_to_measure_is_misuse(asked: tuple[str, str]) -> None:
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2
    assert asked[0] in result.output


def test_what_is_no_clip_is_one_sentence(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("no clip")
    result = CliRunner().invoke(main, ["--clip", str(clip)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")

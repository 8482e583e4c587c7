"""The history of a benchmark: nothing in it is ever lost, and what became slower is found."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import pytest
from click.testing import CliRunner, Result

from tools.bench import __main__ as tool
from tools.bench.compare import FEWEST, LAST, compared
from tools.bench.eyes import AGAINST
from tools.bench.figure import A_SECOND, MEGABYTES, TIMES, Figure, Findings
from tools.bench.history import Run, add, read_history
from tools.bench.process import Machine

HERE = Machine("a processor", 2, 0.5, "ext4 on /dev/sda")
STAGES = (
    Figure("pipeline", "track", 0.62, p95=0.9, processor=0.6, calls=150),
    Figure("pipeline", "detect", 4.0, p95=4.4, processor=4.0, calls=150),
    Figure("outbox", "append", 0.7, p95=1.0, processor=0.2, calls=150),
    Figure("run", "memory, resident", 170.0, MEGABYTES, by_clock=False),
    Figure("replay", "speed", 5.0, TIMES, more_is_better=True),
    Figure("receiver", "by one core", 5000.0, A_SECOND, more_is_better=True, by_clock=False),
    Figure(AGAINST, "int8 pair / peer", 0.24, TIMES, processor=0.23, by_clock=False),
)


def run(number: int = 0, noise: float = 0.0, machine: Machine = HERE, **worse: float) -> Run:
    """A run whose figures are off by chance, and one of them by more."""
    chance = Random(number)

    def moved(one: Figure) -> Figure:
        off = chance.uniform(1 - noise, 1 + noise)
        times = worse.get(one.name.split(",")[0].replace(" ", "_"), 1.0)
        used = None if one.processor is None else one.processor * off * times
        return replace(one, value=one.value * off * times, processor=used)

    at = datetime(2028, 6, 1, 8, number, tzinfo=UTC)
    figures = tuple(moved(one) for one in STAGES)
    about = {"commit": f"c{number:03}", "changed": False, "at": at, "of": "a clip"}
    return Run(**about, machine=machine, figures=figures)


def before(count: int = LAST, noise: float = 0.04, machine: Machine = HERE) -> list[Run]:
    return [run(number, noise, machine) for number in range(count)]


@pytest.mark.parametrize("stage", ["track", "detect", "append"])
def test_a_stage_that_became_slower_by_a_third_is_named(stage: str) -> None:
    found = compared(run(11, 0.04, **{stage: 1.3}), before())
    assert [one.figure.name for one in found.worse] == [stage]
    assert f"{stage}: " in str(found.worse[0])
    assert "worse than" in str(found.worse[0])
    assert found.figures == len(STAGES)


def test_more_memory_and_fewer_records_are_worse_too() -> None:
    found = compared(run(11, memory=1.4, by_one_core=0.6, speed=0.5), before())
    assert {one.figure.name for one in found.worse} == {
        "memory, resident",
        "by one core",
        "speed",
    }
    assert found.worse[0].figure.name == "speed"  # the worst first


@pytest.mark.parametrize("seed", range(12, 32))
def test_noise_is_no_slow_down_and_what_is_faster_is_none(seed: int) -> None:
    assert compared(run(seed, 0.04), before()).worse == ()
    assert compared(run(seed, 0.04, detect=0.5, track=0.5, memory=0.5), before()).worse == ()


def test_a_figure_that_always_moved_much_must_move_more() -> None:
    restless = before(noise=0.3)
    assert compared(run(11, detect=1.3), restless).worse == ()
    assert [w.figure.name for w in compared(run(11, detect=4), restless).worse] == ["detect"]


def test_only_the_last_runs_count() -> None:
    slow_once = [run(n, detect=3) for n in range(5)]
    found = compared(run(50, detect=1.4), slow_once + before())
    assert [one.figure.name for one in found.worse] == ["detect"]
    assert found.worse[0].runs == LAST


def test_another_machine_says_nothing_of_milliseconds_but_its_ratios_count() -> None:
    other = before(machine=replace(HERE, processor="another"))
    found = compared(run(11, detect=9), other)
    assert found.worse == ()
    assert found.figures == 1
    assert "ratios alone" in found.remarks[0]


def test_on_a_machine_that_is_busier_than_it_was_the_processor_decides() -> None:
    busy = replace(HERE, load=9.0)
    waited = [replace(one, value=one.value * 6) if one.by_clock else one for one in STAGES]
    late = msgspec.structs.replace(run(11, machine=busy), figures=tuple(waited))
    found = compared(late, before())
    assert found.worse == ()
    assert "busy" in found.remarks[0]
    assert found.figures == len(STAGES) - 1  # the speed has no processor time
    slow = compared(run(11, machine=busy, track=1.5), before())
    assert [one.figure.name for one in slow.worse] == ["track"]


def test_on_a_machine_that_always_is_busy_the_processor_decides_too() -> None:
    busy = replace(HERE, load=9.0)
    waited = [replace(one, value=one.value * 6) if one.by_clock else one for one in STAGES]
    late = msgspec.structs.replace(run(11, machine=busy), figures=tuple(waited))
    assert compared(late, before(machine=busy)).worse == ()


def test_before_there_are_enough_runs_nothing_is_compared_and_it_is_said() -> None:
    assert "no run" in compared(run(), []).remarks[0]
    other = [msgspec.structs.replace(one, of="another clip") for one in before()]
    assert "no run of the same clips" in compared(run(detect=9), other).remarks[0]
    few = compared(run(9, detect=9), before(FEWEST - 1))
    assert (few.worse, few.figures) == ((), 0)
    assert f"{FEWEST} runs" in few.remarks[0]


def test_what_is_added_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.jsonl"
    assert read_history(path).runs == ()
    runs = before(3)
    for one in runs:
        add(path, one)
    assert list(read_history(path).runs) == runs
    assert len(path.read_bytes().splitlines()) == 3


def test_a_torn_last_line_is_told_and_what_comes_after_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    first, second, third = before(3)
    add(path, first)
    add(path, second)
    torn = path.read_bytes()[:-40]
    path.write_bytes(torn)
    found = read_history(path)
    assert list(found.runs) == [first]
    assert found.faults == (f"{path}, line 2, is no run and is left out.",)
    add(path, third)
    assert path.read_bytes().startswith(torn + b"\n")  # what was there stays
    assert list(read_history(path).runs) == [first, third]


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[]", b'{"format":2}', b"\x00" * 40])
def test_what_is_no_run_is_told_and_left_out(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(line + b"\n" + msgspec.json.encode(run()) + b"\n")
    found = read_history(path)
    assert list(found.runs) == [run()]
    assert len(found.faults) == 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The tool, with a measurement that is made up: of each run the factor of one stage."""
    factors = [1.0]

    def measured(*_: object) -> Findings:
        slow = run(1, detect=factors[0]).figures
        return Findings(slow, ("The peers are left out.",))

    monkeypatch.setattr(tool, "measured", measured)
    monkeypatch.setattr(tool, "machine", lambda _: HERE)
    return factors


def bench(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(tool.main, [f"--folder={folder / 'made'}", *words])


def test_the_tool_keeps_a_history_and_exits_with_1_on_what_became_slower(
    tmp_path: Path, quick: list[float]
) -> None:
    history = f"--history={tmp_path / 'history.jsonl'}"
    assert "no run" in bench(tmp_path, history).stderr
    for _ in range(FEWEST - 1):
        early = bench(tmp_path, history, "--compare")
        assert (early.exit_code, "is worse" in early.stderr) == (0, False)  # nothing was compared
    calm = bench(tmp_path, history, "--compare", "--json")
    assert calm.exit_code == 0, calm.output
    told = json.loads(calm.stdout)
    assert (told["worse"], told["left_out"]) == ([], ["The peers are left out."])
    assert told["machine"]["processor"] == HERE.processor
    quick[0] = 1.3
    slow = bench(tmp_path, history, "--compare")
    assert slow.exit_code == 1
    assert "pipeline: detect: 5.20 ms is 30% worse than 4.00 ms" in slow.stderr
    assert slow.stderr.count("worse") == 1
    assert len(read_history(tmp_path / "history.jsonl").runs) == FEWEST + 2


def test_a_history_that_cannot_be_written_is_one_sentence_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "measured", lambda *_: pytest.fail("measured for nothing"))
    (tmp_path / "file").write_text("")
    result = bench(tmp_path, f"--history={tmp_path / 'file' / 'history.jsonl'}")
    assert result.exit_code == 1
    assert result.output.startswith("Error: The history ")
    assert result.output.count("\n") == 1


def test_to_compare_without_a_history_is_misuse(tmp_path: Path) -> None:
    assert bench(tmp_path, "--compare").exit_code == 2


@pytest.mark.parametrize("option", ["--page", "--folder"])
def test_a_place_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, quick: list[float], option: str
) -> None:
    (tmp_path / "file").write_text("")
    result = bench(tmp_path, f"{option}={tmp_path / 'file' / 'below'}")
    assert result.exit_code == 1
    assert "Error: " in result.output
    assert "cannot be written" in result.output or "Nothing can be measured" in result.output

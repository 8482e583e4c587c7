"""Whole processes are measured from outside, on two lanes of traffic, the same each time."""

import csv
import os
import shutil
import time
from itertools import pairwise
from pathlib import Path

import pytest

from edge.errors import CaptureError
from tools.bench import processes, traffic
from tools.bench.decoding import decoded
from tools.bench.figure import Findings
from tools.bench.line import prepared
from tools.bench.process import held, processor_s
from tools.bench.processes import Most, Replay
from tools.bench.ready import Asked, Ready
from tools.bench.receiver import receiver
from tools.bench.traffic import Traffic, both_lanes
from tools.synth.glyphs import FontError

DEMO = Path(traffic.__file__).parents[1] / "demo"
RUN = """\
format = 1
starts_at = 2028-06-01T10:00:00+02:00
ends_s = 2

[[clips]]
file = "street.mp4"
"""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    folder = tmp_path_factory.mktemp("bench")
    frames, taken = decoded(DEMO / "street.mp4", 2)
    asked = Asked(DEMO / "street.mp4", 2, 1, (1,), 2, folder)
    return Ready(asked, frames, taken, prepared(folder), folder)


@pytest.fixture(scope="module")
def street(ready: Ready) -> Traffic:
    """Two seconds of the demonstration's street, in the place of a clip that takes long to draw."""
    run = ready.folder / "street" / "run.toml"
    run.parent.mkdir()
    run.write_text(RUN)
    for name in ("street.mp4", "street.csv"):
        shutil.copy(DEMO / name, run.parent)
    return Traffic(run, run.with_name("street.mp4"), run.with_name("street.csv"), 2)


def values(found: Findings) -> dict[tuple[str, str], float]:
    return {(one.group, one.name): one.value for one in found.figures}


def test_a_replay_and_a_daemon_are_measured_and_hold_less_than_is_asked(
    ready: Ready, street: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "traffic", lambda *_: street)
    found = processes.processes(ready)
    assert found.left_out == ()
    told = values(found)
    assert all(value > 0 for value in told.values())
    asked = {one.name: one.asked for one in found.figures if one.asked is not None}
    assert asked == {"speed, start to report": 4, "memory, resident": 350, START: 3}
    for group in (processes.REPLAY, processes.RUN):
        resident, own = (told[group, f"memory, {of}"] for of in ("resident", OWN))
        assert own < resident < processes.MOST_MB
    playing, whole = (told[processes.REPLAY, f"speed, {of}"] for of in (PLAYING, "start to report"))
    assert playing > whole


START, OWN, PLAYING = "start to first frame judged", "of its own (anonymous)", "the playing alone"


def test_speed_and_processor_are_those_of_the_replays_that_were_run(
    ready: Ready, street: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replay(*given: object) -> Replay:
        most = given[2]
        assert isinstance(most, Most)
        most.resident, most.anonymous = 300_000_000, 200_000_000
        return Replay(all_s=0.8, playing_s=0.5, used_s=1.0)

    monkeypatch.setattr(processes, "replay", replay)
    told = {one.name: one for one in processes.replayed(ready, street)}
    assert told["speed, start to report"].value == 2.5
    assert told["speed, start to report"].is_met is False
    assert told["speed, the playing alone"].value == 4
    assert told["processor, for a second of traffic"].value == 0.5
    assert (told["memory, resident"].value, told["memory, resident"].is_met) == (300, True)


def test_a_verb_that_fails_is_one_sentence(ready: Ready, street: Traffic) -> None:
    (street.run.parent / "broken.toml").write_text("format = 9\n")
    broken = Traffic(street.run.with_name("broken.toml"), street.clip, street.truth, 2)
    with pytest.raises(CaptureError, match=r"replay .*broken\.toml` failed"):
        processes.replay(ready, broken, Most())
    with (
        pytest.raises(CaptureError, match="judged no frame"),
        processes.daemon(ready.folder, 'x"\nnonsense = "'),
    ):
        pytest.fail("it cannot start")


def test_without_fonts_the_rest_is_measured_and_it_is_said(
    ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> dict[str, Path]:
        raise FontError("No plate-like font is installed.", "Run `make fonts`.")

    monkeypatch.setattr(traffic, "font_files", none)
    found = processes.processes(ready)
    assert found.figures == ()
    assert found.left_out[0].startswith("Whole processes are left out: No plate-like font")
    assert not list(ready.folder.glob("two-lanes*"))


def test_both_lanes_are_busy_from_the_first_second_to_the_last() -> None:
    cast = both_lanes(24)
    assert cast == both_lanes(24)
    for lane in ("left", "right"):
        enters = [one.enters_s for one in cast if one.lane == lane]
        gaps = [b - a for a, b in pairwise(enters)]
        assert all(2 < gap < 3.5 for gap in gaps)
        assert enters[0] < 1
        assert enters[-1] > 20
    assert len({one.plate_text for one in cast}) == len(cast)


def test_the_vehicles_of_a_clip_are_those_of_its_truth(street: Traffic) -> None:
    with street.truth.open(newline="") as table:
        assert street.vehicles == len(list(csv.DictReader(table))) == 8


def test_what_linux_tells_of_this_process_is_plausible() -> None:
    before = processor_s(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert processor_s(os.getpid()) - before >= 0.03
    seen = held(os.getpid())
    assert 0 < seen.anonymous < seen.resident


def test_one_receiver_is_measured_by_its_core_and_by_the_clock(ready: Ready) -> None:
    found = receiver(ready)
    core, clock = found.figures
    assert (core.asked, core.by_clock, clock.by_clock) == (2000, False, True)
    assert core.value > 0
    assert clock.value > 0

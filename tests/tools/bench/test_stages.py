"""The stages of a box are timed as they are: each part once, slow where it is slow."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge.passage.tracker import Tracker
from tests.mosquitto import find_mosquitto
from tools import peers
from tools.bench import decoding, eyes, line
from tools.bench.__main__ import main
from tools.bench.figure import Findings
from tools.bench.ready import Asked, Ready
from tools.bench.timing import Times

STREET = Path(line.__file__).parents[1] / "demo" / "street.mp4"
SLOW_S = 0.4


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    folder = tmp_path_factory.mktemp("bench")
    frames, taken = decoding.decoded(STREET, 152)
    asked = Asked(STREET, 152, 2, (1,), 1, folder)
    return Ready(asked, frames, taken, line.prepared(folder), folder)


def values(found: Findings) -> dict[str, float]:
    return {one.name: one.value for one in found.figures}


def measured(*words: str) -> Result:
    return CliRunner().invoke(main, ["--frames=3", "--rounds=1", "--threads=1", *words])


def test_every_stage_of_the_path_is_timed_and_their_shares_make_a_whole(ready: Ready) -> None:
    for_nothing = Times([0.0], [0.0])  # what decoding took is no stage, and has no share here
    found = line.pipeline(replace(ready, frames=ready.frames[120:], decoding=for_nothing))
    names = {name for _, name in line.STAGES.values()}
    wholes = {f"{line.WHOLE} ({pair} pair)" for pair in eyes.PAIRS}
    assert set(values(found)) == names | wholes | {line.DECIDE, line.REST}
    assert all(one.calls > 0 and one.p95 is not None for one in found.figures)
    shares = sum(one.share for one in found.figures if one.share is not None)
    lasting = [one for one in found.figures if one.share is not None]
    assert {one.name for one in lasting} == names | {line.REST}
    assert shares == pytest.approx(1, abs=0.01)


def test_a_stage_that_is_slow_is_told_as_slow_and_no_other(
    ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = Tracker.update

    def slow(*given: Any) -> Any:
        time.sleep(SLOW_S)
        return update(*given)

    monkeypatch.setattr(Tracker, "update", slow)
    few = replace(ready, frames=ready.frames[:3], config=_elsewhere(ready, "slow"))
    found = line.pipeline(few)
    told, of = values(found), {one.name: one.share for one in found.figures}
    assert told["track"] >= 1000 * SLOW_S
    assert told[f"{line.WHOLE} (int8 pair)"] >= told["track"]
    assert max(of, key=lambda name: of[name] or 0) == "track"


def _elsewhere(ready: Ready, name: str) -> Any:
    box = msgspec.structs.replace(ready.config.box, state=ready.folder / name)
    return msgspec.structs.replace(ready.config, box=box)


def test_models_are_timed_beside_their_twins_and_the_peers_that_are_here(ready: Ready) -> None:
    found = eyes.models(ready)
    ours = {f"{verb} ({name})" for pair in eyes.PAIRS.values() for verb, name in _verbs(pair)}
    assert ours | {eyes.RESTING} <= set(values(found))
    against = [one for one in found.figures if one.group == eyes.AGAINST]
    if not peers.PEERS.exists():
        assert found.left_out == (eyes.NO_PEERS,)
        assert not against
        return
    assert {f"detect ({name})" for name in peers.DETECTORS} <= set(values(found))
    assert len(against) == 2 * len(eyes.PAIRS) * len(eyes.PEER_PAIRS)
    (asked,) = (one for one in against if one.asked is not None)
    assert asked.name.endswith(eyes.ONE_PLATE)


def _verbs(pair: tuple[str, str]) -> list[tuple[str, str]]:
    return list(zip(("detect", "read"), pair, strict=True))


def test_a_ratio_is_that_of_each_round_and_not_of_the_medians() -> None:
    ours, theirs = eyes.PAIRS["int8"], eyes.YOLOV9
    times = {
        f"detect ({ours[0]})": Times([1.0, 10.0, 1.0], [1.0, 1.0, 1.0]),
        f"read ({ours[1]})": Times([1.0, 10.0, 2.0], [1.0, 1.0, 1.0]),
        f"detect ({theirs})": Times([3.0, 30.0, 1.0], [5.0, 5.0, 5.0]),
        f"read ({eyes.CCT_READER})": Times([1.0, 10.0, 2.0], [3.0, 3.0, 3.0]),
    }
    (found,) = eyes.ratios(times, "here", eyes.ASKED)
    assert (found.value, found.processor) == (0.5, 0.25)
    assert found.is_met is False


def test_what_is_asked_of_one_plate_is_measured_where_exactly_one_is_seen(
    ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = ready.frames[0]
    seen = {0: 0, 1: 2, 2: 1, 3: 1}
    frames = [replace(frame, image=np.full_like(frame.image, n)) for n in seen]

    class Counted:
        def detect(self, image: Any) -> list[None]:
            return [None] * seen[int(image[0, 0, 0])]

    monkeypatch.setattr(eyes, "LOOKED_AT", 1)
    monkeypatch.setattr(eyes.wiring_eyes, "detector", lambda _: Counted())
    chosen = eyes.one_plate(frames)
    assert chosen is not None
    assert chosen[0, 0, 0] == 2
    assert eyes.one_plate(frames[:2]) is None


def test_without_the_peers_the_rest_is_measured_and_told(
    ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eyes, "PEERS", Path("/nonexistent"))
    found = eyes.models(ready)
    assert found.left_out == (eyes.NO_PEERS,)
    assert eyes.RESTING in values(found)


def test_one_record_is_brought_home_over_a_real_broker_and_sealing_is_told() -> None:
    assert find_mosquitto()
    result = measured("--part=capture", "--part=seal", "--part=uplink", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["left_out"] == []
    groups = {one["group"] for one in told["figures"]}
    assert groups == {"capture, one frame of 1280 x 720", "seal, one thread", "uplink, one record"}
    assert len(told["figures"]) == 3 + 4 + 2
    assert all(one["value"] > 0 and one["calls"] > 0 for one in told["figures"])


@pytest.mark.parametrize(
    "asked",
    [("--clip", "/nonexist"), ("--frames", "0"), ("--rounds", "-3"), ("--threads", "0")],
)
def test_nothing_to_measure_is_misuse(asked: tuple[str, str]) -> None:
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2
    assert asked[0] in result.output


def test_what_is_no_clip_is_one_sentence(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("no clip")
    result = CliRunner().invoke(main, ["--clip", str(clip), "--folder", str(tmp_path / "made")])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert list((tmp_path / "made").iterdir()) == []

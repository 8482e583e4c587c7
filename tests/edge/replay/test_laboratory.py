"""One run with everything in it, played twice in processes of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import which
from typing import Any

import cv2
import pytest
from playwright.sync_api import sync_playwright
from pyrage import x25519

from tests.conftest import DEMO, REPOSITORY
from tests.edge.capture.test_clip import video
from tests.street import CLIP, street_box, verb

RUN = """\
format = 1
starts_at = 2028-06-01T10:00:00+02:00
seed = "laboratory"
ends_s = 90
config = "box/box.toml"

[[clips]]
file = "short.avi"
"""
HAPPENINGS = (
    'at_s = 0\nwhat = "device"\nconnected = true',
    'at_s = 0.1\nwhat = "conditions"\ndoor = false',
    'at_s = 0.2\nwhat = "trigger"',
    'at_s = 0.5\nwhat = "network"\nis_up = false',
    'at_s = 2\nwhat = "contact"\ncontact = "door"\nreports = true',
    'at_s = 12\nwhat = "conditions"\ntemperature_c = 31.5',
    'at_s = 13\nwhat = "registry"\nfile = "other.sqlite"',
    'at_s = 14\nwhat = "clock"\njump_s = 120',
    'at_s = 15\nwhat = "clock"\ntrusted = false',
    'at_s = 20\nwhat = "reboot"\noff_s = 30\nhow = "cut"',
    'at_s = 70\nwhat = "network"\nis_up = true',
    'at_s = 75\nwhat = "reboot"\noff_s = 5',
)
FIRST, FRAMES = 103, 42
DRIVEN = {"1XEM934": (0, 41), "VDS41K": (0, 22)}
DROVE_BY = "file,plate_text,country,first_frame,last_frame\n" + "".join(
    f"short.avi,{plate},{'NL' if plate == 'VDS41K' else 'BE'},{first},{last}\n"
    for plate, (first, last) in DRIVEN.items()
)
DUTCH = """
[[zones]]
id = "amsterdam-test"
pack = "nl-ze"
start = 2025-01-01

[evidence]
recipients = ["{}", "{}"]
"""


@dataclass(frozen=True)
class Play:
    out: Path

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.raw.splitlines()]

    @property
    def raw(self) -> bytes:
        return (self.out / "messages.jsonl").read_bytes()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [m["data"] for m in self.messages if m["type"] == f"anpr-edge.{kind}.v1"]


def shorten(path: Path) -> None:
    """Write the three seconds of the street in which a Dutch van drives by."""
    video = cv2.VideoCapture(str(CLIP))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (1280, 720))
    for index in range(FIRST + FRAMES):
        _, image = video.read()
        if index >= FIRST:
            writer.write(image)
    writer.release()


def played(run: Path, out: Path, seed: int, *args: str) -> Play:
    command = [sys.executable, "-m", "edge.cli.main", "replay", str(run), "--out", str(out), *args]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return Play(out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    box = street_box(folder / "box")
    keys = [x25519.Identity.generate().to_public() for _ in range(2)]
    box.config.write_text(box.config.read_text() + DUTCH.format(*keys))
    shorten(folder / "short.avi")
    (folder / "truth.csv").write_text(DROVE_BY)
    build = [sys.executable, "-m", "tools.build_registry", "--key"]
    build += [str(folder / "box/keys/token.key"), "--id", "other-2"]
    build += ["--vehicles", str(DEMO / "vehicles.csv"), "--exemptions"]
    build += [str(DEMO / "exemptions.csv"), "--vehicles-as-of", "2028-06-01T06:00:00Z"]
    build += ["--exemptions-as-of", "2028-06-01T06:00:00Z", "--out", str(folder / "other.sqlite")]
    subprocess.run(build, check=True, capture_output=True, cwd=REPOSITORY)
    happenings = "".join(f"\n[[happenings]]\n{one}\n" for one in HAPPENINGS)
    (folder / "run.toml").write_text(RUN + happenings)
    return folder


@pytest.fixture(scope="module")
def plays(run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Play, Play]:
    out = tmp_path_factory.mktemp("out")
    truth = ("--no-video", "--truth", str(run / "truth.csv"))
    return played(run, out / "a", 1, *truth), played(run, out / "b", 2, "--no-video")


def test_the_same_run_gives_the_same_messages_to_the_byte(plays: tuple[Play, Play]) -> None:
    first, second = plays
    assert first.raw == second.raw
    assert (first.out / "records.jsonl").read_bytes() == (second.out / "records.jsonl").read_bytes()


def test_its_records_are_one_whole_chain(plays: tuple[Play, Play]) -> None:
    out = plays[0].out
    proof = verb("records", "verify", str(out / "records.jsonl"), "--keys", str(out / "replay.jwk"))
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_nothing_of_the_machine_is_in_its_messages(plays: tuple[Play, Play]) -> None:
    for word in (b"/tmp", b".replay-", os.uname().nodename.encode()):
        assert word not in plays[0].raw


def test_it_is_the_daemon_that_plays(plays: tuple[Play, Play]) -> None:
    kinds = {message["type"] for message in plays[0].messages}
    wanted = ("passage", "health", "alarm", "checkpoint")
    assert {f"anpr-edge.{kind}.v1" for kind in wanted} <= kinds


def test_what_is_held_in_a_run_names_pictures(plays: tuple[Play, Play]) -> None:
    held = [p for p in plays[0].of("passage") if "held" in p.get("marks", ())]
    assert {p["zone"] for p in held} == {"amsterdam-test"}
    assert all(p["evidence"] for p in held)


def test_the_device_of_a_run_is_heard(plays: tuple[Play, Play]) -> None:
    doors = [a for a in plays[0].of("alarm") if a["alarm"] == "door"]
    assert "2028-06-01T08:00:02.000Z" in doors[0]["cause"]
    assert any(
        (p.get("housing") or {}).get("temperature_c") == 31.5 for p in plays[0].of("passage")
    )


def test_an_outage_of_the_network_lets_records_wait_until_it_is_over(
    plays: tuple[Play, Play],
) -> None:
    waiting = [h["waiting"] for h in plays[0].of("health")]
    assert max(waiting) >= len(DRIVEN)
    assert waiting[-1] <= 1


def test_a_registry_that_comes_and_each_boot_are_told(plays: tuple[Play, Play]) -> None:
    health = plays[0].of("health")
    assert next(h["registry"]["id"] for h in health) == "demo-1"
    assert health[-1]["registry"]["id"] == "other-2"
    boots = [m["data"]["clock"]["boot_id"] for m in plays[0].messages]
    assert list(dict.fromkeys(boots)) == ["replay-1", "replay-2", "replay-3"]


def test_the_clock_of_the_box_jumps_and_loses_its_trust(plays: tuple[Play, Play]) -> None:
    late = plays[0].messages[-1]
    assert late["data"]["clock"]["trusted"] is False
    assert late["time"] >= "2028-06-01T08:03:"
    assert {m["data"]["clock"]["source"] for m in plays[0].messages} == {"replay"}


def test_a_run_is_scored_against_the_truth_of_its_clip(plays: tuple[Play, Play]) -> None:
    (clip,) = json.loads((plays[0].out / "summary.json").read_text())["clips"]
    score = clip["score"]
    assert score["vehicles"] == len(DRIVEN)
    assert score["capture_rate"] == score["read_rate"] == 1
    assert score["decision_agreement"] == 1
    assert score["mistimed"] == 0
    assert len(clip["happened"]) == len(HAPPENINGS)
    assert {one["plate"] for one in score["each"]} == set(DRIVEN)


@pytest.mark.parametrize("width_px", [390, 1200])
def test_its_report_fits_the_window_and_asks_for_nothing(
    plays: tuple[Play, Play], width_px: int
) -> None:
    path = which("chromium") or which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium here: apt install chromium")
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width_px, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.goto((plays[0].out / "report.html").as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        drawn = page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        titles = page.eval_on_selector_all("svg title", "all => all.map(t => t.textContent)")
        browser.close()
    assert wide <= width_px
    assert drawn
    assert {"Timeline", "Reliability"} <= set(titles)
    assert [url for url in asked if not url.startswith("data:")] == [
        (plays[0].out / "report.html").as_uri()
    ]


def test_another_seed_gives_other_ids_and_the_same_decisions(
    run: Path, plays: tuple[Play, Play], tmp_path: Path
) -> None:
    text = (run / "run.toml").read_text()
    short = text.replace('seed = "laboratory"', 'seed = "other"').replace(
        "ends_s = 90", "ends_s = 2"
    )
    (run / "short.toml").write_text(short)
    other = played(run / "short.toml", tmp_path, 1, "--no-video")
    assert {m["id"] for m in other.messages}.isdisjoint(m["id"] for m in plays[0].messages)


MISUSES = {
    "newer": ("format = 7\n", "of format 7, newer than 1"),
    "zone": (None, "Zone nowhere is not in the pack nl-ze"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_a_run_that_cannot_be_played_ends_in_one_sentence(
    run: Path, tmp_path: Path, name: str
) -> None:
    text, says = MISUSES[name]
    (tmp_path / "run.toml").write_text(text or (run / "run.toml").read_text())
    for file in ("short.avi", "other.sqlite"):
        (tmp_path / file).symlink_to(run / file)
    box = (run / "box/box.toml").read_text().replace('"amsterdam-test"', '"nowhere"')
    box = box.replace("start = 2025-01-01\n", "")
    (tmp_path / "box").mkdir()
    (tmp_path / "box/box.toml").write_text(box)
    for part in ("keys", "registry.sqlite", "registry.sqlite.sha256"):
        (tmp_path / "box" / part).symlink_to(run / "box" / part)
    result = verb("replay", str(tmp_path), "--out", str(tmp_path / "out"))
    assert result.returncode != 0
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert list((tmp_path / "out").glob("*")) == []


def test_a_run_has_its_own_times(tmp_path: Path, run: Path) -> None:
    result = verb("replay", str(run), "--out", str(tmp_path), "--real-time")
    assert result.returncode == 2
    assert "A run is played alone" in result.stderr


def test_a_clip_that_is_cut_off_ends_its_run_and_keeps_what_was_seen(tmp_path: Path) -> None:
    whole = video(tmp_path / "whole.avi", 30).read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[: len(whole) // 2])
    head = "format = 1\nstarts_at = 2028-06-01T10:00:00Z\n"
    (tmp_path / "run.toml").write_text(head + '[[clips]]\nfile = "cut.avi"\n')
    result = verb("replay", str(tmp_path / "run.toml"), "--out", str(tmp_path / "out"))
    assert result.returncode == 1
    assert "cut off" in result.stderr
    assert result.stderr.count("\n") == 1
    proof = (str(tmp_path / "out/records.jsonl"), "--keys", str(tmp_path / "out/replay.jwk"))
    assert verb("records", "verify", *proof).returncode == 0
    assert "cut off" in (tmp_path / "out/report.html").read_text()


def test_a_truth_that_knows_nothing_of_the_run_is_a_mistake(tmp_path: Path) -> None:
    video(tmp_path / "a.avi", 3)
    head = "format = 1\nstarts_at = 2028-06-01T10:00:00Z\n"
    (tmp_path / "run.toml").write_text(head + '[[clips]]\nfile = "a.avi"\n')
    (tmp_path / "truth.csv").write_text("file,plate_text,country,first_frame,last_frame\n")
    truth, out = ("--truth", str(tmp_path / "truth.csv")), str(tmp_path / "out")
    result = verb("replay", str(tmp_path / "run.toml"), "--out", out, *truth)
    assert result.returncode == 1
    assert "knows no vehicle of" in result.stderr

"""What a terminal tells of the aim is what the panel's picture page tells."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.cli.aim import aim
from edge.vision.advice import ADVICE
from edge.vision.aim import Light, plate_marks, worst
from tests.booth import Booth, booth, street


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Booth]:
    with booth(tmp_path) as made:
        yield made


def sees_well(stand: Booth) -> None:
    """Let the road stand still where its first plate is seen without a fault."""
    one = stand.road.readings[0]
    stand.road.frames = [
        image for image in street() if worst(plate_marks(image, one.detection)) is Light.GREEN
    ][:1]
    stand.road.readings = [one]


def asked(stand: Booth, *options: str) -> tuple[int, str]:
    found = CliRunner().invoke(aim, ["--config", str(stand.settings.path), "--once", *options])
    return found.exit_code, found.output


def told(stand: Booth, *options: str) -> tuple[int, dict[str, Any]]:
    code, output = asked(stand, "--json", *options)
    return code, json.loads(output)


def test_a_plate_that_is_seen_well_ends_with_0_and_says_what_the_page_says(stand: Booth) -> None:
    sees_well(stand)
    code, found = told(stand)
    assert (code, found["light"], found["plate"]) == (0, "green", "••••B9")
    caller = stand.caller()
    assert caller.log_in() == 303
    page = json.loads(caller.ask("/live.json")[1])
    assert page["light"] == found["light"]
    assert [mark["light"] for mark in page["marks"]] == [m["light"] for m in found["marks"]]
    assert found["marks"][0]["value"] == 150


def test_a_plate_that_is_seen_ill_ends_with_1_and_says_what_to_turn(stand: Booth) -> None:
    stand.road.readings = stand.road.readings[1:]
    code, found = told(stand, "--wait", "1")
    assert (code, found["light"]) == (1, "amber")
    assert found["marks"][0]["todo"]["nl"] == ADVICE["nearer"].nl
    code, page = asked(stand, "--wait", "1")
    assert code == 1
    assert "Zoom in" in page
    assert "1ABC23" not in page


def test_without_a_plate_or_a_picture_it_is_not_green(stand: Booth) -> None:
    stand.road.readings = ()
    code, found = told(stand, "--wait", "0.5")
    assert (code, found["picture"], found["light"]) == (1, True, "amber")
    (stand.parts.folder / "daemon.sock").unlink()
    code, found = told(stand, "--wait", "0.5")
    assert (code, found) == (1, {"picture": False, "light": "red", "marks": []})
    assert "Er komt geen beeld" in asked(stand, "--wait", "0.2")[1]


def test_a_box_without_a_panel_is_told(stand: Booth) -> None:
    text = stand.settings.path.read_text()
    stand.settings.path.write_text(text[: text.index("[panel]")])
    command = [sys.executable, "-m", "edge.cli.main", "aim", "--config", str(stand.settings.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no [panel]" in done.stderr


def test_live_it_goes_on_until_it_is_stopped(stand: Booth) -> None:
    sees_well(stand)
    command = [sys.executable, "-m", "edge.cli.main", "aim", "--json", "--config"]
    with subprocess.Popen(
        [*command, str(stand.settings.path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        looks = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert [look["light"] for look in looks] == ["green"] * 3
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(20) == 0

"""The commands a person types: the technician's view, the simulator, the vectors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.alignment import Aligned
from firmware_bridge.messages import Log, Trigger
from firmware_bridge.plainly import as_json, as_line
from firmware_bridge.reports import Disconnected
from firmware_bridge.session import SeenTrigger
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Make
from firmware_bridge.vectors import BLIND, STATUS

REPOSITORY = Path(__file__).parents[2]


def python_m(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def bench(tmp_path):
    with Bench(tmp_path / "device", Make(device_id=bytes(range(16)), status_us=50_000)) as bench:
        yield bench


def test_a_technician_sees_the_device_and_its_status(bench):
    done = python_m("firmware_bridge", str(bench.path), "--seconds", "0.3")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, *_ = done.stdout.splitlines()
    assert first.startswith("device   000102030405060708090a0b0c0d0e0f, firmware simulator")
    assert second.startswith("status   21.4 °C  45.0 % humid  12.1 V  350.0 lx")
    assert second.endswith("closed")


def test_json_has_one_object_per_line_under_the_names_of_the_protocol(bench):
    done = python_m("firmware_bridge", str(bench.path), "--seconds", "0.3", "--json")
    hello, status, *_ = map(json.loads, done.stdout.splitlines())
    assert (hello["kind"], hello["boot_count"], hello["restarted"]) == ("hello", 1, True)
    assert hello["device_id"] == bytes(range(16)).hex()
    assert (status["kind"], status["temperature_cdegc"], status["supply_mv"]) == (
        "status",
        2140,
        12_100,
    )


def test_a_port_that_is_not_there_is_a_finding_in_one_sentence_with_its_remedy(tmp_path):
    done = python_m("firmware_bridge", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr.startswith("firmware_bridge: There is no port")
    assert "Traceback" not in done.stderr
    assert python_m("firmware_bridge").returncode == 2


def test_the_simulator_is_a_device_to_the_command(tmp_path):
    path = tmp_path / "device"
    orders = ["--lost", "0.001", "--trigger-every", "0.1", "--seconds", "30"]
    simulator = subprocess.Popen(
        [sys.executable, "-m", "firmware_bridge.simulator", str(path), *orders],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert simulator.stdout is not None
    assert simulator.stdout.readline() == f"A device stands at {path}.\n"
    done = python_m("firmware_bridge", str(path), "--seconds", "1", "--json")
    simulator.terminate()
    simulator.communicate(timeout=30)
    kinds = {json.loads(line)["kind"] for line in done.stdout.splitlines()}
    assert {"hello", "status", "trigger"} <= kinds


def test_every_fault_can_be_ordered_and_the_simulator_ends_by_itself(tmp_path):
    orders = "--lost .01 --flipped .01 --doubled .1 --delay-ms 1 5 --speaks 2 --drift-ppm 50"
    more = "--start-us 4294967295 --reset-every .1 --unplug-every .3 --logs-per-second 2000"
    path = tmp_path / "device"
    done = python_m(
        "firmware_bridge.simulator", str(path), *f"{orders} {more}".split(), "--seconds", "0.5"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not path.exists()


def test_the_simulator_takes_no_name_that_is_taken(tmp_path):
    path = tmp_path / "notes"
    path.write_text("mine")
    done = python_m("firmware_bridge.simulator", str(path), "--seconds", "0.1")
    assert done.returncode == 2
    assert path.read_text() == "mine"


def test_what_is_not_known_is_a_question_mark_and_never_a_nought():
    line = as_line(BLIND)
    assert line.startswith("status   ? °C  ? % humid  ? V  ? lx")
    assert line.endswith("tamper?, door open?, tilted?")
    assert as_line(STATUS).endswith("watchdog 59 s  door open")
    assert as_json(BLIND)["supply_mv"] is None


def test_a_trigger_tells_its_error_and_what_was_lost():
    trigger = Trigger(1, 7, 100, source=1, strobe_fired=0)
    assert as_line(SeenTrigger(trigger, Aligned(5, 85), 0)) == "trigger  7 radar ±85 µs"
    lost = as_line(SeenTrigger(trigger, None, 2))
    assert lost == "trigger  7 radar at a moment not known, 2 lost before it"
    told = as_json(SeenTrigger(trigger, Aligned(5, 85), 2))
    assert (told["host_ns"], told["error_us"], told["missed"], told["count"]) == (5, 85, 2, 7)
    told = as_json(SeenTrigger(trigger, None, 0))
    assert (told["host_ns"], told["error_us"]) == (None, None)


def test_what_a_device_writes_cannot_steer_the_terminal():
    line = as_line(Log(1, 3, "\x1b[2Jgone\nstatus   all is well\u202e"))
    assert line == "log      error: \\x1b[2Jgone\\nstatus   all is well\\u202e"


def test_a_lost_device_is_told_with_its_remedy():
    lost = Disconnected("It went away.", "Plug it in.")
    assert as_line(lost) == "lost     It went away. Plug it in."
    assert as_json(lost)["kind"] == "disconnected"


def test_every_command_of_the_bridge_stands_in_the_readme():
    readme = (REPOSITORY / "README.md").read_text()
    for path in (REPOSITORY / "firmware_bridge").rglob("*.py"):
        if '__name__ == "__main__"' in path.read_text():
            module = path.relative_to(REPOSITORY).with_suffix("")
            name = ".".join(module.parts).removesuffix(".__main__")
            assert f"python -m {name}" in readme, name

"""The microcontroller and the box: a device on a pty, its service and the daemon as processes."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.config import load
from edge.daemon import wiring
from edge.daemon.bulletin import read_bulletin
from edge.housing.caller import Caller
from edge.housing.words import Change, Conditions, Standing, Word
from edge.record.envelope import decode_part, split
from edge.record.housing import HousingRecord, TriggerCounts
from edge.settings import write
from firmware_bridge.messages import Climate, Contact, Illuminator, Watchdog
from firmware_bridge.simulator.bench import Bench
from firmware_bridge.simulator.device import Device
from tests.conftest import REPOSITORY
from tests.journeys.test_foreign_camera import EXTERNAL, passages, pushed
from tests.journeys.test_watchdog import Camera, before
from tests.mosquitto import free_port
from tests.street import StreetBox, verb

PATIENCE_S = 60.0
PANEL = """
[panel]
listen = "127.0.0.1:1"
cert = "panel.crt"
key = "panel.key"
password = "panel.password"
"""
SOON_S = 5.0
"""The promise is a second; this is what a machine with much else to do may make of it."""


def wait(is_so: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := is_so()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return found


class Ear:
    """Somebody else at the seam, as a person might be: what the service says, and when."""

    def __init__(self, path: Path) -> None:
        self.heard: list[tuple[float, Word]] = []
        self._caller = Caller(path, self._take, lambda why: None, again_s=0.05)

    def _take(self, word: Word) -> None:
        self.heard.append((time.monotonic(), word))

    def after(self, kind: type[Word], since_s: float) -> list[tuple[float, Any]]:
        return [(at, word) for at, word in self.heard if at >= since_s and isinstance(word, kind)]

    def close(self) -> None:
        self._caller.close()


class Site:
    """A box at the road: device, camera, and the two processes, each of which may be killed."""

    def __init__(self, folder: Path, camera: Camera, bench: Bench) -> None:
        self.box: StreetBox = before(camera, folder / "box")
        self.bench, self.camera = bench, camera
        self.socket = folder / "s"
        told = f'\n[firmware]\nport = "{bench.path}"\nsocket = "{self.socket}"\n'
        self.box.config.write_text(self.box.config.read_text() + told)
        self.running: dict[str, subprocess.Popen[str]] = {}
        self.said: list[str] = []
        self._ears: list[threading.Thread] = []

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "edge.cli.main", name, "--config", str(self.box.config)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)
        self.running[name] = process
        self._ears.append(threading.Thread(target=self._hear, args=(process,), daemon=True))
        self._ears[-1].start()

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait(PATIENCE_S)

    def end(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(PATIENCE_S)
        for ear in self._ears:
            ear.join(PATIENCE_S)

    def _hear(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            self.said += lines

    def alarms(self, name: str) -> list[dict[str, Any]]:
        with suppress(Exception), wiring.attached_outbox(load(self.box.config)) as outbox:
            found = [e for e in outbox.pending(None, 1000) if e.kind == "alarm"]
            told = [json.loads(decode_part(split(e.jws)[1])) for e in found]
            return [record for record in told if record["data"]["alarm"] == name]
        return []

    def set(self, contact: Contact, reports: bool) -> datetime:
        """Change a contact; return when."""
        device = self.bench.device
        bits = device.status.contacts
        bits = bits | contact if reports else bits & ~contact
        device.status = replace(device.status, contacts=bits)
        now = datetime.now(UTC)
        self.bench.say(Device.report_status)
        return now

    def told_within(self, name: str, since: datetime, n: int = 1) -> float:
        """Wait for the nth alarm about a contact; return how long after the change it was."""
        found = wait(lambda: self.alarms(name)[n - 1 :], (name, self.said))
        took_s = (datetime.fromisoformat(found[0]["time"]) - since).total_seconds()
        print(f"{name}: signed {took_s:.3f} s after the contact changed")
        return took_s

    def triggered(self, captured: int) -> TriggerCounts | None:
        """Return the count of triggers once so many became passages."""
        told = read_bulletin(self.box.folder / "state")
        counts = None if told is None or told.housing is None else told.housing.triggers
        return counts if counts is not None and counts.captured >= captured else None

    def is_watching(self) -> bool:
        """True when the daemon is at work, and hears the device."""
        told = read_bulletin(self.box.folder / "state")
        return told is not None and told.housing is not None and told.housing.fault is None


@pytest.fixture
def site() -> Iterator[Site]:
    with (
        tempfile.TemporaryDirectory(prefix="anpr-") as folder,  # a short path, for the socket
        closing(Camera()) as camera,
        Bench(Path(folder) / "device") as bench,
        ExitStack() as ends,
    ):
        made = Site(Path(folder), camera, bench)
        ends.callback(made.end)
        yield made


def test_contacts_become_signed_alarms_at_once_however_short_and_without_any_picture(
    site: Site,
) -> None:
    site.start("firmware")
    site.start("run")
    wait(site.is_watching, site.said)
    assert site.told_within("door", site.set(Contact.DOOR_OPEN, True)) < SOON_S
    pulse = site.set(Contact.TAMPER, True)
    site.set(Contact.TAMPER, False)
    assert site.told_within("tamper", pulse) < SOON_S
    wait(lambda: "closed again" in site.alarms("tamper")[-1]["data"]["cause"], "its end")
    site.camera.hangs.set()
    time.sleep(1)
    assert site.told_within("tilt", site.set(Contact.TILTED, True)) < SOON_S
    status = json.loads(verb("status", "--json", "--config", str(site.box.config)).stdout)
    assert {"housing", "triggers"} <= {item["item"] for item in status["items"]}
    assert len(site.alarms("door")) == 1
    assert site.alarms("firmware") == []
    with closing(Ear(site.socket)) as ear:
        wait(lambda: ear.after(Conditions, 0.0), "the service")
        assert ear.after(Change, 0.0) == []  # what is in a record is said no more
    site.end()
    assert site.box.verify().returncode == 0


def test_a_passage_says_how_the_housing_stood_and_answers_a_trigger(site: Site) -> None:
    port = free_port()
    site.box.config.write_text(site.box.config.read_text() + EXTERNAL.format(port=port))
    device = site.bench.device
    device.status = replace(device.status, temperature_cdegc=3150, illuminance_mlx=1000)
    site.start("firmware")
    site.start("run")
    wait(site.is_watching, site.said)
    wait(lambda: device.status.illuminator_permille, "light")
    site.bench.say(Device.report_status)
    time.sleep(0.5)
    site.bench.say(Device.trigger)
    wait(lambda: pushed(port), site.said)
    told = wait(lambda: site.triggered(1), site.said)
    assert (told.triggers, told.captured, told.missed, told.untriggered) == (1, 1, 0, 0)
    site.end()
    (record,) = passages(site.box)
    assert record.housing == HousingRecord(
        tamper=False, door_open=False, tilted=False, temperature_c=31.5, illuminator=0.6
    )
    assert site.box.verify().returncode == 0


def test_the_device_is_driven_and_its_watchdog_held_without_the_daemon(site: Site) -> None:
    device = site.bench.device
    device.status = replace(device.status, temperature_cdegc=5500, illuminance_mlx=2000)
    site.start("firmware")
    done = device.carried_out
    wait(lambda: {type(c) for c in done} >= {Climate, Illuminator, Watchdog}, site.said)
    by_kind = {type(command): command for command in done}
    assert by_kind[Watchdog] == Watchdog(300_000)
    assert by_kind[Climate].heater_permille == 0
    assert by_kind[Climate].fan_permille > 500
    assert by_kind[Illuminator].level_permille == 600
    site.end()
    assert Watchdog(0) in done  # an orderly end leaves no watchdog that nobody feeds
    assert device.host_power_cycles == 0


def test_a_cable_that_is_pulled_is_told_and_the_device_is_back_in_two_seconds(site: Site) -> None:
    site.start("firmware")
    site.start("run")
    wait(site.is_watching, site.said)
    with closing(Ear(site.socket)) as ear:
        wait(lambda: ear.after(Conditions, 0.0), "the service")
        site.bench.unplug()
        (alarm,) = wait(lambda: site.alarms("firmware"), site.said)
        assert "is not heard" in alarm["data"]["cause"]
        plugged_s = time.monotonic()
        site.bench.plug()
        back_s = wait(lambda: [at for at, w in ear.after(Standing, plugged_s) if w.connected], "it")
        took_s = back_s[0] - plugged_s
        print(f"back {took_s:.2f} s after it was plugged in")
        assert took_s < SOON_S
        wait(lambda: ear.after(Conditions, back_s[0]), "how it stands")


def test_a_light_that_is_tried_is_given_back_whoever_is_killed(site: Site) -> None:
    device = site.bench.device
    device.status = replace(device.status, illuminance_mlx=1000)
    site.box.config.write_text(site.box.config.read_text() + PANEL)
    note = site.box.folder / "state" / "panel" / "lamp"

    def shines(permille: int) -> bool:
        return device.status.illuminator_permille == permille

    site.start("firmware")
    site.start("run")
    wait(site.is_watching, site.said)
    wait(lambda: shines(600), "its own light")
    write(note, '{"level":"full"}')
    wait(lambda: shines(1000), site.said)
    site.kill("run")
    site.kill("firmware")
    site.start("firmware")
    wait(lambda: shines(600), site.said)
    hatch = note.with_name("daemon.sock")
    before = hatch.stat().st_ctime_ns
    site.start("run")  # what was asked of the one before is over
    wait(lambda: hatch.exists() and hatch.stat().st_ctime_ns != before, site.said)
    assert shines(600)
    write(note, '{"level":"off"}')
    wait(lambda: shines(0), site.said)
    site.end()
    assert shines(600)


def test_either_process_may_be_killed_and_no_opening_is_lost(site: Site) -> None:
    site.start("firmware")
    site.start("run")
    wait(site.is_watching, site.said)
    with closing(Ear(site.socket)) as ear:
        wait(lambda: ear.after(Conditions, 0.0), "the service")
        site.kill("run")
        opened = site.set(Contact.DOOR_OPEN, True)
        site.set(Contact.DOOR_OPEN, False)  # while nobody was there to write it down
        since_s = time.monotonic()
        wait(lambda: len(ear.after(Conditions, since_s)) > 2, "it goes on")
        site.start("run")
        told = wait(lambda: site.alarms("door"), site.said)
        at = opened.isoformat(timespec="seconds").removesuffix("+00:00")
        assert at[:-1] in told[0]["data"]["cause"]  # the moment of the opening, not of the telling
        site.kill("firmware")
        (alarm,) = wait(lambda: site.alarms("firmware"), site.said)
        assert "The firmware service is away" in alarm["data"]["cause"]
        assert site.running["run"].poll() is None
        again_s = time.monotonic()
        site.start("firmware")
        wait(lambda: ear.after(Conditions, again_s), "the service, on a socket that was left")
        assert site.told_within("tamper", site.set(Contact.TAMPER, True)) < SOON_S
        assert not [w for _, w in ear.after(Change, again_s) if w.contact == "door"]

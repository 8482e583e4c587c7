"""Where a plate is found after its vehicle went by: in the record that releases it, nowhere else.

The box sees a street in Utrecht: some comply, some are for a person to look at, two are held. One
is released by a later registry, the other withdrawn. Then everything that the box, the broker and
the platform have is searched, in clear, encoded, packed and inside records.
"""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion

from edge.cli import held as module
from edge.daemon.bulletin import BULLETIN
from edge.types import ClockReading
from tests.conftest import REPOSITORY
from tests.daemon import at_work, street_camera
from tests.journeys.test_held_and_released import AS_OF, LORRY, PERMIT, rebuild
from tests.mosquitto import Mosquitto, find_mosquitto, wait_for
from tests.search import found, spelled
from tests.street import OUTCOMES, street_box
from tests.street import verb as anpr_edge

NEXT_DAY = datetime(2028, 6, 2, 6, tzinfo=UTC)
MQTT = 'publisher = "mqtt"\nhost = "127.0.0.1"\nport = {port}'


class Clock:
    """The morning after."""

    def read(self) -> ClockReading:
        return ClockReading(NEXT_DAY, 0, 0, "boot", "replay", True, 0.0)


class Traces(NamedTuple):
    """All that is left of the street: files, what was said, what travelled."""

    state: dict[Path, bytes]
    said: dict[Path, bytes]
    traffic: dict[Path, bytes]
    received: dict[Path, bytes]
    kinds: dict[str, str]


class Listener:
    """Whoever hears all that travels over the broker."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "listener")
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, m.payload))
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("#", 1)
        self._client.loop_start()

    def close(self) -> None:
        self._client.loop_stop()
        self._client.disconnect()


class Street:
    """The box, its broker, its platform, and the ears in between."""

    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(find_mosquitto(), folder)
        self.broker.start()
        self.listener = Listener(self.broker.port)
        self.box = street_box(folder / "box", MQTT.format(port=self.broker.port))
        self.said: dict[Path, bytes] = {}
        self._guard_utrecht()

    def _guard_utrecht(self) -> None:
        config = self.box.config.read_text()
        zone = config.index("[[zones]]")
        rest = config.index("\n[", zone)
        guarded = '[[zones]]\nid = "utrecht"\npack = "nl-ze"\n'
        self.box.config.write_text(config[:zone] + guarded + config[rest:])

    def run(self, name: str, *words: object) -> None:
        command = [sys.executable, "-m", *(str(word) for word in words)]
        done = subprocess.run(command, capture_output=True, cwd=REPOSITORY, check=False)
        self.said[Path(name)] = done.stdout + done.stderr

    def order(self, verb: str, *words: str) -> None:
        asked = [verb, *words, "--config", str(self.box.config)]
        self.said[Path(f"held {verb}")] = CliRunner().invoke(module.held, asked).output.encode()

    def deliver(self) -> None:
        keys = self.box.folder / "keys"
        receive = ("--db", self.database, "--keys", self.box.keys, "--port", self.broker.port)
        command = [sys.executable, "-m", "tools.receive", *map(str, receive)]
        signing = ("--signing", str(keys / "platform.pem"), "--host", "127.0.0.1")
        with subprocess.Popen([*command, *signing], cwd=REPOSITORY) as receiver:
            self.run("uplink", "edge.cli.main", "uplink", "--once", "--config", self.box.config)
            receiver.terminate()

    @property
    def database(self) -> Path:
        return self.box.folder / "received.sqlite"

    def close(self) -> None:
        self.listener.close()
        self.broker.kill()


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Traces:
    street = Street(tmp_path_factory.mktemp("privacy"))
    box, patch = street.box, pytest.MonkeyPatch()
    rebuild(box, "morning", AS_OF)
    played = box.replay("--no-video")
    street.said[Path("replay")] = played.stderr.encode()  # what it prints is for the tester
    street.deliver()
    street.order("list", "--json")
    patch.setattr(module, "SystemClock", Clock)
    rebuild(box, "next-morning", datetime(2028, 6, 2, 5, tzinfo=UTC), PERMIT)
    street.order("release")
    street.deliver()
    for verb in ("check", "protocol"):
        street.run(verb, "edge.cli.main", verb, "--config", box.config)
    street.run("report", "tools.receive", "--db", street.database, "--report")
    street.run("boxes", "tools.receive", "--db", street.database, "--boxes")
    wait_for(lambda: any("/status" in topic for topic, _ in street.listener.heard), "the traffic")
    patch.undo()
    street.close()
    files = (path for path in (box.folder / "state").rglob("*") if path.is_file())
    state = {path: path.read_bytes() for path in files}
    return Traces(state, street.said, heard(street), *stored(street.database))


@pytest.fixture(scope="module")
def at_work_told(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, bytes]:
    """What a daemon tells of itself while the street goes by: its page, its bulletin, its log."""
    box = street_box(tmp_path_factory.mktemp("daemon") / "box")
    with street_camera(fps=30) as camera, at_work(box, camera) as daemon:
        daemon.wait(lambda: daemon.passages() >= len(OUTCOMES), "the vehicles")
        page = daemon.page()
    told = {Path("page"): page.encode(), Path("log"): "".join(daemon.said).encode()}
    for form in ([], ["--json"]):
        words = ("status", *form, "--config", str(box.config))
        told[Path(" ".join(["status", *form]))] = anpr_edge(*words).stdout.encode()
    return told | {Path("bulletin"): (box.folder / "state" / BULLETIN).read_bytes()}


def heard(street: Street) -> dict[Path, bytes]:
    """Return what travelled, each message under its topic and number."""
    messages = enumerate(street.listener.heard)
    return {Path(f"{topic}#{n}"): topic.encode() + payload for n, (topic, payload) in messages}


def stored(database: Path) -> tuple[dict[Path, bytes], dict[str, str]]:
    """Return the records of the platform by place, and the kind of each."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute("SELECT seq, kind, jws FROM records ORDER BY seq").fetchall()
    return {Path(str(n)): jws for n, _, jws in rows}, {str(n): kind for n, kind, _ in rows}


def test_the_street_was_seen_held_and_ended(traces: Traces) -> None:
    assert list(traces.kinds.values()).count("passage") == len(OUTCOMES)
    assert list(traces.kinds.values()).count("resolution") == 2
    assert b"Every record is at the platform." in traces.said[Path("uplink")]
    assert len(traces.traffic) >= len(traces.kinds)
    held = json.loads(traces.said[Path("held list")])["held"]
    assert [candidate["zone"] for candidate in held] == ["utrecht"] * 2  # one is the van


@pytest.mark.parametrize("plate", [p for p in OUTCOMES if p != LORRY])
def test_the_plate_of_a_vehicle_that_was_not_released_is_nowhere(
    traces: Traces, plate: str
) -> None:
    places = (traces.state, traces.said, traces.traffic, traces.received)
    assert [found(files, word) for files in places for word in spelled(plate)] == [[]] * (
        len(places) * len(spelled(plate))
    )


@pytest.mark.parametrize("plate", OUTCOMES)
def test_no_plate_is_in_what_the_daemon_tells_of_itself(
    at_work_told: dict[Path, bytes], plate: str
) -> None:
    assert b"anpr_passages_total{" in at_work_told[Path("page")]
    assert b"last passage" in at_work_told[Path("status --json")]
    assert [found(at_work_told, word) for word in spelled(plate)] == [[]] * len(spelled(plate))


def test_a_released_plate_is_in_its_resolution_and_nowhere_else(traces: Traces) -> None:
    for word in spelled(LORRY):
        assert found(traces.state, word) == found(traces.said, word) == []
    (record,) = found(traces.received, LORRY)
    assert traces.kinds[record] == "resolution"
    topics = {name.split("#")[0] for name in found(traces.traffic, LORRY)}
    assert topics == {"resolution"}


def test_what_is_left_on_the_box_does_not_open_to_a_plate_with_its_own_keys(
    traces: Traces, tmp_path: Path
) -> None:
    """Nothing waits and nobody is held: there is no row left that a key could open."""
    for path, data in traces.state.items():
        (tmp_path / path.name).write_bytes(data)
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone() == (0,)
    with closing(sqlite3.connect(tmp_path / "casebook.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM held").fetchone() == (0,)

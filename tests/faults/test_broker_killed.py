"""kill -9 of the broker in the middle of a delivery: every record arrives, proven, once."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.records import records
from edge.feed.outbox import Outbox
from edge.record.envelope import seal
from edge.record.keys import load_signer
from edge.registry.token import load_key
from tests.chains import alarm
from tests.conftest import REPOSITORY
from tests.mosquitto import Mosquitto, wait_for
from tools.make_keys import make_keys

BEFORE, AFTER, ENDLESS = 300, 60, 10**6
CONFIG = """\
[box]
id = "box-1"
state = "."
[access]
registry = "registry.sqlite"
token_key = "keys/token.key"
[keys]
signing = "keys/box.pem"
platform = "keys/platform.jwk"
storage = "keys/storage.key"
[[zones]]
id = "zone"
pack = "nl-ze"
[uplink]
publisher = "mqtt"
host = "127.0.0.1"
port = {port}
"""


class Site:
    """A box's folder, and the two programs that deliver and receive."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.folder, self.broker = folder, broker
        self.db = folder / "received.sqlite"
        made = CliRunner().invoke(make_keys, ["--box", "box-1", "--out", str(folder / "keys")])
        assert made.exit_code == 0
        (folder / "box.toml").write_text(CONFIG.format(port=broker.port))
        self._signer = load_signer(folder / "keys/box.pem")
        self._storage = load_key(folder / "keys/storage.key")
        self._running: list[subprocess.Popen[bytes]] = []

    def append(self, count: int) -> None:
        with Outbox.open(self.folder / "outbox.sqlite", "box-1", self._storage, 0) as outbox:
            for _ in range(count):
                outbox.append(seal(alarm(outbox.next_link(), "box-1"), self._signer))

    def uplink(self) -> subprocess.Popen[bytes]:
        return self._start("edge.cli.main", "uplink", "--config", self.folder / "box.toml")

    def receiver(self, expect: int) -> subprocess.Popen[bytes]:
        keys = self.folder / "keys"
        files = ("--db", self.db, "--keys", keys / "boxes.jwks", "--signing", keys / "platform.pem")
        address = ("--host", "127.0.0.1", "--port", self.broker.port)
        return self._start("tools.receive", *files, *address, "--expect", expect)

    def received(self) -> int:
        if not self.db.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'records'")
            if not tables.fetchone()[0]:
                return 0
            return int(db.execute("SELECT count(*) FROM records").fetchone()[0])

    def waiting(self) -> int:
        with Outbox.attach(self.folder / "outbox.sqlite", self._storage, 0) as outbox:
            return outbox.backlog().records

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def _start(self, *words: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *(str(word) for word in words)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._running.append(process)
        return process


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto) -> Iterator[Site]:
    made = Site(tmp_path, broker)
    yield made
    made.end()


def test_every_record_arrives_once_over_a_broker_that_was_killed(
    site: Site, broker: Mosquitto
) -> None:
    site.append(BEFORE)
    receiver, uplink = site.receiver(ENDLESS), site.uplink()
    wait_for(lambda: site.received() > 20, "the first records", 60)
    broker.kill()
    site.append(AFTER)  # the camera does not wait for a broker
    assert site.received() < BEFORE + AFTER
    broker.start()
    wait_for(lambda: site.received() == BEFORE + AFTER, "all records", 60)
    wait_for(lambda: site.waiting() == 0, "the last receipt", 60)
    for process in (uplink, receiver):
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert site.received() == BEFORE + AFTER
    keys = str(site.folder / "keys/boxes.jwks")
    proof = CliRunner().invoke(records, ["verify", str(site.db), "--keys", keys])
    assert proof.exit_code == 0, proof.output
    assert f"{BEFORE + AFTER} records proven (epoch 1: 1-{BEFORE + AFTER})" in proof.output


def test_one_delivery_ends_when_everything_is_receipted(site: Site) -> None:
    site.append(5)
    receiver = site.receiver(5)
    command = [sys.executable, "-m", "edge.cli.main", "uplink", "--once", "--deadline", "60"]
    once = subprocess.run(
        [*command, "--config", str(site.folder / "box.toml")], capture_output=True, check=False
    )
    assert once.returncode == 0, once.stderr
    assert b"Every record is at the platform" in once.stdout
    assert site.waiting() == 0
    assert receiver.wait(30) == 0


def test_without_a_receiver_nothing_is_forgotten(site: Site, broker: Mosquitto) -> None:
    site.append(5)
    command = [sys.executable, "-m", "edge.cli.main", "uplink", "--once", "--deadline", "1"]
    once = subprocess.run(
        [*command, "--config", str(site.folder / "box.toml")], capture_output=True, check=False
    )
    assert once.returncode == 1
    assert b"5 records still wait" in once.stderr
    assert site.waiting() == 5


def test_a_receiver_with_an_end_does_not_wait_for_ever_for_a_dead_broker(
    tmp_path: Path, broker: Mosquitto
) -> None:
    make = [sys.executable, "-m", "tools.make_keys", "--box", "b1", "--out", str(tmp_path / "keys")]
    subprocess.run(make, check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    command = [
        *(sys.executable, "-m", "tools.receive", "--host", "127.0.0.1"),
        *("--port", str(broker.port), "--db", str(tmp_path / "r.sqlite")),
        *("--keys", str(tmp_path / "keys/boxes.jwks")),
        *("--signing", str(tmp_path / "keys/platform.pem"), "--until-idle", "2"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) as receiver:
        assert receiver.stderr is not None
        assert "listening" in receiver.stderr.readline()
        broker.kill()
        _, said = receiver.communicate(timeout=60)
    assert receiver.returncode == 1
    assert "away" in said

"""kill -9 of the broker in the middle of a delivery: every record arrives, proven, once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.delivery import Courier, Way
from tests.mosquitto import Mosquitto, wait_for

BEFORE, AFTER, ENDLESS = 300, 60, 10**6


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto) -> Iterator[Courier]:
    uplink = f'host = "{broker.host}"\nport = {broker.port}'
    made = Courier(tmp_path, Way(uplink, ("--host", broker.host, "--port", broker.port)))
    yield made
    made.end()


def test_every_record_arrives_once_over_a_broker_that_was_killed(
    site: Courier, broker: Mosquitto
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
    proof = site.proof()
    assert proof.exit_code == 0, proof.output
    assert f"{BEFORE + AFTER} records proven (epoch 1: 1-{BEFORE + AFTER})" in proof.output


def test_one_delivery_ends_when_everything_is_receipted(site: Courier) -> None:
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


def test_without_a_receiver_nothing_is_forgotten(site: Courier, broker: Mosquitto) -> None:
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

"""The broker dies with -9 in the middle of the main job and comes back."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.mosquitto import Mosquitto, wait_for
from tests.street import CLIP, OUTCOMES, StreetBox, street_box, verb
from tools.demo.__main__ import AT, receiver

PYTHON = [sys.executable, "-m"]
AFTER = 2  # records at the platform before the broker dies


def started(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*PYTHON, *args], stdout=subprocess.DEVNULL, cwd=REPOSITORY)


def arrived(box: StreetBox) -> int:
    path = box.folder / "received.sqlite"
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(path) as db:
            return int(db.execute("SELECT count(*) FROM records").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


def test_every_passage_arrives_verified_and_none_twice(tmp_path: Path, broker: Mosquitto) -> None:
    uplink = f'publisher = "mqtt"\nhost = "127.0.0.1"\nport = {broker.port}'
    box = street_box(tmp_path / "box", uplink)
    address = ("--host", "127.0.0.1", "--port", str(broker.port))
    config = ("--config", str(box.config))
    listening = started(*receiver(box.folder), *address)
    replay = started(
        *("edge.cli.main", "replay", str(CLIP), "--out", str(tmp_path / "out")),
        *("--at", AT, "--real-time", "--no-video", *config),
    )
    wait_for(box.outbox.exists, "the outbox")
    way_home = started("edge.cli.main", "uplink", *config)
    try:
        wait_for(lambda: arrived(box) >= AFTER, "the first records")
        broker.kill()
        assert replay.poll() is None, "the replay ended before the broker died"
        assert replay.wait(60) == 0, "a dead broker stopped the box"
        broker.start()
        wait_for(lambda: arrived(box) == len(OUTCOMES), "every record", 60)
        rest = verb("uplink", *config, "--once", "--deadline", "30")
        assert rest.returncode == 0, rest.stderr
    finally:
        for process in (way_home, listening, replay):
            process.terminate()
            process.wait(10)
    proof = box.verify(box.folder / "received.sqlite")
    assert proof.returncode == 0, proof.stdout
    assert f"{len(OUTCOMES)} records proven" in proof.stdout

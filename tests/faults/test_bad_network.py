"""A lossy, slow or flapping network between box and platform: every record arrives once."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.records import records
from edge.feed.outbox import Outbox
from edge.record.envelope import seal
from edge.record.keys import load_signer
from edge.registry.token import load_key
from tests.authority import Authority
from tests.chains import alarm
from tests.conftest import REPOSITORY
from tests.delivery import CONFIG
from tests.faults.wire import PLATFORM, Weather, Wire, wire
from tests.mosquitto import find_mosquitto, wait_for
from tools.make_keys import make_keys

LONG = "ANPR_EDGE_BAD_NETWORK" in os.environ  # `make soak` sets it
FOR_S = 120.0 if LONG else 4.0
PER_SECOND = 10
DRAINED_S = 300.0
WEATHERS = {
    "30 % of all packets are lost": Weather(loss=0.3),
    "every packet takes 2 s": Weather(delay_s=2.0 if LONG else 0.3),
    "up and down by turns of 20 s": Weather(turn_s=20.0 if LONG else 1.5),
}
BROKER = """\
listener 8883 {address}
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
allow_anonymous true
user root
"""


class Ends:
    """A box at one end of a wire, broker and receiver at the other."""

    def __init__(self, folder: Path, between: Wire, stack: ExitStack) -> None:
        self._folder, self._wire, self._stack = folder, between, stack
        CliRunner().invoke(make_keys, ["--box", "box-1", "--out", str(folder / "keys")])
        Authority(folder).issue("broker", "broker")
        uplink = f'host = "{PLATFORM}"\nport = 8883\nca = "ca.pem"'
        (folder / "box.toml").write_text(CONFIG.format(uplink=uplink))
        (folder / "broker.conf").write_text(BROKER.format(address=PLATFORM, folder=folder))
        self.database, self.keys = folder / "received.sqlite", folder / "keys/boxes.jwks"

    def start(self) -> None:
        broker = (find_mosquitto(), "-c", self._folder / "broker.conf")
        self._enter(self._wire.platform, *broker)
        python = (sys.executable, "-m")
        files = ("--db", self.database, "--keys", self.keys)
        signing = ("--signing", self._folder / "keys/platform.pem")
        way = ("--host", PLATFORM, "--port", 8883, "--ca", self._folder / "ca.pem")
        self._enter(self._wire.platform, *python, "tools.receive", *files, *signing, *way)
        uplink = ("edge.cli.main", "uplink", "--config", self._folder / "box.toml")
        self._enter(self._wire.box, *python, *uplink)

    def held(self) -> int:
        if not self.database.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            found = db.execute("SELECT count(*) FROM records").fetchone()
        return int(found[0])

    def again(self) -> int:
        with closing(sqlite3.connect(self.database)) as db:
            return int(db.execute("SELECT sum(duplicates) FROM boxes").fetchone()[0])

    def outbox(self) -> Outbox:
        path, key = self._folder / "outbox.sqlite", self._folder / "keys/storage.key"
        return Outbox.open(path, "box-1", load_key(key), 0)

    def _enter(self, space: str, *words: object) -> None:
        self._stack.enter_context(started("ip", "netns", "exec", space, *words))


@contextmanager
def started(*words: object) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    command = [str(word) for word in words]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.mark.parametrize("said", WEATHERS)
def test_every_record_arrives_once_where(tmp_path: Path, said: str) -> None:
    name = f"anpr-{os.getpid()}"
    with wire(name, WEATHERS[said]) as between, ExitStack() as stack:
        ends = Ends(tmp_path, between, stack)
        signer = load_signer(tmp_path / "keys/box.pem")
        with ends.outbox() as outbox:
            outbox.append(seal(alarm(outbox.next_link(), "box-1"), signer))
            ends.start()
            wait_until, appended = time.monotonic() + FOR_S, 1
            while time.monotonic() < wait_until:
                outbox.append(seal(alarm(outbox.next_link(), "box-1"), signer))
                appended += 1
                time.sleep(1 / PER_SECOND)
            wait_for(lambda: not outbox.backlog().records, "the last receipt", DRAINED_S)
        assert ends.held() == appended
        proof = CliRunner().invoke(
            records, ["verify", str(ends.database), "--keys", str(ends.keys)]
        )
        assert proof.exit_code == 0, proof.output
        assert between.carried
        assert between.lost or not WEATHERS[said].loss
        print(
            f"{said}: {appended} records, 0 lost, {ends.again()} came again;"
            f" {between.lost} of {between.lost + between.carried} packets lost"
        )

"""kill -9 of the uplink and of the receiver at random moments: every record arrives once."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.records import records
from edge.feed.outbox import Outbox
from edge.record.envelope import seal
from edge.record.keys import load_signer
from tests.chains import STORAGE_KEY, alarm
from tests.conftest import REPOSITORY
from tests.mosquitto import Mosquitto, wait_for
from tools.make_keys import make_keys

KILLS = int(os.environ.get("ANPR_EDGE_PROCESS_KILLS", "20"))  # `make soak` asks for 1,000
MOST_RECORDS, LONGEST_S = 8, 0.25


class Parked:
    """A parked process, one life at a time."""

    def __init__(self, role: str, folder: Path, port: int) -> None:
        command = [sys.executable, "-m", "tests.faults.deliverer", role, str(folder), str(port)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0, cwd=REPOSITORY
        )
        self._pid = 0

    def live(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._pid = int(self._line())

    def die(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        assert self._line() == b"dead\n", "it had ended before it was killed"
        self._pid = 0

    def end(self) -> None:
        if self._pid:
            with suppress(ProcessLookupError):  # a test that failed leaves it alive
                os.kill(self._pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(30)

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Delivery:
    """A box's outbox, the way home and the platform."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.folder, self.appended = folder, 0
        made = CliRunner().invoke(make_keys, ["--box", "box-1", "--out", str(folder / "keys")])
        assert made.exit_code == 0
        self._signer = load_signer(folder / "keys/box.pem")
        self.ends = [Parked(role, folder, broker.port) for role in ("uplink", "receiver")]
        self.append(1)

    def append(self, count: int) -> None:
        with Outbox.open(self.folder / "outbox.sqlite", "box-1", STORAGE_KEY, 0) as outbox:
            for _ in range(count):
                outbox.append(seal(alarm(outbox.next_link(), "box-1"), self._signer))
        self.appended += count

    def waiting(self) -> int:
        with Outbox.attach(self.folder / "outbox.sqlite", STORAGE_KEY, 0) as outbox:
            return outbox.backlog().records

    def figures(self) -> tuple[int, int]:
        """Return how many records the platform holds, and how often it was sent one again."""
        with closing(sqlite3.connect(self.folder / "received.sqlite")) as db:
            (held,) = db.execute("SELECT count(*) FROM records").fetchone()
            (again,) = db.execute("SELECT sum(duplicates) FROM boxes").fetchone()
        return held, again


@pytest.fixture
def delivery(tmp_path: Path, broker: Mosquitto) -> Iterator[Delivery]:
    made = Delivery(tmp_path, broker)
    yield made
    for end in made.ends:
        end.end()


def test_killed_at_any_moment_both_ends_together_lose_nothing(delivery: Delivery) -> None:
    chance = random.Random(20261125)
    arrived_between = 0
    for _ in range(KILLS):
        before = delivery.waiting()
        for end in delivery.ends:
            end.live()
        delivery.append(chance.randrange(MOST_RECORDS))
        for end in chance.sample(delivery.ends, 2):
            time.sleep(chance.random() * LONGEST_S)
            end.die()
        arrived_between += delivery.waiting() != before
    for end in delivery.ends:
        end.live()
    wait_for(lambda: delivery.waiting() == 0, "the last receipt", 60)
    for end in delivery.ends:
        end.die()
    assert arrived_between, "nothing was ever in the way of a kill"
    held, again = delivery.figures()
    assert held == delivery.appended
    print(f"{KILLS} kills of each end: {held} records held once, {again} sent again")
    database, keys = delivery.folder / "received.sqlite", delivery.folder / "keys/boxes.jwks"
    proof = CliRunner().invoke(records, ["verify", str(database), "--keys", str(keys)])
    assert proof.exit_code == 0, proof.output

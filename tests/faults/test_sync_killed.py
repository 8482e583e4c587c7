"""kill -9 at random moments of a sync: the old registry or the new one, proven, never neither."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.update.floors import read_floors
from edge.update.report import read_report
from edge.update.shelf import active, shelved
from tests.conftest import REPOSITORY
from tests.follower import Follower
from tests.repository import Publisher, registry_file
from tools.make_delta import make_delta

KILLS = int(os.environ.get("ANPR_EDGE_SYNC_KILLS", "15"))  # `make soak` asks for 500


class Syncer:
    """The parked process, one sync at a time."""

    def __init__(self, box: Follower) -> None:
        self._box = box
        command = [sys.executable, "-m", "tests.faults.syncer"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=REPOSITORY,
        )

    def sync(self, killed_after_s: float | None = None) -> float:
        """Sync, and kill it after a while; return how long it lived."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{self._box.path}\n".encode())
        assert self._process.stdout is not None
        child, began = int(self._process.stdout.readline()), time.monotonic()
        if killed_after_s is not None:
            time.sleep(killed_after_s)
            os.kill(child, signal.SIGKILL)
        assert self._process.stdout.readline() == b"ended\n"
        lasted_s = time.monotonic() - began
        self._process.stdin.write(b"\n")
        return lasted_s

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(30)


def checked(box: Follower) -> int:
    """Return the number of the registry in force, after everything about it was checked."""
    place = active(box.state, "registry")
    assert place is not None, "neither the old nor the new one is in force"
    found = shelved(place).release
    assert box.in_force() == found.id
    read_floors(box.floors, datetime.now(UTC))
    read_report(box.state / "updates" / "report.json")
    return found.number


def test_killed_at_any_moment_the_old_registry_or_the_new_one_is_in_force(tmp_path: Path) -> None:
    chance = random.Random(20260625)
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=4)
    files = [registry_file(tmp_path / f"{n}", f"r{n}", at, more=300 + n) for n in (0, 1)]
    deltas = [tmp_path / f"to-{n}" for n in (0, 1)]
    for n, delta in enumerate(deltas):
        make_delta(files[1 - n], files[n], delta)
    publisher = Publisher(tmp_path / "repository")
    publisher.offer_registry(files[0])
    publisher.publish()
    box = Follower(tmp_path / "box", publisher.root, publisher.folder)
    syncer = Syncer(box)
    lasts_s = syncer.sync()
    assert checked(box) == 1
    changed = 0

    def offer(whole: bool) -> int:
        """Release the other registry, with or without a delta from the last one."""
        last = publisher.releases["registry"][-1]
        n = last.number % 2
        delta = publisher.delta(last, deltas[n].read_bytes())
        publisher.releases["registry"] = publisher.releases["registry"][-2:]
        made = publisher.offer_registry(files[n], () if whole else (delta,))
        publisher.publish()
        return made.number

    for _ in range(KILLS):
        before, offered = checked(box), publisher.releases["registry"][-1].number
        if before == offered:
            offered = offer(whole=chance.random() < 0.3)
        syncer.sync(killed_after_s=chance.random() * lasts_s)
        assert checked(box) in (before, offered)
        changed += checked(box) == offered
    syncer.sync()
    assert checked(box) == publisher.releases["registry"][-1].number
    assert changed < KILLS, "no kill fell into the work"
    offer(whole=False)
    came = box.registry()
    assert came.fetched is not None
    assert came.fetched.deltas == 1, came
    left = {path.name for path in (box.state / "registry").iterdir()}
    assert len(left) == 4, left
    assert not list((box.state / "updates" / "incoming").iterdir())
    syncer.end()

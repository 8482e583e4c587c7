"""kill -9 at fifty random moments: what was acknowledged is there, and the chain verifies."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.feed.outbox import Outbox
from edge.record.chain import START, check, examine
from edge.record.keys import create_signer, load_trusted

KILLS = 50
LONGEST_S = 0.02


class Appender:
    """The parked process, one life at a time."""

    def __init__(self, key: Path, outbox: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.appender", str(key), str(outbox)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def live_and_die(self, after_records: int, after_s: float) -> dict[int, str]:
        """Let it append, kill it, and return what it had acknowledged: hash by seq."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        pid, acknowledged = 0, {}
        while not pid or len(acknowledged) < after_records:
            pid = self._read(acknowledged) or pid
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
        while self._read(acknowledged) != -1:
            pass
        return acknowledged

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait(30)

    def _read(self, acknowledged: dict[int, str]) -> int:
        """Read one line: return the process id, -1 for its death, 0 for a record."""
        assert self._process.stdout is not None
        word, *rest = self._process.stdout.readline().decode().split()
        if word == "dead":
            return -1
        if word == "pid":
            return int(rest[0])
        acknowledged[int(word)] = rest[0]
        return 0


@pytest.mark.parametrize("seed", [20281])
def test_nothing_acknowledged_is_missing_after_fifty_kills(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    create_signer(tmp_path / "box.pem", "box-1")
    keyring = load_trusted(tmp_path / "box.jwk")
    path = tmp_path / "outbox.sqlite"
    appender = Appender(tmp_path / "box.pem", path)
    acknowledged: dict[int, str] = {}
    for _ in range(KILLS):
        acknowledged |= appender.live_and_die(chance.randrange(4), chance.random() * LONGEST_S)
        if not path.exists():
            continue  # killed before the outbox was made: nothing was acknowledged
        with Outbox.attach(path, 0) as outbox:
            stored = outbox.pending(None, 10**6)
            entries = [check(str(e.seq), e.jws, keyring) for e in stored]
            assert examine("box-1", entries, START, outbox.head() or START) == []
        there = {e.seq: e.sha256 for e in stored}
        assert acknowledged.items() <= there.items()
    appender.end()
    assert len(acknowledged) > KILLS / 2

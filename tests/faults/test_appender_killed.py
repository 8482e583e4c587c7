"""kill -9 at random moments: what was acknowledged is there, and the chain verifies."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.feed.outbox import Outbox
from edge.record.chain import START, Head, check, examine
from edge.record.keys import create_signer, load_trusted
from tests.chains import STORAGE_KEY

KILLS = int(os.environ.get("ANPR_EDGE_PROCESS_KILLS", "50"))  # `make soak` asks for 1,000
LONGEST_S = 0.02
MOST_STORED = 200


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


def test_nothing_acknowledged_is_missing_after_any_kill(tmp_path: Path) -> None:
    chance = random.Random(20281)
    create_signer(tmp_path / "box.pem", "box-1")
    keyring = load_trusted(tmp_path / "box.jwk")
    path = tmp_path / "outbox.sqlite"
    appender = Appender(tmp_path / "box.pem", path)
    acknowledged: dict[int, str] = {}
    for _ in range(KILLS):
        acknowledged |= appender.live_and_die(chance.randrange(4), chance.random() * LONGEST_S)
        if not path.exists():
            continue  # killed before the outbox was made: nothing was acknowledged
        with Outbox.attach(path, STORAGE_KEY, 0) as outbox:
            since, stored = outbox.forgotten() or START, outbox.pending(None, 10**6)
            entries = [check(str(e.seq), e.jws, keyring) for e in stored]
            assert examine("box-1", entries, since, outbox.head() or START) == []
            there = {e.seq: e.sha256 for e in stored}
            due = {seq: sha256 for seq, sha256 in acknowledged.items() if seq > since.seq}
            assert due.items() <= there.items()
            if len(stored) > MOST_STORED:  # as on a receipt: a chain of days is not read each time
                outbox.forget_through(Head(1, stored[-1].seq, stored[-1].sha256))
    appender.end()
    assert len(acknowledged) > KILLS / 2
    print(f"{KILLS} kills, {len(acknowledged)} records acknowledged")

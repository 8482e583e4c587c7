"""kill -9 at random moments: record and candidate both or neither, and one end for each."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.record.envelope import decode_part, split
from edge.record.message import PassageRecord, ResolutionRecord, decode
from tests.cases import T0
from tests.conftest import REPOSITORY
from tests.site import Site

KILLS = int(os.environ.get("ANPR_EDGE_PROCESS_KILLS", "12"))  # `make soak` asks for 1,000
OF_ONE_BOX = 100
"""After so many the next box begins: its whole chain is proven after every kill."""
LONGEST_S = 0.06


class Holder:
    """The parked process, one life at a time."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.holder", str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=REPOSITORY
        )

    def live_and_die(self, after_records: int, after_s: float) -> dict[int, str]:
        """Let it hold and release, kill it, and return what it acknowledged: hash by seq."""
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
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
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


def check_books(folder: Path) -> dict[int, str]:
    """Start the box once, and return its records after everything about them was checked."""
    site = Site(folder)
    site.proven()
    chain = site.chain()
    data = [decode(decode_part(split(e.jws)[1])).data for e in chain]
    marked = [d.seq for d in data if isinstance(d, PassageRecord) and "held" in d.marks]
    ended = [d.candidate.seq for d in data if isinstance(d, ResolutionRecord)]
    kept = [held.candidate.seq for held in site.casebook.held()]
    assert sorted(ended + kept) == marked, "a candidate has no end, or two"
    assert all(site.casebook.passage(held) for held in site.casebook.held())
    counted = {t.value: t.n for t in site.casebook.counted("utrecht", T0)}
    assert counted.get("passage", 0) == len(marked), "a tally is lost or double"
    assert counted.get("resolution", 0) == len(ended), "a tally is lost or double"
    site.stop()
    return {e.seq: e.sha256 for e in chain}


def test_killed_at_any_moment_a_candidate_is_held_or_ended_and_never_both(tmp_path: Path) -> None:
    chance = random.Random(20260610)
    for begun in range(0, KILLS, OF_ONE_BOX):
        folder = tmp_path / f"box-{begun}"
        folder.mkdir()
        kill_one_box(folder, min(OF_ONE_BOX, KILLS - begun), chance)


def kill_one_box(folder: Path, kills: int, chance: random.Random) -> None:
    Site(folder).stop()
    holder = Holder(folder)
    acknowledged: dict[int, str] = {}
    for _ in range(kills):
        acknowledged |= holder.live_and_die(chance.randrange(5), chance.random() * LONGEST_S)
        assert acknowledged.items() <= check_books(folder).items()
    holder.end()
    assert len(acknowledged) > kills

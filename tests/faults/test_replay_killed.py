"""Power cuts in the middle of the main job: the process is killed at random moments."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.street import CLIP, OUTCOMES, street_box
from tools.demo.__main__ import AT

KILLS = int(os.environ.get("ANPR_EDGE_KILLS", "5"))  # `make soak` asks for 50
ANNOUNCED = re.compile(r"^(?:[A-Z]{2}|\?\?) (\w+)")


def acknowledged_until_killed(command: list[str], after_s: float) -> list[str]:
    """Run a replay, kill it, and return the plates it said were recorded."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=REPOSITORY, bufsize=0
    )
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    return [m[1] for line in said.decode().splitlines() if (m := ANNOUNCED.match(line))]


def records(outbox: Path, since: float = 0.0) -> int:
    if not outbox.exists():
        return 0
    with sqlite3.connect(outbox) as db:
        counted = db.execute("SELECT count(*) FROM records WHERE appended_at >= ?", (since,))
        return int(counted.fetchone()[0])


def test_a_replay_killed_at_any_moment_loses_nothing_it_said_and_its_chain_verifies(
    tmp_path: Path,
) -> None:
    box, out = street_box(tmp_path / "box"), tmp_path / "out"
    command = [sys.executable, "-m", "edge.cli.main", "replay", str(CLIP)]
    command += ["--out", str(out), "--config", str(box.config), "--at", AT]
    chance, held, longest = random.Random(20280601), 0, 8.0
    for _ in range(KILLS):
        said = acknowledged_until_killed(command, chance.uniform(0.5, longest))
        now = records(box.outbox)
        assert now >= held + len(said), "something acknowledged is missing"
        held = now
        if held:
            proof = box.verify()
            assert proof.returncode == 0, proof.stdout
    began = time.time()
    assert box.replay().returncode == 0, "a killed replay stands in the way of the next one"
    assert records(box.outbox, began) == len(OUTCOMES)
    # What was being written at a kill, and acknowledged to nobody, may appear later: one more.
    assert records(box.outbox) >= held + len(OUTCOMES)
    for result in out.glob("*.json"):
        json.loads(result.read_text())  # whole, if it is there at all

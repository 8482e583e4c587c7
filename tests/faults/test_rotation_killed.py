"""kill -9 before every step of a rotation, and power cuts in it: the box goes on with one key."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.record.chain import START, check, examine
from edge.record.keys import load_signer, load_trusted
from edge.record.rotation import followed
from tests.conftest import REPOSITORY
from tests.faults.power.box import HOW
from tests.faults.power.disk import Disk
from tests.faults.power.recording import Word, cuts, record, recorder
from tests.faults.test_power_cut import memory as memory
from tests.site import PLATE, Site

FEWEST_STEPS = 30
POINTS = int(os.environ.get("ANPR_EDGE_POWER_CUTS", "120"))  # `make soak` asks for 10,000


class Turner:
    """The parked process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.faults.turner"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )

    def kill_at(self, step: int, folder: Path) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{step} {folder}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def turner() -> Iterator[Turner]:
    found = Turner()
    yield found
    found.end()


def proven(site: Site) -> list[tuple[int, str]]:
    """Return epoch and kind of every record, after the chain was proven from the first key."""
    stored = [(e.jws, None) for e in site.chain()]
    keyring = followed(stored, load_trusted(site.folder / "first.jwk"))
    entries = [check(str(n), jws, keyring) for n, (jws, _) in enumerate(stored)]
    assert examine("b1", entries, START, site.outbox.head()) == []
    return [(e.epoch, e.kind) for e in site.chain()]


def check_box(folder: Path, old: str) -> None:
    """Start a box that was killed; whatever its key is, the chain goes on, and so does the order.

    Until the record of the rotation is there, the old key must be.
    """
    site = Site(folder)
    turned = any(kind == "rotation" for _, kind in proven(site))
    assert turned or site.pipeline.signer.key_id == old, "the old key is gone too early"
    site.place.create_next()
    site.turn()
    site.passes("9ZZZ999")
    chain = proven(site)
    assert [kind for epoch, kind in chain if epoch == 1].count("rotation") == 1
    assert chain[-1][0] >= 2
    assert load_signer(folder / "box.pem").key_id == site.pipeline.signer.key_id != old
    assert not site.place.has_next()
    site.stop()


def started(folder: Path) -> str:
    """Let a box write its first record; return its key."""
    folder.mkdir()
    site = Site(folder)
    site.passes(PLATE)
    site.stop()
    shutil.copy(folder / "box.jwk", folder / "first.jwk")
    return site.pipeline.signer.key_id


def test_killed_before_any_step_of_a_rotation_a_box_goes_on_with_one_key(
    turner: Turner, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    old = started(model)
    step, said = 0, "killed"
    while said == "killed":
        step += 1
        folder = Path(shutil.copytree(model, tmp_path / "box"))
        said = turner.kill_at(step, folder)
        check_box(folder, old) if said == "killed" else None
        shutil.rmtree(folder)
    assert said == "ended 0"
    assert step > FEWEST_STEPS, f"{step} steps: the killer does not see them"


def test_cut_at_any_moment_of_a_rotation_a_box_goes_on_with_one_key(memory: Path) -> None:
    """What was not synced may be lost, garbled, or come in another order."""
    listener, folder = recorder(memory), memory / "box"
    old, word = started(folder), Word()
    disk = Disk(folder)
    calls = record(listener, folder, 1, HOW, "tests.faults.power.turning")
    for cut in cuts(disk, calls, word, POINTS, random.Random(20264), memory / "left"):
        site = Site(cut.folder)
        there = {e.sha256 for e in site.chain()}
        site.stop()
        assert {e.sha256 for e in word.records.values()} <= there, "acknowledged, lost"
        check_box(cut.folder, old)
    assert word.records

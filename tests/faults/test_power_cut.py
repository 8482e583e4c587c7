"""Power cuts at any call to the disk: what was acknowledged is there, and both files agree.

The box is the real one with the real SQLite; only the disk after the cut is simulated.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory

import pytest

from edge.record.keys import create_signer, load_trusted
from tests.faults.power.audit import Auditor
from tests.faults.power.box import HOW
from tests.faults.power.disk import Disk
from tests.faults.power.pictured import PicturedAuditor
from tests.faults.power.recording import BOX, Word, cuts, record, recorder

POINTS = int(os.environ.get("ANPR_EDGE_POWER_CUTS", "300"))  # `make soak` asks for 10,000
AT_ONCE = 500
"""Cuts of one recording; the next begins on what one of them left."""
STEPS = 12
CONTROL = 200


class Trial:
    """Lives of one box: each is cut at many moments, and the next begins on what one cut left."""

    module, auditor = BOX, Auditor

    def __init__(
        self, folder: Path, seed: int, how: tuple[str, str] = HOW, steps: int = STEPS
    ) -> None:
        self._listener, self._chance = recorder(folder), random.Random(seed)
        self._folder, self._how, self._steps = folder, how, steps
        create_signer(self._now(0) / "box.pem", "b1")
        self._auditor = self.auditor(load_trusted(self._now(0) / "box.jwk"))
        self.word, self.found = Word(), Counter[str]()

    def cut(self, points: int, at_once: int = AT_ONCE) -> "Trial":
        for life, begun in enumerate(range(0, points, at_once)):
            self._life(life, min(at_once, points - begun))
        return self

    def _life(self, life: int, points: int) -> None:
        now, chosen, word = self._now(life), self._chance.randrange(points), self.word
        disk, left = Disk(now), self._folder / "left"
        calls = record(self._listener, now, self._steps, self._how, self.module)
        for n, cut in enumerate(cuts(disk, calls, word, points, self._chance, left)):
            if n == chosen:
                copytree(cut.folder, self._now(life + 1), dirs_exist_ok=True)
                self.word = word.copy()
            self.found.update(self._auditor.faults(cut))
        rmtree(now)

    def _now(self, life: int) -> Path:
        folder = self._folder / f"life-{life}"
        folder.mkdir(exist_ok=True)
        return folder


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory if there is one: what is simulated needs no real disk to wait for."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=shared, prefix="anpr-edge-cut-") as folder:
        yield Path(folder)


def test_after_a_cut_at_any_call_nothing_acknowledged_is_lost(memory: Path) -> None:
    trial = Trial(memory, 20261).cut(POINTS)
    assert trial.found == Counter()
    print(f"{POINTS} cuts: {len(trial.word.records)} records acknowledged in one chain, all there")


class PicturedTrial(Trial):
    """The same of a box that keeps pictures of whom it holds."""

    module, auditor = PicturedAuditor.__module__, PicturedAuditor


def test_after_a_cut_at_any_call_each_candidate_has_its_pictures_and_nobody_else_has_one(
    memory: Path,
) -> None:
    trial = PicturedTrial(memory, 20264).cut(POINTS // 3)
    assert trial.found == Counter()


def test_after_a_cut_while_its_files_are_made_a_box_starts_again(memory: Path) -> None:
    trial = Trial(memory, 20263, steps=1).cut(POINTS, at_once=POINTS)
    assert trial.found == Counter()


@pytest.mark.parametrize("how", [("NORMAL", HOW[1]), (HOW[0], "psow=1")])
def test_a_box_that_trusts_its_disk_more_loses_what_it_acknowledged(
    memory: Path, how: tuple[str, str]
) -> None:
    """The control, without a sync at every commit or with sectors that are never garbled.

    If this finds nothing, the test above proves nothing.
    """
    trial = Trial(memory, 20262, how).cut(CONTROL)
    lost = [what for what in trial.found if "acknowledged, lost" in what or "lacks record" in what]
    assert lost

"""kill -9 before every step of a rotation: the box goes on with one of two keys, chain proven."""

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
from tests.site import PLATE, Site

FEWEST_STEPS = 30


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


def test_killed_before_any_step_of_a_rotation_a_box_goes_on_with_one_key(
    turner: Turner, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    site = Site(model)
    site.passes(PLATE)
    old = site.pipeline.signer.key_id
    site.stop()
    shutil.copy(model / "box.jwk", model / "first.jwk")
    step, said = 0, "killed"
    while said == "killed":
        step += 1
        folder = Path(shutil.copytree(model, tmp_path / "box"))
        said = turner.kill_at(step, folder)
        check_box(folder, old) if said == "killed" else None
        shutil.rmtree(folder)
    assert said == "ended 0"
    assert step > FEWEST_STEPS, f"{step} steps: the killer does not see them"

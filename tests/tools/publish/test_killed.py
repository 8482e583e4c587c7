"""kill -9 at random moments: boxes find the old state or the new one, and a repeat succeeds."""

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.tools.publish.workshop import Box, Said, Workshop
from tools.publish import repository, store

ROUNDS = 12


class Publisher:
    """The parked process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.tools.publish.publisher"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def run(self, arguments: list[object], kill_after_s: float | None) -> int:
        """Run a verb, perhaps not to its end; return 0 when it succeeded."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = [[str(one) for one in arguments], kill_after_s]
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return int(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    parked = Publisher()
    yield parked
    parked.end()


def test_a_killed_release_leaves_the_old_or_the_new_and_a_repeat_succeeds(
    workshop: Workshop, box: Box, publisher: Publisher
) -> None:
    chance = random.Random(20261125)
    killed, longest_s = 0, 0.0
    assert publisher.run(["show", "--repo", workshop.repo], None) == 0  # it has started
    for day in range(1, ROUNDS + 1):
        made = workshop.registry(day)
        verb = [
            *("registry", "--repo", workshop.repo, "--file", made),
            *("--token-key", made.with_name("token.key"), "--key", workshop.key("registry")),
            *("--online-key", workshop.key("online")),
        ]
        if day > 1:
            killed += publisher.run(verb, chance.random() * longest_s) != 0
        assert newest(box, workshop) in (day - 1, day)
        begun = time.perf_counter()
        assert publisher.run(verb, None) == 0
        longest_s = longest_s or time.perf_counter() - begun
        assert newest(box, workshop) == day
    assert killed > ROUNDS / 3
    assert not (workshop.repo / ".work").exists()  # nothing of a killed one stays behind
    assert workshop.run("prune", "--days", "0").code == 0
    assert workshop.run("check").code == 0


class PowerCut(BaseException):
    """The end of a run, with what it had written so far."""


def cut_at(monkeypatch: pytest.MonkeyPatch, number: int) -> list[str]:
    """Let the power fail at some write; return the names of what was written before."""
    done: list[str] = []
    real = repository.settle

    def settle(file: IO[bytes], draft: Path, path: Path) -> None:
        if len(done) == number:
            raise PowerCut
        real(file, draft, path)
        done.append(path.name)

    monkeypatch.setattr(repository, "settle", settle)
    monkeypatch.setattr(store, "settle", settle)
    return done


ROTATION = ("rotate", "snapshot", "timestamp")


def rotate(workshop: Workshop, *online: str) -> Said:
    changed = ("--add", workshop.pub("spare"), "--remove", workshop.pub("online"))
    return workshop.run(*ROTATION, *changed, keys=("root-1", "root-2", *online))


@pytest.mark.parametrize("number", range(6))
def test_a_rotation_cut_anywhere_leaves_a_valid_state_where_both_keys_are_given(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patch:
        done = cut_at(patch, number)
        try:
            rotate(workshop, "spare", "online")
        except PowerCut:
            assert len(done) == number
        else:
            assert done == ["root.json", "2.snapshot.json", "timestamp.json", "2.root.json"]
    box.updater(workshop.repo)
    renewed = [workshop.run("refresh", keys=(key,)).code for key in ("spare", "online")]
    assert 0 in renewed
    box.updater(workshop.repo)


@pytest.mark.parametrize("number", range(5))
def test_a_rotation_without_the_lost_key_is_ended_by_the_next_run(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patch:
        cut_at(patch, number)
        with contextlib.suppress(PowerCut):
            rotate(workshop, "spare")
    if rotate(workshop, "spare").code != 0:
        assert workshop.run("refresh", keys=("spare",)).code == 0
    box.updater(workshop.repo)
    assert workshop.run("refresh", keys=("online",)).code == 1


def test_a_release_cut_anywhere_is_there_or_not_and_a_repeat_succeeds(
    workshop: Workshop, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workshop.registry(1)
    verb = ("registry", "--file", made, "--token-key", made.with_name("token.key"))
    for number in range(20):
        with monkeypatch.context() as patch:
            done = cut_at(patch, number)
            try:
                said = workshop.run(*verb, keys=("registry", "online"))
            except PowerCut:
                assert newest(box, workshop) == (1 if "timestamp.json" in done else 0)
                continue
        assert said.code == 0
        break
    assert done  # everything was written, at last
    assert newest(box, workshop) == 1
    again = workshop.run(*verb, keys=("registry", "online"))
    assert "these very files already" in again.out


@pytest.mark.parametrize("number", range(12))
def test_a_ceremony_cut_anywhere_is_begun_anew_or_completed(
    finished: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    begun = Workshop(tmp_path)
    (tmp_path / "keys").symlink_to(finished.folder / "keys")
    with monkeypatch.context() as patch, contextlib.suppress(PowerCut):
        cut_at(patch, number)
        begun.init()
    ended = (begun.init(), begun.run("complete", keys=("online",)))
    assert 0 in {said.code for said in ended}
    root = (begun.metadata / "1.root.json").read_bytes()
    assert newest(Box(tmp_path / "cache", root), begun) == 0


def newest(box: Box, workshop: Workshop) -> int:
    """Return what a box would take, proven file by file."""
    updater = box.updater(workshop.repo)
    releases = box.taken(updater, "registry").releases
    for release in releases[-1:]:
        box.fetch(updater, release.files[0].path)
    return releases[-1].number if releases else 0

"""A box at work is recorded call by call, and its power is cut at any of them."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.record.envelope import peek
from edge.types import Envelope
from tests.conftest import REPOSITORY
from tests.faults.power.box import ACKNOWLEDGED
from tests.faults.power.disk import Call, Disk, read_calls

BOX = "tests.faults.power.box"
SOURCE = Path(__file__).with_name("syscalls.c")


@dataclass(slots=True)
class Word:
    """What the box has said so far: records that are durable, and how far it was to forget."""

    records: dict[int, Envelope] = field(default_factory=dict)
    forget_through: int = 0

    def copy(self) -> "Word":
        return Word(dict(self.records), self.forget_through)

    def take(self, lines: bytes) -> None:
        for line in lines.splitlines():
            word, rest = line.split()
            if word == b"append":
                envelope = peek(rest).envelope
                self.records[envelope.seq] = envelope
            else:
                self.forget_through = int(rest)


@dataclass(frozen=True, slots=True)
class Cut:
    """What one cut left, and what the box had said by then."""

    folder: Path
    word: Word


def recorder(folder: Path) -> Path:
    """Build what listens to a program's calls, or skip the test."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here: apt install gcc")
    built = folder / "syscalls.so"
    command = [compiler, "-O1", "-Wall", "-shared", "-fPIC", "-o", str(built)]
    subprocess.run([*command, str(SOURCE), "-ldl", "-lpthread"], check=True)
    return built


def record(
    listener: Path, folder: Path, steps: int, how: tuple[str, str], module: str = BOX
) -> list[Call]:
    """Let a box live on what lies in a folder; return what it asked of the disk."""
    log = listener.with_name("calls.log")
    log.unlink(missing_ok=True)
    surroundings = {"LD_PRELOAD": str(listener), "CUT_FOLDER": str(folder), "CUT_LOG": str(log)}
    command = [sys.executable, "-m", module, str(folder), str(steps), *how]
    subprocess.run(command, check=True, cwd=REPOSITORY, env=os.environ | surroundings)
    return read_calls(log)


def cuts(
    before: Disk, calls: list[Call], word: Word, points: int, chance: random.Random, out: Path
) -> Iterator[Cut]:
    """Cut the power at so many moments; each cut is laid out in a folder until the next."""
    moments = sorted(chance.randrange(len(calls) + 1) for _ in range(points))
    done, said = 0, -1
    for moment in moments:
        for call in calls[done:moment]:
            before.do(call)
            if call.op == "O" and call.data.endswith(f"/{ACKNOWLEDGED}".encode()):
                said = call.fd
            elif call.op == "W" and call.fd == said:
                word.take(call.data)
        done = moment
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        before.after_cut(out, chance)
        (out / ACKNOWLEDGED).unlink(missing_ok=True)
        yield Cut(out, word)

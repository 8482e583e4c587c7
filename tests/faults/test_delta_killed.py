"""kill -9 at random moments of applying a delta: the new registry is whole, or it is not there."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.registry.cache import RegistryCache
from tests.conftest import REPOSITORY
from tests.edge.registry.deltas import changed, rows_of
from tests.tools.registry_orders import KEY, registry
from tools.make_delta import make_delta

KILLS = int(os.environ.get("ANPR_EDGE_KILLS", "12"))  # `make soak` asks for 50


class Applier:
    """The parked process, one life at a time."""

    def __init__(self, *paths: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.applier", *map(str, paths)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=REPOSITORY
        )

    def life(self, killed_after_s: float | None) -> tuple[float, bool]:
        """Let it apply the delta and kill it; return how long that took and whether it was done.

        Without a time it is killed once it is done.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        _, pid = self._line()
        began = time.monotonic()
        if killed_after_s is None:
            assert self._line() == ["done"]
        else:
            time.sleep(killed_after_s)
        lived = time.monotonic() - began
        os.kill(int(pid), signal.SIGKILL)
        told = [self._line()]
        while told[-1] != ["dead"]:
            told.append(self._line())
        return lived, killed_after_s is None or ["done"] in told

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(30)

    def _line(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().split()


def test_killed_at_any_moment_the_new_registry_is_whole_or_not_there(tmp_path: Path) -> None:
    base = registry(tmp_path)
    new = changed(base, tmp_path / "new.sqlite")
    make_delta(base, new, tmp_path / "delta")
    out, before = tmp_path / "made" / "registry.sqlite", base.read_bytes()
    out.parent.mkdir()
    applier, chance, found = Applier(base, tmp_path / "delta", out), random.Random(5), []
    whole_s, _ = applier.life(None)
    for _ in range(KILLS):
        out.unlink(missing_ok=True)
        _, done = applier.life(chance.random() * whole_s * 1.1)
        found.append(out.exists())
        assert found[-1] or not done
        if found[-1]:
            with RegistryCache.open(out, KEY):
                assert rows_of(out) == rows_of(new)
    applier.life(None)  # what a killed one left is not in the way
    assert rows_of(out) == rows_of(new)
    assert base.read_bytes() == before
    applier.end()
    assert not all(found), "nothing was ever interrupted"

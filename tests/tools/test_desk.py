"""A box at a desk: it comes up by one command, and a newcomer gets in with what it says."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.booth import Caller
from tests.conftest import REPOSITORY
from tests.daemon import PATIENCE_S, free_port


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    out, port = tmp_path / "desk", free_port()
    command = [sys.executable, "-m", "tools.desk", "--out", str(out), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as desk:
        assert desk.stdout is not None
        said = ""
        for line in desk.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        password = re.search(r"^Password: (.*)$", said, re.M)
        assert password, said
        caller = Caller(f"https://127.0.0.1:{port}")
        until(lambda: logs_in(caller, password[1]))
        yield caller
        desk.send_signal(signal.SIGINT)
        desk.wait(PATIENCE_S)
        assert desk.returncode == 0


def logs_in(caller: Caller, password: str) -> bool:
    try:
        return caller.log_in(password) == 303
    except OSError:
        return False  # it has not begun to listen


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_a_newcomer_sees_vehicles_and_tries_the_light(caller: Caller) -> None:
    until(lambda: '"plate"' in caller.ask("/live.json")[1])
    until(lambda: 'name="level"' in caller.ask("/live/light")[1])
    caller.send("/live/light/switch", level="full")
    until(lambda: "op 100" in caller.ask("/live/light.json")[1])


def test_another_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    command = [sys.executable, "-m", "tools.desk", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.returncode == 1
    assert "holds other things" in done.stderr
    assert (tmp_path / "mine").read_text() == "kept"

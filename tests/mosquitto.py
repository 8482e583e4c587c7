"""A real Mosquitto on a free loopback port, that a test may kill and start again."""

import gc
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.feed.session import Arrived, Session

DEADLINE_S = 30.0
CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
log_type error
{user}
{settings}
"""


def wait_for(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait until a condition holds; fail by name when it never does."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Mosquitto:
    """Started and stopped by the `broker` fixture; satisfies the session's `Broker`."""

    host, ca, cert, key = "127.0.0.1", None, None, None

    def __init__(self, program: str, folder: Path, settings: str = "") -> None:
        self._program, self._folder, self._settings = program, folder, settings
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, on the same port as before if there was one."""
        for _ in range(5):
            port = self.port or free_port()
            if self._answers(self._spawn(port), port):
                self.port = port
                return
        raise AssertionError("Mosquitto did not start")

    def kill(self) -> None:
        """Kill it with -9: whatever it acknowledged and held in memory is gone."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        config = self._folder / "mosquitto.conf"
        user = "user root" if os.geteuid() == 0 else ""
        config.write_text(CONFIG.format(port=port, user=user, settings=self._settings))
        command = [self._program, "-c", str(config)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        return self._process

    def _answers(self, process: subprocess.Popen[bytes], port: int) -> bool:
        deadline = time.monotonic() + DEADLINE_S
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as s:
                if s.connect_ex((self.host, port)) == 0:
                    return True
            time.sleep(0.01)
        return False


def find_mosquitto() -> str:
    """Return the broker's program, or skip the test."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("no Mosquitto here: apt install mosquitto")
    return program


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker."""
    found = Mosquitto(find_mosquitto(), tmp_path)
    found.start()
    yield found
    found.kill()


SWEPT = [
    pytest.mark.usefixtures("swept"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""For tests whose connections fail: paho leaves their sockets to the garbage collector."""


@pytest.fixture
def swept() -> Iterator[None]:
    """Collect them at the end of the test, and not in the middle of another, or after the last."""
    yield
    gc.collect()


def heard(session: Session, until: bytes) -> list[Arrived]:
    """What a session hears until a last word comes."""
    got: list[Arrived] = []

    def came() -> bool:
        got.extend(item for item in session.receive(0.1) if isinstance(item, Arrived))
        return any(item.payload == until for item in got)

    wait_for(came, f"{until!r}")
    return got

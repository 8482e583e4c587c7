"""A daemon at work before the street of the demonstration, in a process of its own."""

import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import REPOSITORY
from tests.street import CLIP, StreetBox
from tools.demo.camera import FPS, clip_camera

PATIENCE_S = 90


@contextmanager
def street_camera(fps: int = FPS) -> Iterator[str]:
    """Yield the address of a camera that shows the street once to everybody who asks."""
    with clip_camera(CLIP, fps) as address:
        yield address


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Daemon:
    """`anpr-edge run`: what it says, and the page of its figures."""

    process: subprocess.Popen[str]
    port: int
    said: list[str] = field(default_factory=list)

    def page(self) -> str:
        address = f"http://127.0.0.1:{self.port}/metrics"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return str(answer.read().decode())

    def figures(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Return each figure by its name and its labels, in the order of their names."""
        found: dict[str, dict[tuple[str, ...], float]] = {}
        for family in text_string_to_metric_families(self.page()):
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                found.setdefault(sample.name, {})[labels] = sample.value
        return found

    def passages(self) -> int:
        return sum("rule" in line for line in self.said)

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, (what, self.said)
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)


@contextmanager
def at_work(box: StreetBox, camera: str) -> Iterator[Daemon]:
    """Start the daemon of a box before a camera, with a page of figures; end it afterwards."""
    port = free_port()
    told = box.config.read_text().replace("[camera]\n", f'[camera]\nsource = "{camera}"\n')
    box.config.write_text(f'{told}\n[metrics]\nlisten = "127.0.0.1:{port}"\n')
    command = [sys.executable, "-m", "edge.cli.main", "run", "--config", str(box.config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        daemon = Daemon(process, port)
        thread = threading.Thread(target=_hear, args=(process, daemon.said), daemon=True)
        thread.start()
        try:
            yield daemon
        finally:
            if process.poll() is None:
                daemon.stop()
            thread.join(PATIENCE_S)


def _hear(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)

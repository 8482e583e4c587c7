"""Storms, provoked for real: whatever comes and goes, a log grows no faster than a person reads.

Each lasts some seconds; `make soak` lets each go on for a quarter of an hour.
"""

import http.server
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.daemon.sparing import MOST, WINDOW_S
from firmware_bridge.simulator.bench import Bench
from tests.conftest import REPOSITORY
from tests.daemon import free_port
from tests.delivery import Courier, Way
from tests.edge.daemon.test_wiring_firmware import written
from tests.mosquitto import Mosquitto, wait_for

STORM_S = float(os.environ.get("ANPR_EDGE_STORM_S", "6"))  # `make soak`: 900
KINDS = 8
"""So many kinds of line one storm may raise."""
NOISE = 2048


def check(said: str, lasted_s: float) -> None:
    """Fail where there are more lines of a kind than a log is to have, or too many kinds.

    Each must have come through the log: what a library writes past it has no bound at all.
    """
    lines = said.splitlines()
    assert all(re.match("(INFO|WARNING|ERROR) ", line) for line in lines), said
    kinds = Counter(re.sub(r"\(.*|[0-9]+", "#", line) for line in lines)
    most = MOST * (lasted_s // WINDOW_S + 1)
    print(f"\n{len(lines)} lines of {len(kinds)} kinds in {lasted_s:.0f} s")
    assert len(kinds) <= KINDS, kinds
    assert max(kinds.values(), default=0) <= most, kinds


def stormed(blow: Callable[[int], object]) -> float:
    """Let something happen again and again for as long as a storm lasts; return how long it did."""
    began_s = time.monotonic()
    for n in itertools.count():
        if time.monotonic() - began_s >= STORM_S:
            return time.monotonic() - began_s
        blow(n)
    raise AssertionError


@contextmanager
def at_work(log: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module whose standard error, also that of its libraries, is kept; it must live on."""
    command = [sys.executable, "-m", *(str(word) for word in words)]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, stdout=stderr, cwd=REPOSITORY)
    try:
        yield process
        assert process.poll() is None, log.read_text()
    finally:
        process.kill()
        process.wait()


def test_a_broker_that_dies_again_and_again_fills_no_log(tmp_path: Path, broker: Mosquitto) -> None:
    uplink = f'host = "{broker.host}"\nport = {broker.port}'
    site = Courier(tmp_path, Way(uplink, ()))
    site.append(3)
    log = tmp_path / "uplink.log"
    with at_work(log, "edge.cli.main", "uplink", "--config", tmp_path / "box.toml"):
        broker.kill()
        wait_for(lambda: "Trying again" in log.read_text(), "the first word of it", 120)

        def blow(n: int) -> None:
            if n % 2 == 0:
                broker.start()
            else:
                broker.kill()
            time.sleep(0.7)

        lasted_s = stormed(blow)
        check(log.read_text(), lasted_s)
    assert site.waiting() == 3
    site.end()


class Flapping(http.server.BaseHTTPRequestHandler):
    """A network camera that gives some pictures, hangs up, is away, and comes back."""

    calls = itertools.count()

    def do_GET(self) -> None:
        if next(self.calls) % 2:
            with suppress(OSError):
                self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes()
        with suppress(OSError):
            for _ in range(3):
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def flapping() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Flapping)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/flapping.mjpg"
    server.shutdown()
    server.server_close()


def test_a_camera_that_comes_and_goes_fills_no_log(tmp_path: Path, flapping: str) -> None:
    log = tmp_path / "run.log"
    with at_work(log, "tests.faults.watcher", flapping):
        wait_for(lambda: "watching" in log.read_text(), "its start", 120)
        lasted_s = stormed(lambda n: time.sleep(0.2))
        check(log.read_text(), lasted_s)
    assert next(Flapping.calls) > 3  # it was asked again and again


def test_a_camera_that_is_not_there_or_is_no_camera_fills_no_log(tmp_path: Path) -> None:
    path, log = tmp_path / "camera", tmp_path / "run.log"
    with at_work(log, "tests.faults.watcher", path):
        wait_for(lambda: "watching" in log.read_text(), "its start", 120)

        def blow(n: int) -> None:
            path.unlink(missing_ok=True)
            if n % 2:
                path.write_bytes(os.urandom(5000))
            time.sleep(0.3)

        lasted_s = stormed(blow)
        check(log.read_text(), lasted_s)


def test_a_camera_whose_address_is_dead_fills_no_log(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    with at_work(log, "tests.faults.watcher", f"rtsp://127.0.0.1:{free_port()}/live"):
        wait_for(lambda: "watching" in log.read_text(), "its start", 120)
        lasted_s = stormed(lambda n: time.sleep(0.2))
        check(log.read_text(), lasted_s)
        assert "rtsp" not in log.read_text()


def test_garbage_on_the_wire_and_a_plug_that_is_loose_fill_no_log(tmp_path: Path) -> None:
    log = tmp_path / "firmware.log"
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as folder,
        Bench(Path(folder) / "device") as bench,
    ):
        told = f'[firmware]\nport = "{bench.path}"\nsocket = "{folder}/s"\n'
        config = written(tmp_path, told)
        with at_work(log, "edge.cli.main", "firmware", "--config", config):
            wait_for(lambda: "the device is there" in log.read_text(), "the device", 120)

            def blow(n: int) -> None:
                for _ in range(5):
                    bench.say(lambda device: os.urandom(NOISE))
                if n % 5 == 3:
                    bench.unplug()
                elif n % 5 == 4:
                    bench.plug()
                time.sleep(0.1)

            lasted_s = stormed(blow)
            check(log.read_text(), lasted_s)

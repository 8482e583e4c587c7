"""What systemd hears of the daemons at work: progress, silence when one hangs, and their end."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import REPOSITORY
from tests.street import OUTCOMES, StreetBox, street_box

WATCH_S = 2.0
"""The daemons say a word every quarter of this."""
QUIET_S, PATIENCE_S = 2.0, 60.0
CLOSED = 'publisher = "mqtt"\nhost = "127.0.0.1"\nport = 1'


class Manager:
    """The end of systemd: a socket, and what came through it."""

    def __init__(self, path: Path) -> None:
        self.path, self.heard = path, list[str]()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def listen(self, seconds: float, until: Callable[[str], bool] = lambda word: False) -> bool:
        """Hear what is said for so long, or until a word is said; True when it was."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                word = self._socket.recv(4096).decode()
            except TimeoutError:
                break
            self.heard.append(word)
            if until(word):
                return True
        return False

    def hears(self, wanted: str) -> bool:
        return self.listen(PATIENCE_S, lambda word: wanted in word)

    def hears_nothing(self) -> bool:
        """True when nothing more is said, once what was under way is done."""
        self.listen(WATCH_S)
        before = len(self.heard)
        self.listen(QUIET_S)
        return len(self.heard) == before

    def close(self) -> None:
        self._socket.close()


class Camera:
    """A network camera that shows an empty street, until it hangs."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        street = np.full((240, 320, 3), 90, np.uint8)
        jpeg, hangs = cv2.imencode(".jpg", street)[1].tobytes(), self.hangs

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    while not hangs.wait(0.05):
                        self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                        self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
                    time.sleep(PATIENCE_S)  # the line stays open, and nothing comes
                except OSError:
                    return

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/street.mjpg"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with closing(Manager(tmp_path / "notify")) as found:
        yield found


@pytest.fixture
def camera() -> Iterator[Camera]:
    with closing(Camera()) as found:
        yield found


@contextmanager
def started(verb: str, box: StreetBox, manager: Manager) -> Iterator[subprocess.Popen[str]]:
    """Start a daemon as its unit does; kill it in the end."""
    watched = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": str(int(WATCH_S * 1e6))}
    command = [sys.executable, "-m", "edge.cli.main", verb, "--config", str(box.config)]
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY, env=os.environ | watched
    ) as daemon:
        try:
            yield daemon
        finally:
            daemon.kill()


def test_the_daemon_feeds_the_watchdog_by_its_work_alone(
    tmp_path: Path, manager: Manager, camera: Camera
) -> None:
    box = before(camera, tmp_path / "box")
    with started("run", box, manager):
        assert manager.hears("READY=1")
        assert manager.hears("WATCHDOG=1")
        assert "STATUS=watching; last record 1/" in manager.heard[-1]
        with closing(sqlite3.connect(box.outbox, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # somebody holds the outbox, and does not let go
            assert manager.hears_nothing()
            other.execute("ROLLBACK")
        assert manager.hears("WATCHDOG=1")
        camera.hangs.set()
        assert manager.hears_nothing()
    assert sum("READY=1" in word for word in manager.heard) == 1
    assert not any(plate in word for plate in OUTCOMES for word in manager.heard)


def test_a_daemon_that_is_told_to_end_says_that_it_does(
    tmp_path: Path, manager: Manager, camera: Camera
) -> None:
    box = before(camera, tmp_path / "box")
    with started("run", box, manager) as daemon:
        assert manager.hears("READY=1")
        daemon.send_signal(signal.SIGTERM)
        assert manager.hears("STOPPING=1")
        assert daemon.wait(PATIENCE_S) == 0
    with started("uplink", street_uplink(box), manager) as uplink:
        assert manager.hears("READY=1")
        assert "the way is closed; " in manager.heard[-1]  # a box works without a network
        assert manager.hears("WATCHDOG=1")
        uplink.send_signal(signal.SIGTERM)
        assert manager.hears("STOPPING=1")
        assert uplink.wait(PATIENCE_S) == 0


def test_a_camera_that_gives_no_first_frame_makes_no_daemon_ready(
    tmp_path: Path, manager: Manager, camera: Camera
) -> None:
    camera.hangs.set()
    box = before(camera, tmp_path / "box")
    with started("run", box, manager) as daemon:
        assert daemon.wait(PATIENCE_S) == 1  # systemd starts it again
    manager.listen(0.1)
    assert not any("READY=1" in word for word in manager.heard)


def before(camera: Camera, folder: Path) -> StreetBox:
    box = street_box(folder)
    source = f'[camera]\nsource = "{camera.address}"\n'
    box.config.write_text(box.config.read_text().replace("[camera]\n", source))
    return box


def street_uplink(box: StreetBox) -> StreetBox:
    """Let a box deliver to a broker that nobody reaches."""
    text = box.config.read_text()
    spool = 'publisher = "spool"\nspool = "stick"'
    assert spool in text
    box.config.write_text(text.replace(spool, CLOSED))
    return box

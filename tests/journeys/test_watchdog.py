"""What systemd hears of the daemons at work: progress, silence when one hangs, and their end."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config import load
from edge.daemon import wiring
from edge.record.envelope import decode_part, split
from tests.conftest import REPOSITORY
from tests.daemon import free_port
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


STREET = cv2.imencode(".jpg", np.full((240, 320, 3), 90, np.uint8))[1].tobytes()


PROBED = 800
"""Whoever opens a stream without a head first reads so many of its pictures."""


class Pipe:
    """A camera behind a pipe: until it opens, and once it hangs, a call never returns."""

    def __init__(self, path: Path) -> None:
        self.path, self.hangs = path, threading.Event()
        os.mkfifo(path)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._end: int | None = None

    def opens(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.hangs.set()
        if self._end is not None:
            os.close(self._end)

    def _write(self) -> None:
        self._end = os.open(self.path, os.O_WRONLY)
        with suppress(OSError):
            os.write(self._end, STREET * PROBED)
            while not self.hangs.wait(0.05):
                os.write(self._end, STREET)


class Camera:
    """A network camera that shows an empty street, until it hangs, or is away for a while."""

    def __init__(self) -> None:
        self.hangs, self.away = threading.Event(), threading.Event()
        jpeg, hangs, away = STREET, self.hangs, self.away

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if away.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    while not (hangs.wait(0.05) or away.is_set()):
                        self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                        self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
                    if hangs.is_set():
                        time.sleep(PATIENCE_S)  # the line stays open, and nothing comes
                except OSError:
                    return

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/street.mjpg"

    def leaves(self) -> None:
        """Hang up, and answer nobody."""
        self.away.set()

    def returns(self) -> None:
        self.away.clear()

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
    box = before(camera.address, tmp_path / "box")
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
    box = before(camera.address, tmp_path / "box")
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


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    with closing(Pipe(tmp_path / "camera.mjpg")) as found:
        yield found


def test_a_call_to_the_camera_that_never_returns_feeds_nothing(
    tmp_path: Path, manager: Manager, pipe: Pipe
) -> None:
    """Neither while it is opened, nor later: the system calls themselves hang here."""
    box = before(pipe.path, tmp_path / "box")
    with started("run", box, manager):
        manager.listen(6 * WATCH_S)
        assert manager.heard == []
        pipe.opens()
        assert manager.hears("STATUS=watching")
        pipe.hangs.set()
        assert manager.hears_nothing()


def test_a_camera_that_is_away_ends_nothing_and_is_told_of_when_it_comes(
    tmp_path: Path, manager: Manager, camera: Camera
) -> None:
    box = before(f"http://127.0.0.1:{free_port()}/", tmp_path / "box")
    with started("run", box, manager) as daemon:
        assert manager.hears("READY=1")
        assert manager.hears("STATUS=The camera has given no picture since")
        assert kinds(box)[:1] == ["health"]
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(PATIENCE_S) == 0
    assert kinds(box)[-2:] == ["alarm", "checkpoint"]
    assert box.verify().returncode == 0


def test_a_camera_that_goes_away_and_comes_back_is_told_of_twice(
    tmp_path: Path, manager: Manager, camera: Camera
) -> None:
    box = before(camera.address, tmp_path / "box")
    with started("run", box, manager):
        assert manager.hears("STATUS=watching")
        camera.leaves()
        assert manager.hears("STATUS=The camera has given no picture since")
        camera.returns()
        assert manager.hears("STATUS=watching")
    first, second = (alarm for alarm in alarms(box) if alarm["alarm"] == "camera")
    assert first["cause"].startswith("The camera has given no picture since 20")
    assert second["cause"].startswith("The camera gives pictures again.")


def kinds(box: StreetBox) -> list[str]:
    with wiring.attached_outbox(load(box.config)) as outbox:
        return [envelope.kind for envelope in outbox.pending(None, 1000)]


def alarms(box: StreetBox) -> list[dict[str, str]]:
    with wiring.attached_outbox(load(box.config)) as outbox:
        found = [e.jws for e in outbox.pending(None, 1000) if e.kind == "alarm"]
    return [json.loads(decode_part(split(jws)[1]))["data"] for jws in found]


def before(camera: object, folder: Path) -> StreetBox:
    box = street_box(folder)
    source = f'[camera]\nsource = "{camera}"\n'
    box.config.write_text(box.config.read_text().replace("[camera]\n", source))
    return box


def street_uplink(box: StreetBox) -> StreetBox:
    """Let a box deliver to a broker that nobody reaches."""
    text = box.config.read_text()
    spool = 'publisher = "spool"\nspool = "stick"'
    assert spool in text
    box.config.write_text(text.replace(spool, CLOSED))
    return box

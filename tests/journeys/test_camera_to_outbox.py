"""The daemon itself: a live camera over the network, a signal, and a proven outbox."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import pytest

from tests.conftest import REPOSITORY
from tests.street import CLIP, OUTCOMES, street_box

FPS = 15


class StreetCamera(BaseHTTPRequestHandler):
    """A network camera: the street as motion JPEG in real time, then its last frame for ever."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        video, jpeg = cv2.VideoCapture(str(CLIP)), b""
        began, index = time.monotonic(), 0
        try:
            while True:
                more, image = video.read()
                if more:
                    jpeg = cv2.imencode(".jpg", image)[1].tobytes()
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
                index += 1
                time.sleep(max(0.0, began + index / FPS - time.monotonic()))
        except OSError:
            return  # the box hung up

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def camera() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), StreetCamera)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/street.mjpg"
    server.shutdown()
    server.server_close()


def test_the_daemon_records_the_street_and_ends_on_a_signal(tmp_path: Path, camera: str) -> None:
    box = street_box(tmp_path / "box")
    box.config.write_text(
        box.config.read_text().replace("[camera]\n", f'[camera]\nsource = "{camera}"\n')
    )
    command = [sys.executable, "-m", "edge.cli.main", "run", "--config", str(box.config)]
    said: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            said.append(line)
            if sum("record" in s for s in said) == len(OUTCOMES) - 2:  # some are still in sight
                daemon.send_signal(signal.SIGTERM)
    assert daemon.returncode == 0, said
    assert any("stopped" in line for line in said)
    assert not any(plate in line for plate in OUTCOMES for line in said)
    result = box.verify()
    assert result.returncode == 0, result.stdout

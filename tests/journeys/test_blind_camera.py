"""A box at work before the street, until somebody puts a hand before its camera, then moves it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.config import load
from edge.daemon import wiring
from edge.daemon.remembered import SCENE
from edge.record.envelope import decode_part, split
from edge.types import Image
from tests.daemon import Daemon, at_work
from tests.street import CLIP, StreetBox, street_box
from tools.disturbed import Disturbance, black, moved, plain

FPS = 15


class Camera:
    """A network camera before the street, over and over; `how` is what happens to it."""

    def __init__(self) -> None:
        self.how: Disturbance = plain
        self.rng, self.until = np.random.default_rng(3), -1
        show = self._show

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    for jpeg in show():
                        self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                        self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
                except OSError:
                    return  # the box hung up

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/street.mjpg"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _show(self) -> Iterator[bytes]:
        began, index = time.monotonic(), 0
        while True:
            for image in film():
                shown = self.how(image, 0, self.rng)
                yield cv2.imencode(".jpg", shown)[1].tobytes()
                index += 1
                time.sleep(max(0.0, began + index / FPS - time.monotonic()))


def film() -> Iterator[Image]:
    video = cv2.VideoCapture(str(CLIP))
    while True:
        more, image = video.read()
        if not more:
            return
        yield np.asarray(image, np.uint8)


@contextmanager
def before(box: StreetBox, camera: Camera) -> Iterator[Daemon]:
    with at_work(box, camera.address) as daemon:
        yield daemon


def records(box: StreetBox, kind: str) -> list[dict[str, Any]]:
    with wiring.attached_outbox(load(box.config)) as outbox:
        found = [e.jws for e in outbox.pending(None, 1000) if e.kind == kind]
    return [json.loads(decode_part(split(jws)[1]))["data"] for jws in found]


def blind(box: StreetBox) -> list[str]:
    return [alarm["cause"] for alarm in records(box, "alarm") if alarm["alarm"] == "blind"]


def test_a_camera_that_is_covered_then_moved_is_told_of_and_accuses_nobody(tmp_path: Path) -> None:
    box, camera = street_box(tmp_path / "box"), Camera()
    try:
        with before(box, camera) as daemon:
            scene = box.folder / "state" / SCENE
            daemon.wait(scene.exists, "the scene")
            assert daemon.figures()["anpr_camera_sees"] == {(): 1.0}
            camera.how = black
            daemon.wait(lambda: len(blind(box)) == 1, "the cover")
            camera.how = plain
            daemon.wait(lambda: len(blind(box)) == 2, "that it is over")
            camera.how = moved(0.06, 0.02)
            daemon.wait(lambda: len(blind(box)) == 3, "the move")
            seen = len(records(box, "passage"))
            daemon.wait(lambda: len(records(box, "passage")) >= seen + 3, "vehicles")
            later = records(box, "passage")[seen:]
    finally:
        camera.close()
    covered, over, told = blind(box)
    assert covered.startswith("The camera is covered")
    assert over.startswith("The camera sees as it should again.")
    assert told.startswith("The camera is moved")
    assert {passage["outcome"] for passage in later} <= {"review", "out_of_scope"}
    assert "CAMERA" in {passage["rule"] for passage in later}
    assert box.verify().returncode == 0

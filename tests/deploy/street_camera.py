"""A network camera in front of a street: a clip as MJPEG over HTTP, at its pace, over and over."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np


def pictures(clip: Path) -> list[bytes]:
    """Return the frames of a clip as JPEG."""
    video, found = cv2.VideoCapture(str(clip)), list[bytes]()
    while True:
        more, image = video.read()
        if not more:
            return found
        found.append(cv2.imencode(".jpg", np.asarray(image))[1].tobytes())


@contextmanager
def street_camera(clip: Path, fps: float) -> Iterator[str]:
    """Show a clip; yield the address."""
    shown, over = pictures(clip), threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            try:
                for jpeg in cycle(shown):
                    if over.wait(1 / fps):
                        return
                    self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                    self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/street.mjpg"
    finally:
        over.set()
        server.shutdown()
        server.server_close()

"""A network camera where there is none: a clip as motion JPEG in real time, to who asks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2

from edge.capture.clip import frozen
from edge.types import Image

FPS = 15


def as_it_is(image: Image) -> Image:
    """Return a frame unchanged."""
    return image


class ClipCamera(BaseHTTPRequestHandler):
    """Shows the clip once, then its last frame for ever, or again and again."""

    clip: Path
    fps = FPS
    again = False
    seen: Callable[[Image], Image] = staticmethod(as_it_is)

    def do_GET(self) -> None:
        """Send frames until the caller hangs up."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        began = time.monotonic()
        try:
            for index, jpeg in enumerate(self._frames(), 1):
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                self.wfile.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
                time.sleep(max(0.0, began + index / self.fps - time.monotonic()))
        except OSError:
            return  # the box hung up

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def _frames(self) -> Iterator[bytes]:
        jpeg = b""
        while True:
            video = cv2.VideoCapture(str(self.clip))
            while (read := video.read())[0]:
                jpeg = cv2.imencode(".jpg", self.seen(frozen(read[1])))[1].tobytes()
                yield jpeg
            while not self.again:
                yield jpeg


@contextmanager
def clip_camera(
    clip: Path, fps: int = FPS, again: bool = False, seen: Callable[[Image], Image] = as_it_is
) -> Iterator[str]:
    """Yield the address of a camera that shows a clip; `seen` changes what it sees."""
    told = {"clip": clip, "fps": fps, "again": again, "seen": staticmethod(seen)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Camera", (ClipCamera,), told))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/clip.mjpg"
    finally:
        server.shutdown()
        server.server_close()

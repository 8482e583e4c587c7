"""The door at which a camera that we do not own leaves its readings: HTTP POST.

A message is answered with 200 once what it tells has been dealt with, so that a camera which keeps
what was not taken sends it again: 503 when nobody came for it in time or too many wait, 400 when
it cannot be read, 403 for an address that is not the camera's.
"""

import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from edge.capture.external import axis, hikvision, rekor
from edge.errors import CaptureError
from edge.types import ForeignReading

LARGEST = 8 * 1024 * 1024
"""Of a message with its pictures (bytes)."""
AT_ONCE, WAITING, PATIENCE_S = 16, 256, 10.0
CALLS, STRANGERS = 64, 4
"""Connections that are open at once: of the cameras, and of all others."""
Parse = Callable[[bytes, Mapping[str, str]], Sequence[ForeignReading]]
PRODUCTS: dict[str, Parse] = {
    axis.PRODUCT: axis.readings,
    hikvision.PRODUCT: hikvision.readings,
    rekor.PRODUCT: rekor.readings,
}
OK, BAD, FORBIDDEN, TOO_LARGE, BUSY = 200, 400, 403, 413, 503


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and to whom."""

    host: str
    port: int
    allow: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What one message told; `done` is set when it has been dealt with."""

    readings: Sequence[ForeignReading]
    done: threading.Event = field(default_factory=threading.Event)


class ForeignCamera:
    """Takes in what one product's cameras push, for one thread that asks."""

    def __init__(self, product: str, address: Address, countries: Mapping[str, str]) -> None:
        """Listen. Raises CaptureError when the address cannot be had."""
        self._parse, self._countries = PRODUCTS[product], countries
        self._allow = frozenset(address.allow)
        self._messages: queue.Queue[Message] = queue.Queue(WAITING)
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._count = threading.Lock()
        self.refused = 0
        """Messages that could not be read, or were too large."""
        try:
            self._server = _Server((address.host, address.port), self)
        except (OSError, OverflowError) as e:
            raise CaptureError(
                f"Nothing can listen at {address.host}:{address.port} ({e}).",
                "Correct external.listen, or stop the program that holds that port.",
            ) from e
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def messages(self, wait_s: float) -> Iterator[Message]:
        """Yield what has come, waiting at most so long for the first; set `done` on each."""
        try:
            yield self._messages.get(timeout=wait_s)
            while True:
                yield self._messages.get_nowait()
        except queue.Empty:
            return

    def answer(self, sender: str, length: int, read: Callable[[int], bytes]) -> int:
        """Take one message in and return what to answer; called by the threads of the server."""
        if not self.knows(sender):
            return FORBIDDEN
        if length > LARGEST:
            self._refuse()
            return TOO_LARGE
        if not self._room.acquire(blocking=False):
            return BUSY
        try:
            return self._taken(sender, read(length))
        finally:
            self._room.release()

    def close(self) -> None:
        """Close the door; who waits for an answer gets none, and sends again."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def knows(self, sender: str) -> bool:
        """True for an address that is listened to."""
        return sender in self._allow

    def _refuse(self) -> None:
        with self._count:
            self.refused += 1

    def _taken(self, sender: str, body: bytes) -> int:
        try:
            told = self._parse(body, self._countries)
        except CaptureError:
            self._refuse()
            return BAD
        # Two cameras may call two vehicles by one name.
        message = Message([replace(r, vehicle=f"{sender} {r.vehicle}") for r in told])
        if not message.readings:
            return OK
        try:
            self._messages.put_nowait(message)
        except queue.Full:
            return BUSY
        return OK if message.done.wait(PATIENCE_S) else BUSY


_Call = socket.socket | tuple[bytes, socket.socket]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], camera: ForeignCamera) -> None:
        self.camera = camera
        self._calls = threading.BoundedSemaphore(CALLS)
        self._strangers = threading.BoundedSemaphore(STRANGERS)
        super().__init__(address, _Door)

    def process_request(self, request: _Call, client_address: tuple[str, int]) -> None:
        """Answer in a thread of its own, or hang up: nobody may use up our threads and files."""
        if not self._line(client_address).acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: _Call, client_address: tuple[str, int]) -> None:
        """Answer, then make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._line(client_address).release()

    def _line(self, client_address: tuple[str, int]) -> threading.BoundedSemaphore:
        return self._calls if self.camera.knows(client_address[0]) else self._strangers

    def handle_error(self, request: object, client_address: object) -> None:
        """A camera that hangs up is no fault of ours, and its message no matter for a log."""


class _Door(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "anpr-edge", ""
    timeout = 10

    def do_POST(self) -> None:
        written = self.headers.get("Content-Length", "")
        length = int(written) if written.isascii() and written.isdigit() else LARGEST + 1
        status = self.server.camera.answer(self.client_address[0], length, self.rfile.read)
        self.close_connection |= status != OK  # its body may not have been read
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: addresses of requests may hold what no log may."""

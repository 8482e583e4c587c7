"""The page that a Prometheus on this machine reads: GET /metrics, over plain HTTP."""

import errno
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from edge.closing import Closing
from edge.errors import ListenError

PATH = "/metrics"
TAKEN = "Correct metrics.listen, or stop the program that holds that port."
SHUT = "Correct metrics.listen, or give the unit its drop-in: `anpr-edge check` says which."
PAUSE_S = 0.05
"""After each answer the page rests: whoever asks without end must not take time from frames."""


class Page(Closing):
    """Serves what a registry holds, one caller after the other, on a thread of its own."""

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry) -> None:
        """Listen. Raises ListenError when the address cannot be had."""
        try:
            self._server = _Server(address, registry)
        except OSError as e:
            raise ListenError(
                f"Nothing can listen at {address[0]}:{address[1]} ({e.strerror}).",
                TAKEN if e.errno == errno.EADDRINUSE else SHUT,
            ) from e
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the page."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(HTTPServer):
    def __init__(self, address: tuple[str, int], registry: CollectorRegistry) -> None:
        self.registry = registry
        super().__init__(address, _Answer)

    def server_bind(self) -> None:
        """Bind, without asking a name server what this machine is called."""
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def shutdown_request(self, request: object) -> None:
        """Hang up, then rest."""
        super().shutdown_request(request)  # type: ignore[arg-type]
        time.sleep(PAUSE_S)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a caller that hangs up is no fault of ours."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "anpr-edge", ""
    timeout = 2

    def do_GET(self) -> None:
        """Answer with all figures."""
        if self.path.partition("?")[0] != PATH:
            self.send_error(404, explain=f"The figures are at {PATH}.")
            return
        text = generate_latest(self.server.registry)
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a page that is read every few seconds would fill the log."""

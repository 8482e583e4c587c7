"""The hatch: a socket in the panel's folder through which the daemon shows how it stands.

One caller after the other, on a thread of its own, with a rest after each: however often the panel
asks, frames are looked at. What is shown has no plate in words, and nothing can be changed here.
"""

import os
import socketserver
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.closing import Closing
from edge.daemon.shown import (
    HEAD_BYTES,
    MAX_ASK,
    SOCKET,
    Ask,
    StateHead,
    photo_answer,
    sight_answer,
)
from edge.daemon.window import View, Window
from edge.errors import ListenError

MODE = 0o660
WAIT_S, PATIENCE_S, PAUSE_S = 1.0, 2.0, 0.08
"""A frame is waited for; a caller that does not speak or listen; the rest after each answer."""


class Hatch(Closing):
    """Answers who may open the socket: the group of the folder."""

    def __init__(
        self,
        folder: Path,
        window: Window,
        state: Callable[[], StateHead],
        illuminator: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Listen. Raises ListenError when the folder cannot be used."""
        try:
            folder.mkdir(exist_ok=True)
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            (folder / SOCKET).unlink(missing_ok=True)
            self._server = _Server(f"/proc/self/fd/{self._folder}/{SOCKET}", _Answer)
            (folder / SOCKET).chmod(MODE)
        except OSError as e:
            raise ListenError(
                f"The panel's folder {folder} cannot be used ({e.strerror}).",
                "Give this user the right to write there, or leave [panel] out.",
            ) from e
        self._server.window, self._server.state = window, state
        self._server.illuminator = illuminator
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="hatch", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the socket."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        os.close(self._folder)


class NoHatch(Closing):
    """Stands where there is no panel."""

    def close(self) -> None:
        """Do nothing."""


class _Server(socketserver.UnixStreamServer):
    """Its path is short however deep the folder lies: an address holds 107 bytes."""

    window: Window
    state: Callable[[], StateHead]
    illuminator: Callable[[], float | None]

    def shutdown_request(self, request: object) -> None:
        """Hang up, then rest."""
        super().shutdown_request(request)  # type: ignore[arg-type]
        time.sleep(PAUSE_S)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a caller that hangs up is no fault of ours."""


class _Answer(socketserver.StreamRequestHandler):
    server: _Server
    timeout = PATIENCE_S

    def handle(self) -> None:
        """Answer one ask; to what is none, nothing."""
        try:
            ask = msgspec.json.decode(self.rfile.readline(MAX_ASK), type=Ask)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if ask.ask == "state":
            self._tell(self.server.state(), b"")
        elif (view := self.server.window.look(WAIT_S)) is not None:
            self._tell(*self._seen(ask, view))

    def _seen(self, ask: Ask, view: View) -> tuple[msgspec.Struct, bytes]:
        if ask.ask == "photo":
            return photo_answer(view)
        return sight_answer(view, ask.drawn, self.server.illuminator())

    def _tell(self, head: msgspec.Struct, rest: bytes) -> None:
        told = msgspec.json.encode(head)
        self.wfile.write(len(told).to_bytes(HEAD_BYTES, "big") + told + rest)

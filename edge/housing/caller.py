"""The daemon's end of the seam: it comes back by itself, whoever was started first."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.closing import Closing
from edge.housing.line import KIND, Line, LineError, check
from edge.housing.words import VERSION, Greeting, Word

HEAR_S, AGAIN_S, GREETING_S = 0.5, 0.5, 5.0


class Caller(Closing):
    """Holds a connection to the service on a thread of its own.

    On that thread `take` is given what the service says, its greeting first, and `lost` why there
    is no connection, again and again.
    """

    def __init__(
        self,
        path: Path,
        take: Callable[[Word], None],
        lost: Callable[[str], None],
        again_s: float = AGAIN_S,
    ) -> None:
        """Call, and call again every `again_s` while nobody answers."""
        self._path, self._take, self._lost, self._again_s = path, take, lost, again_s
        self._line: Line | None = None
        self._using = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seam", daemon=True)
        self._thread.start()

    def say(self, word: Word) -> bool:
        """Say a word if there is somebody to hear it; never waits."""
        with self._using:
            if self._line is None:
                return False
            try:
                self._line.say(word)
            except LineError:
                return False  # the thread notices, and calls again
        return True

    def close(self) -> None:
        """Hang up."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._converse()
            except LineError as e:
                self._lost(str(e))
            self._closing.wait(self._again_s)

    def _converse(self) -> None:
        line = self._connected()
        try:
            line.say(Greeting(version=VERSION))
            self._take(check(self._first(line), VERSION))
            with self._using:
                self._line = line
            while not self._closing.is_set():
                word = line.hear(HEAR_S)
                if word is not None:
                    self._take(word)
        finally:
            with self._using:
                self._line = None
                line.close()

    def _first(self, line: Line) -> Word | None:
        until_s = time.monotonic() + GREETING_S
        while not self._closing.is_set() and time.monotonic() < until_s:
            word = line.hear(HEAR_S)
            if word is not None:
                return word
        return None

    def _connected(self) -> Line:
        end = socket.socket(socket.AF_UNIX, KIND)
        try:
            end.connect(str(self._path))
        except OSError as e:
            end.close()
            raise LineError(f"nobody answers at {self._path} ({e.strerror or e})") from e
        return Line(end)

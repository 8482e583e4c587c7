"""The service's end of the seam: whoever may open the socket is told how the housing stands."""

import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from edge.closing import Closing
from edge.errors import ConfigError, ListenError
from edge.housing.line import KIND, Line, LineError, check
from edge.housing.words import VERSION, Greeting, Word

CALLERS = 4
TURN_S = 0.5
MODE = 0o660
"""For the service and its group: the daemon's user is in that."""


class Listener(Closing):
    """Takes callers on a thread of its own; a caller that does not listen is hung up on.

    `welcome` returns what a new caller is told, from the greeting on, `take` is given what callers
    say; both are called on that thread, and while nobody else speaks.
    """

    def __init__(
        self, path: Path, welcome: Callable[[], Sequence[Word]], take: Callable[[Word], None]
    ) -> None:
        """Listen. Raises ListenError where another does, ConfigError where that cannot be."""
        self._path, self._welcome, self._take = path, welcome, take
        self._door = _door(path)
        self.speaking = threading.RLock()
        """Held by whoever changes what is told: a new caller then misses nothing, and hears
        nothing twice."""
        self._heard_s: dict[Line, float] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="seam", daemon=True)
        self._thread.start()

    def tell(self, *words: Word) -> None:
        """Say words to every caller."""
        with self.speaking:
            for line in tuple(self._heard_s):
                self._attempt(line, partial(line.say, *words))

    def silent_s(self) -> float:
        """Return how long the most silent caller has said nothing; 0 where nobody calls."""
        with self.speaking:
            oldest = min(self._heard_s.values(), default=None)
        return 0.0 if oldest is None else time.monotonic() - oldest

    @property
    def is_serving(self) -> bool:
        """False when the thread ended by a fault."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Hang up on everybody, and take the socket away."""
        self._closing.set()
        self._thread.join()
        with self.speaking:
            for line in tuple(self._heard_s):
                self._drop(line)
        self._selector.close()
        self._door.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select(TURN_S):
                with self.speaking:
                    if isinstance(key.fileobj, Line):
                        self._hear(key.fileobj)
                    else:
                        self._accept()

    def _accept(self) -> None:
        with suppress(OSError):  # it hung up before it was let in
            end, _ = self._door.accept()
            line = Line(end)
            if len(self._heard_s) >= CALLERS:
                line.close()
                return
            self._heard_s[line] = time.monotonic()
            self._selector.register(line, selectors.EVENT_READ)
            self._attempt(line, lambda: line.say(*self._welcome()))

    def _hear(self, line: Line) -> None:
        self._attempt(line, lambda: self._heard(line))

    def _heard(self, line: Line) -> None:
        word = line.hear(0.0)
        if word is None:
            return
        self._heard_s[line] = time.monotonic()
        if isinstance(word, Greeting):
            check(word, VERSION)
        else:
            self._take(word)

    def _attempt(self, line: Line, do: Callable[[], None]) -> None:
        try:
            do()
        except LineError:
            self._drop(line)

    def _drop(self, line: Line) -> None:
        if self._heard_s.pop(line, None) is not None:
            self._selector.unregister(line)
            line.close()


def _door(path: Path) -> socket.socket:
    """Bind the socket, in the place of one that a service left behind."""
    door = socket.socket(socket.AF_UNIX, KIND)
    try:
        if path.is_socket() and not _is_served(path):
            path.unlink()
        door.bind(str(path))
        path.chmod(MODE)
        door.listen(CALLERS)
    except OSError as e:
        door.close()
        raised = ListenError if e.errno == errno.EADDRINUSE and path.is_socket() else ConfigError
        raise raised(
            f"The socket {path} cannot be had ({e.strerror or e}).",
            "Correct firmware.socket, or end the service that holds it already.",
        ) from e
    return door


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, KIND) as trial:
        try:
            trial.connect(str(path))
        except OSError:
            return False
    return True

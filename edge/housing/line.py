"""A connection between the service and the daemon: a local socket that keeps packets whole."""

import select
import socket

from edge.housing.words import LARGEST, Greeting, Word, packed, read

KIND = socket.SOCK_SEQPACKET
CLOSED = "the other side hung up"


class LineError(Exception):
    """The connection is of no more use; says why."""


class Line:
    """One end; it never waits for the other to listen."""

    def __init__(self, end: socket.socket) -> None:
        """Take an open socket over."""
        end.setblocking(False)
        self._end, self._comes = end, select.poll()
        self._comes.register(end, select.POLLIN)

    def fileno(self) -> int:
        """Return the number to wait on."""
        return self._end.fileno()

    def say(self, *words: Word) -> None:
        """Say words at once. Raises LineError where nobody listens, or not fast enough."""
        try:
            for word in words:
                self._end.send(packed(word), socket.MSG_NOSIGNAL)
        except BlockingIOError as e:
            raise LineError("the other side does not listen") from e
        except OSError as e:
            raise LineError(CLOSED) from e

    def hear(self, wait_s: float) -> Word | None:
        """Return the next word; None when none came in time, or one that is not known here.

        Raises LineError.
        """
        if not self._comes.poll(wait_s * 1000):
            return None
        try:
            packet = self._end.recv(LARGEST + 1)
        except OSError as e:
            raise LineError(CLOSED) from e
        if not packet:
            raise LineError(CLOSED)
        return _word(packet)

    def close(self) -> None:
        """Hang up."""
        self._end.close()


def _word(packet: bytes) -> Word | None:
    if len(packet) > LARGEST:
        raise LineError("the other side said too much at once")
    try:
        return read(packet)
    except ValueError as e:
        raise LineError("the other side said what is no word") from e


def check(greeting: Word | None, version: int) -> Greeting:
    """Return the greeting of the other side.

    Raises LineError where it is none, or of another version.
    """
    if not isinstance(greeting, Greeting):
        raise LineError("the other side did not greet")
    if greeting.version != version:
        raise LineError(f"the other side speaks version {greeting.version}, this one {version}")
    return greeting

"""What systemd is told of a daemon: that it works, that it is alive, how it stands, that it ends.

The protocol of sd_notify: lines in a datagram to the socket that `NOTIFY_SOCKET` names.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

MICROSECONDS = 1_000_000
EVERY_S = 60.0
"""So often the status is told at least, whether or not a watchdog waits for a word."""
WORDS_PER_WATCH = 4
LONGER_S = 60


class Lifeline:
    """Tells the service manager of work that was done; where there is none it tells nobody.

    Only progress feeds the watchdog: nothing here runs by itself.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the socket and the watchdog's time from the environment of the unit."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        watch_us = environment.get("WATCHDOG_USEC", "")
        watch_s = float(watch_us) / MICROSECONDS if watch_us.isdecimal() else 0.0
        self._every_s = min(EVERY_S, watch_s / WORDS_PER_WATCH or EVERY_S)
        self._monotonic, self._due = monotonic, monotonic()
        self._is_ready = False

    @property
    def is_due(self) -> bool:
        """True when a word is wanted."""
        return bool(self._address) and self._monotonic() >= self._due

    def progress(self, status: Callable[[], str]) -> None:
        """Take note of work that was done; the first makes the unit ready.

        `status`, one line without plates, is asked for only when a word is wanted.
        """
        if not self.is_due:
            return
        ready = () if self._is_ready else ("READY=1",)
        self._tell(*ready, "WATCHDOG=1", f"STATUS={status()}")
        self._is_ready, self._due = True, self._monotonic() + self._every_s

    def waits(self, status: str) -> None:
        """Ask for patience: what cannot work now is tried again, and dying would not help."""
        more = f"EXTEND_TIMEOUT_USEC={LONGER_S * MICROSECONDS}"
        self._tell(more, "WATCHDOG=1", f"STATUS={status}")

    def stopping(self) -> None:
        """Say that the daemon ends."""
        self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with (
            suppress(OSError),  # a manager that does not listen is no reason to see nothing
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line,
        ):
            line.settimeout(1)
            line.connect(name)
            line.sendall("\n".join(lines).encode())

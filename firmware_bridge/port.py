"""The serial port: pyserial, with errors that say what to do."""

import errno
import termios
import threading
from typing import Any

import serial

from firmware_bridge.errors import PortError

BAUD = 115_200
WRITE_TIMEOUT_S = 1.0
READ_AT_MOST = 4096
FAULTS = (serial.SerialException, OSError, termios.error)


class Port:
    """An open serial port, held by one program and read by one thread."""

    def __init__(self, name: str, baud: int, read_timeout_s: float) -> None:
        """Open it, 8N1, without flow control. Raises PortError."""
        self.name = name
        self._writing = threading.Lock()  # bytes of two packets must not mix
        try:
            self._serial: Any = serial.Serial(
                name,
                baud,
                timeout=read_timeout_s,
                write_timeout=WRITE_TIMEOUT_S,
                exclusive=True,
            )
        except FAULTS as e:
            raise _not_opened(name, e) from e
        except ValueError as e:
            raise PortError(
                f"{baud} baud is not a speed of {name}.", "Name one that port and device have."
            ) from e

    def read(self) -> bytes:
        """Return what came; empty when nothing came in time. Raises PortError once it is gone."""
        try:
            first: bytes = self._serial.read(1)
            waiting = min(self._serial.in_waiting, READ_AT_MOST) if first else 0
            return first + self._serial.read(waiting) if waiting else first
        except FAULTS as e:
            raise self._gone(e) from e

    def write(self, wire: bytes) -> None:
        """Write all of it. Raises PortError where the line is gone or takes nothing."""
        try:
            with self._writing:
                self._serial.write(wire)
        except FAULTS as e:
            raise self._gone(e) from e

    def close(self) -> None:
        """Give the port back; closing what is gone is no fault."""
        try:
            self._serial.close()
        except FAULTS:
            return

    def _gone(self, e: Exception) -> PortError:
        return PortError(
            f"The port {self.name} went away ({type(e).__name__}).",
            "Check the cable and the power of the device; the link comes back by itself.",
        )


def _not_opened(name: str, e: Exception) -> PortError:
    number = getattr(e, "errno", None)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return PortError(
            f"There is no port {name}.",
            "Plug the device in; `ls -l /dev/serial/by-id/` shows names that stay the same.",
        )
    if number in (errno.EACCES, errno.EPERM):
        return PortError(
            f"This user may not open {name}.",
            "Add the user to the group dialout (`sudo usermod -aG dialout USER`) and log in again.",
        )
    if number in (errno.EAGAIN, errno.EBUSY):
        return PortError(
            f"Another program holds {name}.",
            f"End it (`fuser -v {name}` names it); ModemManager is one that opens such ports.",
        )
    return PortError(
        f"{name} cannot be used as a serial port ({type(e).__name__}, {number}).",
        "Name the port of the device, such as one of /dev/serial/by-id/.",
    )

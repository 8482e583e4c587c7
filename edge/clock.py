"""UTC now, and how far it can be trusted.

Source: adjtimex(2): STA_UNSYNC and the kernel's own bound on the error.
"""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path

from edge import BUILT
from edge.types import REPLAY, ClockReading, Frame

STA_UNSYNC = 0x0040
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TRUSTED_ERROR_MS, UNKNOWN_ERROR_MS = 1000.0, 16_000.0
"""The kernel itself counts up to 16 s (NTP_PHASE_LIMIT) and no further."""


class _Timex(ctypes.Structure):
    """struct timex up to the fields read here; the rest is room for the kernel to fill."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_quality() -> tuple[bool, float]:
    """Return (synchronised, maximum error in ms) as the kernel states it.

    A kernel that may not be asked says nothing: then the clock is not synchronised.
    """
    timex = _Timex()
    if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0:
        return False, UNKNOWN_ERROR_MS
    return not timex.status & STA_UNSYNC, timex.maxerror / 1000


def boot_id() -> str:
    """Return the id of this boot, empty where the kernel has none."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""


class SystemClock:
    """The clock of the box: trusted when the kernel is synchronised to within a second.

    Never before this software was built: a box without a battery wakes up in 1970.
    """

    def __init__(self) -> None:
        """Read the boot id once."""
        self._boot_id = boot_id()

    def read(self) -> ClockReading:
        """Return the time now and its quality."""
        synchronised, error_ms = kernel_quality()
        now = datetime.now(UTC)
        return ClockReading(
            now=now,
            monotonic_ns=time.monotonic_ns(),
            since_boot_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            boot_id=self._boot_id,
            source="kernel",
            trusted=synchronised and error_ms <= TRUSTED_ERROR_MS and now >= BUILT,
            error_ms=error_ms,
        )


class ReplayClock:
    """The clock of a replay: it stands at the frame shown last."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start` (UTC) until the first frame."""
        self._now = start
        self._monotonic_ns = 0

    def show(self, frame: Frame) -> None:
        """Move to the moment of a frame."""
        self._now, self._monotonic_ns = frame.captured_at, frame.monotonic_ns

    def read(self) -> ClockReading:
        """Return the replayed time, trusted as the tester stated it."""
        return ClockReading(
            now=self._now,
            monotonic_ns=self._monotonic_ns,
            since_boot_ns=self._monotonic_ns,
            boot_id="replay",
            source=REPLAY,
            trusted=True,
            error_ms=0.0,
        )

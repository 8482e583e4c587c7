"""A simulated device on a pty, behind a name that outlives unplugging, like /dev/serial/by-id."""

import contextlib
import os
import pty
import select
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.messages import ResetCause
from firmware_bridge.simulator.device import Device, Make
from firmware_bridge.simulator.faults import NONE, BadLine, Faults

TICK_S = 0.01
BACKLOG = 64 * 1024
READ_AT_MOST = 4096


class Crystal:
    """A device's clock: it drifts, and starts where it is told."""

    def __init__(self, drift_ppm: float = 0.0, start_us: int = 0) -> None:
        """Run fast by `drift_ppm`."""
        self._rate = 1 + drift_ppm * 1e-6
        self._start_us = start_us
        self._began_ns = time.monotonic_ns()

    def now_us(self) -> int:
        """Return the microseconds, not yet cut to 32 bits."""
        return self._start_us + int((time.monotonic_ns() - self._began_ns) * self._rate / 1000)

    def host_ns(self, device_us: int) -> int:
        """Return the host's moment of a moment of this clock: the truth, for a test."""
        return self._began_ns + int((device_us - self._start_us) * 1000 / self._rate)


class Bench:
    """A device that can be reset, unplugged and plugged in again while a link is open."""

    def __init__(
        self,
        path: Path,
        make: Make | None = None,
        faults: Faults = NONE,
        crystal: Crystal | None = None,
    ) -> None:
        """Name the port that appears at `path`."""
        self.path = path
        self.crystal = crystal or Crystal()
        self.device = Device(self.crystal.now_us, make)
        self._down, self._up = BadLine(faults, seed=1), BadLine(faults, seed=2)
        self._travelling: deque[tuple[float, bytes]] = deque()
        self._lock = threading.RLock()
        self._ends: tuple[int, int] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated-device", daemon=True)

    def __enter__(self) -> Self:
        """Plug it in."""
        self.plug()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Unplug it for good."""
        self._stopping.set()
        self._thread.join()
        self.unplug()

    def plug(self) -> None:
        """Appear as a new pty, powered on."""
        with self._lock:
            controller, port = pty.openpty()
            tty.setraw(port)
            os.set_blocking(controller, False)
            self._ends = controller, port  # held open, so that nobody there is no fault here
            fresh = self.path.with_name(self.path.name + ".new")
            fresh.symlink_to(os.ttyname(port))
            fresh.replace(self.path)
            self._send(self.device.boot())

    def unplug(self) -> None:
        """Vanish, with all that was on its way."""
        with self._lock:
            if self._ends is None:
                return
            self.path.unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None
            self._travelling.clear()

    def reset(self, *, silently: bool = False) -> None:
        """Start the device anew with the port left open; silently: its hello is lost."""
        with self._lock:
            hello = self.device.boot(ResetCause.WATCHDOG)
            self._travelling.clear()
            if not silently:
                self._send(hello)

    def say(self, report: Callable[[Device], bytes]) -> None:
        """Have the device say something: `bench.say(Device.trigger)`."""
        with self._lock:
            self._send(report(self.device))

    def spoil(self, faults: Faults, up: Faults | None = None) -> None:
        """Order other faults, of what the device says other ones where `up` is given."""
        with self._lock:
            self._down.faults, self._up.faults = faults, faults if up is None else up

    def _send(self, wire: bytes) -> None:
        if not wire or self._ends is None:
            return
        if sum(len(piece) for _, piece in self._travelling) > BACKLOG:
            self.device.reports_dropped += 1
            return
        self._travelling.append((time.monotonic() + self._up.delay_s(), self._up.carry(wire)))

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                ends = self._ends
            if ends is not None:
                # Once unplugged the number may be nobody's: then there is nothing to wait for.
                with contextlib.suppress(OSError, ValueError):
                    select.select([ends[0]], [], [], self._pause_s())
            else:
                self._stopping.wait(TICK_S)
            with self._lock:
                if self._ends is not None:
                    self._turn(self._ends[0])

    def _pause_s(self) -> float:
        with self._lock:
            due_s = self._travelling[0][0] if self._travelling else time.monotonic() + TICK_S
        return min(TICK_S, max(0.0005, due_s - time.monotonic()))

    def _turn(self, controller: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._send(self.device.take(self._down.carry(os.read(controller, READ_AT_MOST))))
        self._send(self.device.tick())
        while self._travelling and self._travelling[0][0] <= time.monotonic():
            due_s, wire = self._travelling[0]
            try:
                written = os.write(controller, wire)
            except BlockingIOError:
                return
            self._travelling.popleft()
            if written < len(wire):
                self._travelling.appendleft((due_s, wire[written:]))
                return

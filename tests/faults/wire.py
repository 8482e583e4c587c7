"""A bad network between a box and its platform: two network namespaces, and a wire that we hold.

Each namespace has a TUN device with the kernel's own TCP/IP behind it. What one sends is read here,
and lost, delayed or handed to the other. (netem does the same in kernels that have it.)
"""

import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.authority import WIRED

TUNSETIFF, TUN_NO_PI = 0x400454CA, 0x0001 | 0x1000
BOX, PLATFORM = "10.77.0.1", WIRED
PACKET = 65_536
IDLE_S = 0.05


@dataclass(frozen=True, slots=True)
class Weather:
    """What a network does: share lost, delay each way, and how long it is up and down by turns."""

    loss: float = 0.0
    delay_s: float = 0.0
    turn_s: float | None = None

    def is_down(self, at_s: float) -> bool:
        return self.turn_s is not None and at_s % (2 * self.turn_s) >= self.turn_s


class Wire:
    """Two namespaces, `self.box` and `self.platform`, and what lies between."""

    def __init__(self, name: str, weather: Weather) -> None:
        self.box, self.platform = f"{name}-box", f"{name}-platform"
        self.carried = self.lost = 0
        self._weather, self._chance = weather, random.Random(20261129)
        self._ends: list[int] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def open(self) -> None:
        """Make the namespaces and let packets through. Raises OSError, CalledProcessError."""
        for space, address, peer in ((self.box, BOX, PLATFORM), (self.platform, PLATFORM, BOX)):
            ip("netns", "add", space)
            device = f"w{os.getpid() % 100_000}{len(self._ends)}"
            self._ends.append(tun(device))
            ip("link", "set", device, "netns", space)
            ip("-n", space, "address", "add", address, "peer", peer, "dev", device)
            ip("-n", space, "link", "set", device, "up")
            ip("-n", space, "link", "set", "lo", "up")
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        for end in self._ends:
            os.close(end)
        for space in (self.box, self.platform):
            with suppress(subprocess.CalledProcessError):
                ip("netns", "delete", space)

    def _carry(self) -> None:
        on_the_way: list[tuple[float, int, int, bytes]] = []
        other = dict(zip(self._ends, reversed(self._ends), strict=True))
        count, began = itertools.count(), time.monotonic()
        while not self._stopped.is_set():
            ready, _, _ = select.select(self._ends, [], [], wait_for_next(on_the_way))
            now = time.monotonic()
            for end in ready:
                packet = os.read(end, PACKET)
                if self._gets_through(now - began):
                    due = now + self._weather.delay_s
                    heapq.heappush(on_the_way, (due, next(count), other[end], packet))
            while on_the_way and on_the_way[0][0] <= now:
                *_, end, packet = heapq.heappop(on_the_way)
                os.write(end, packet)

    def _gets_through(self, at_s: float) -> bool:
        lost = self._weather.is_down(at_s) or self._chance.random() < self._weather.loss
        self.lost, self.carried = self.lost + lost, self.carried + (not lost)
        return not lost


def wait_for_next(on_the_way: list[tuple[float, int, int, bytes]]) -> float:
    if not on_the_way:
        return IDLE_S
    return min(IDLE_S, max(0.0, on_the_way[0][0] - time.monotonic()))


def tun(name: str) -> int:
    """Make a TUN device and return the end of it that we hold."""
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", name.encode(), TUN_NO_PI))
    return end


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def wire(name: str, weather: Weather) -> Iterator[Wire]:
    """Hold a wire, or skip the test where no namespaces may be made."""
    found = Wire(name, weather)
    try:
        found.open()
    except (OSError, subprocess.CalledProcessError) as e:
        found.close()
        pytest.skip(f"no network namespaces here: {e}")
    try:
        yield found
    finally:
        found.close()

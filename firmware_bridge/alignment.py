"""The device's microseconds as nanoseconds of the host's monotonic clock, each with its error.

An exchange asks the device for its clock; the host knows when it asked and when it had the answer,
so the device's moment lies in between, whatever the delay on either way was. Two exchanges bound
the drift, all of them together bound a later moment. The bounds hold as long as the drift stays
within `DRIFT`, and wanders by no more than `WANDER` while exchanges are remembered.
Source: the interval form of RFC 5905's on-wire protocol; K. Marzullo, Stanford, 1984.
"""

import math
from collections import deque
from dataclasses import dataclass

WRAP_US = 1 << 32
TICK_US = 4
"""The coarsest step of a device's clock (Arduino's `micros()` on 16 MHz)."""
DRIFT = 1e-3
"""A crystal has 1e-4; the host's own clock is slewed by the kernel at up to 5e-4."""
WANDER = 3e-6
REMEMBERED = 24
OLDEST_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question about the clock: two moments of the host, two of the device (32 bits)."""

    asked_ns: int
    received_us: int
    sent_us: int
    answered_ns: int


@dataclass(frozen=True, slots=True)
class Aligned:
    """A moment of the device on the host's monotonic clock, right to within `error_us`."""

    host_ns: int
    error_us: int


@dataclass(frozen=True, slots=True)
class Drift:
    """How much faster than the host's the device's clock runs, in parts per million."""

    ppm: float
    error_ppm: float


@dataclass(frozen=True, slots=True)
class _Point:
    """A moment of the device (unwrapped), and between which moments of the host it lay."""

    device_us: int
    low_ns: int
    high_ns: int


class Alignment:
    """What the exchanges with one start of a device tell about its clock."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._points: deque[_Point] = deque(maxlen=REMEMBERED)
        self._rates = (1 - DRIFT, 1 + DRIFT)
        self.restarts = 0
        """How often exchanges contradicted each other, so that the older were forgotten."""

    def add(self, exchange: Exchange) -> bool:
        """Learn from an exchange; False: it contradicts itself, and nothing was learned."""
        stayed_us = (exchange.sent_us - exchange.received_us) % WRAP_US
        low = exchange.asked_ns - TICK_US * 1000  # the step that it shows began earlier
        high = exchange.answered_ns - math.floor(stayed_us * 1000 * (1 - DRIFT))
        if exchange.answered_ns < exchange.asked_ns or high < low:
            return False
        point = _Point(self._unwrapped(exchange.received_us, (low + high) // 2), low, high)
        self._forget_old(exchange.answered_ns)
        self._learn(point)
        return True

    def align(self, device_us: int, seen_ns: int) -> Aligned | None:
        """Return when the device's moment was; `seen_ns` is when the host heard of it.

        None before the first exchange, or where the moment contradicts the exchanges.
        """
        if not self._points:
            return None
        low, high = self._bounds(self._unwrapped(device_us, seen_ns))
        high = min(high + TICK_US * 1000, seen_ns)  # nothing is heard before it happens
        if low > high:
            return None
        return Aligned((low + high) // 2, math.ceil((high - low) / 2000))

    @property
    def drift(self) -> Drift | None:
        """How the clocks differ, None before there are two exchanges."""
        if len(self._points) < 2:
            return None
        slow, fast = (1 / rate for rate in reversed(self._rates))
        return Drift(((slow + fast) / 2 - 1) * 1e6, (fast - slow) / 2 * 1e6)

    def _unwrapped(self, device_us: int, about_ns: int) -> int:
        """Choose the turn of the 32-bit counter that fits the moment best: within 35 minutes."""
        if not self._points:
            return device_us
        last = self._points[-1]
        elapsed_us = (about_ns - (last.low_ns + last.high_ns) // 2) // 1000
        expected = last.device_us + elapsed_us
        return expected + (device_us - expected + WRAP_US // 2) % WRAP_US - WRAP_US // 2

    def _forget_old(self, now_ns: int) -> None:
        while len(self._points) > 1 and now_ns - self._points[0].high_ns > OLDEST_NS:
            self._points.popleft()

    def _learn(self, point: _Point) -> None:
        low, high = self._bounds(point.device_us)
        contradicts = bool(self._points) and (point.high_ns < low or point.low_ns > high)
        if not contradicts:
            self._points.append(point)
            self._rates = self._rate_bounds()
        if contradicts or self._rates[0] > self._rates[1]:
            self._begin_again(point)

    def _begin_again(self, point: _Point) -> None:
        self._points.clear()
        self._points.append(point)
        self._rates = (1 - DRIFT, 1 + DRIFT)
        self.restarts += 1

    def _rate_bounds(self) -> tuple[float, float]:
        """Return the least and the most host time per device time that fits every pair."""
        points = list(self._points)
        slow, fast = 1 - DRIFT, 1 + DRIFT
        for i, early in enumerate(points):
            for late in points[i + 1 :]:
                passed_ns = (late.device_us - early.device_us) * 1000
                if passed_ns > 0:
                    slow = max(slow, (late.low_ns - early.high_ns) / passed_ns - 2 * WANDER)
                    fast = min(fast, (late.high_ns - early.low_ns) / passed_ns + 2 * WANDER)
        return slow, fast

    def _bounds(self, device_us: int) -> tuple[int, int]:
        """Return the earliest and the latest moment of the host that fits every exchange."""
        slow, fast = self._rates
        low, high = -math.inf, math.inf
        for point in self._points:
            passed_ns = (device_us - point.device_us) * 1000
            least, most = sorted((passed_ns * slow, passed_ns * fast))
            low, high = max(low, point.low_ns + least), min(high, point.high_ns + most)
        return (0, 0) if math.isinf(low) else (math.floor(low), math.ceil(high))

"""How often a password may be tried: slower after each failure, and never faster than one a second.

A platform's pass is not throttled, for nobody can guess one: a storm does not lock it out, nor
does a storm of bad passes slow passwords down.
"""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 4
"""So many failures cost nothing: a person in gloves mistypes."""
FIRST_S, LONGEST_S, ALL_LONGEST_S = 2.0, 15 * 60.0, 10.0
FORGOTTEN_S = 3600.0
MOST_ADDRESSES = 256
ALL_FREE = 30
"""Of all addresses together: beyond it everybody waits, however many addresses a storm has.

But never for long: no storm may keep the rightful one out for minutes after its end.
"""
TOLD_EVERY_S = 600.0
"""Refusals are on the trail at once, but then so often at most: a storm must not fill it."""


@dataclass(slots=True)
class Failures:
    """Failures in a row of one address, and when the last was."""

    count: int = 0
    last_s: float = 0.0

    def wait_s(self, now: float, free: int, longest_s: float) -> float:
        """Return how long this address must still wait."""
        beyond = self.count - free
        if beyond <= 0:
            return 0.0
        pause = min(longest_s, FIRST_S * 2.0 ** min(beyond - 1, 20))
        return max(0.0, self.last_s + pause - now)


class Throttle:
    """Counts failures by address, and of all addresses together."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._monotonic = monotonic
        self._by: OrderedDict[str, Failures] = OrderedDict()
        self._all = Failures()

    def wait_s(self, address: str) -> float:
        """Return in how many seconds this address may try; 0 is now."""
        now = self._monotonic()
        self._forget(now)
        one = self._by.get(address, Failures()).wait_s(now, FREE, LONGEST_S)
        return max(one, self._all.wait_s(now, ALL_FREE, ALL_LONGEST_S))

    def fail(self, address: str) -> None:
        """Take note of a failure."""
        now = self._monotonic()
        failures = self._by.setdefault(address, Failures())
        for one in (failures, self._all):
            one.count, one.last_s = one.count + 1, now
        self._by.move_to_end(address)
        while len(self._by) > MOST_ADDRESSES:
            self._by.popitem(last=False)

    def succeed(self, address: str) -> None:
        """Forget the failures of who knows the password."""
        self._by.pop(address, None)

    def _forget(self, now: float) -> None:
        gone = [a for a, one in self._by.items() if now - one.last_s > FORGOTTEN_S]
        for address in gone:
            del self._by[address]
        if now - self._all.last_s > FORGOTTEN_S:
            self._all = Failures()


class Refusals:
    """Counts refusals by their kind, from all addresses, as the trail tells of them."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._monotonic = monotonic
        self._untold: Counter[str] = Counter()
        self._told_s: dict[str, float] = {}

    def count(self, kind: str) -> int:
        """Take note of one; return of how many the trail must tell now, 0 for not yet."""
        now = self._monotonic()
        self._untold[kind] += 1
        if now - self._told_s.get(kind, -math.inf) < TOLD_EVERY_S:
            return 0
        self._told_s[kind] = now
        return self._untold.pop(kind)

"""Triggers set against passages, one to one: what was triggered and never became one, and the rest.

Where vehicles follow closely it is not known which trigger was whose; how many stay over is.
"""

import threading
from collections import deque
from datetime import datetime
from typing import NamedTuple

from edge.housing.words import Trigger
from edge.record.housing import TriggerCounts
from edge.types import Passage

SECOND_NS = 1_000_000_000
EARLY_NS, LATE_NS = 5 * SECOND_NS, 2 * SECOND_NS
"""A sensor may see a vehicle so long before its plate is first read, and after it is last read."""
PATIENCE_NS = 120 * SECOND_NS
"""So long what fits is waited for: a vehicle that stands in sight is announced late."""


class _Span(NamedTuple):
    first_ns: int
    last_ns: int

    def fits(self, at_ns: int) -> bool:
        return self.first_ns - EARLY_NS <= at_ns <= self.last_ns + LATE_NS


class Captures:
    """Counts; triggers come on another thread than passages. Without triggers it counts nothing."""

    def __init__(self) -> None:
        """Expect no triggers yet."""
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._is_on = False
        self._triggers: deque[int] = deque()
        self._passages: deque[_Span] = deque()
        self._seen = self._captured = self._missed = self._untriggered = self._lost = 0

    def expect(self, is_on: bool, now: datetime) -> None:
        """Count from now on, or not: there is a device that triggers, or it is not heard."""
        with self._lock:
            self._is_on = is_on
            if is_on and self._since is None:
                self._since = now

    def trigger(self, trigger: Trigger) -> None:
        """Take in a trigger."""
        with self._lock:
            self._lost += trigger.lost
            if trigger.is_test or not self._is_on:
                return
            self._seen += 1
            self._expire(trigger.at_ns)
            span = next((one for one in self._passages if one.fits(trigger.at_ns)), None)
            if span is None:
                self._triggers.append(trigger.at_ns)
            else:
                self._passages.remove(span)
                self._captured += 1

    def go_by(self, passage: Passage) -> None:
        """Take in a passage."""
        span = _Span(passage.first_monotonic_ns, passage.last_monotonic_ns)
        with self._lock:
            if not self._is_on:
                return
            at_ns = next((one for one in self._triggers if span.fits(one)), None)
            if at_ns is None:
                self._passages.append(span)
            else:
                self._triggers.remove(at_ns)
                self._captured += 1

    def counts(self, now_ns: int) -> TriggerCounts | None:
        """Return what was counted; None where there never was a device that triggers."""
        with self._lock:
            if self._since is None:
                return None
            self._expire(now_ns)
            return TriggerCounts(
                since=self._since,
                triggers=self._seen,
                captured=self._captured,
                missed=self._missed,
                untriggered=self._untriggered,
                lost=self._lost,
            )

    def _expire(self, now_ns: int) -> None:
        while self._triggers and now_ns - self._triggers[0] > PATIENCE_NS:
            self._triggers.popleft()
            self._missed += 1
        while self._passages and now_ns - self._passages[0].last_ns > PATIENCE_NS:
            self._passages.popleft()
            self._untriggered += 1

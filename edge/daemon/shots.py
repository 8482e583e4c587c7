"""Triggers that a camera answers with a picture each, and the one that it has left unanswered.

Where pictures come only when the device fires, none for hours is an empty road; none for a second
after a trigger is a camera that is away.
"""

import threading
from collections import deque

ANSWER_NS = 1_000_000_000
"""So long after a trigger its picture is here at the latest."""
KEPT = 64
"""Of a camera that answers nothing, so many triggers are enough."""


class Shots:
    """Triggers come on one thread, pictures on another, and a third one asks."""

    def __init__(self) -> None:
        """Wait for nothing."""
        self._lock = threading.Lock()
        self._fired: deque[int] = deque(maxlen=KEPT)

    def fire(self, at_ns: int) -> None:
        """Take note of a trigger, at a moment of the monotonic clock."""
        with self._lock:
            if len(self._fired) < KEPT:
                self._fired.append(at_ns)

    def answer(self, at_ns: int) -> None:
        """Take note of a picture: it answers all that was fired before it.

        Where they follow closely, the newest picture is the only one that is taken.
        """
        with self._lock:
            while self._fired and self._fired[0] <= at_ns:
                self._fired.popleft()

    def overdue(self, now_ns: int) -> int | None:
        """Return when the oldest trigger was fired that should have been answered by now."""
        with self._lock:
            if self._fired and now_ns - self._fired[0] > ANSWER_NS:
                return self._fired[0]
            return None

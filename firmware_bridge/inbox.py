"""The reports that wait for whoever reads them: bounded, and what is worth least goes first."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue between one that puts and one that takes, on two threads."""

    def __init__(self, room: int, expendable: tuple[type[T], ...]) -> None:
        """Hold `room` reports; when full, the oldest of the first expendable type gives way."""
        self._waiting: deque[T] = deque()
        self._room = room
        self._expendable = expendable
        self._changed = threading.Condition()
        self._closed = False
        self.dropped: dict[str, int] = {}
        """How many gave way, by the name of their type."""

    def put(self, report: T) -> None:
        """Add a report; never waits."""
        with self._changed:
            if len(self._waiting) >= self._room:
                self._make_room()
            self._waiting.append(report)
            self._changed.notify()

    def take(self, timeout_s: float | None) -> T | None:
        """Return the oldest report, waiting for one; None when none came in time, or ever will."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Nothing more will come: whoever waits need not."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _make_room(self) -> None:
        victim = self._victim()
        self._waiting.remove(victim)
        name = type(victim).__name__
        self.dropped[name] = self.dropped.get(name, 0) + 1

    def _victim(self) -> T:
        for kind in self._expendable:
            for report in self._waiting:
                if isinstance(report, kind):
                    return report
        return self._waiting[0]

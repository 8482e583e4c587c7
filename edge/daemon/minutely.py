"""What a box does once a minute between two frames."""

import time

from edge.daemon.hours import Hours
from edge.daemon.release import AT_ONCE, Release

EVERY_S = 60.0


class Minutely:
    """Ends candidates and closes hours: at the start, then every minute, sooner while more wait."""

    def __init__(self, release: Release, hours: Hours, every_s: float = EVERY_S) -> None:
        """Be due now."""
        self._release, self._hours, self._every_s = release, hours, every_s
        self._due = self._counted_at = time.monotonic()
        self._frames = 0

    def step(self, frames: int) -> None:
        """Take note of how many frames were looked at; do what is due."""
        self._frames += frames
        if time.monotonic() < self._due:
            return
        self.finish()
        self._hours.close()
        if len(self._release.round()) < AT_ONCE:
            self._due = time.monotonic() + self._every_s

    def finish(self) -> None:
        """Count the work since the last time."""
        now = time.monotonic()
        self._hours.work(now - self._counted_at, self._frames)
        self._counted_at, self._frames = now, 0

"""What a box does once a minute between two frames."""

import time
from collections.abc import Callable

from edge.daemon.alarms import Alarms
from edge.daemon.checkpoints import Checkpoints
from edge.daemon.health import Health
from edge.daemon.hours import Hours
from edge.daemon.release import AT_ONCE, Release

EVERY_S = 60.0


class Minutely:
    """Alarms, health, hours that are over, candidates that end, then a checkpoint if it is due.

    At the start, then every minute.

    While more candidates wait than end between two frames, it is due again at once. Urgent alarms
    are looked at with every step. `away_s` tells how long there was nothing to watch with.
    """

    def __init__(
        self,
        alarms: Alarms,
        health: Health,
        hours: Hours,
        release: Release,
        checkpoints: Checkpoints,
        every_s: float = EVERY_S,
        away_s: Callable[[], float] = lambda: 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Be due now."""
        self._away_s, self._away_counted_s = away_s, away_s()
        self._alarms, self._health, self._hours, self._release = alarms, health, hours, release
        self._checkpoints, self._every_s = checkpoints, every_s
        self._monotonic = monotonic
        self._due = self._counted_at = monotonic()
        self._frames = 0

    def step(self, frames: int) -> None:
        """Take note of how many frames were looked at; do what is due."""
        self._frames += frames
        self._alarms.look_at_urgent()
        if self._monotonic() < self._due:
            return
        self.finish()
        self._alarms.look()
        self._health.look()
        self._hours.close()
        if len(self._release.round()) < AT_ONCE:
            self._due = self._monotonic() + self._every_s
        self._checkpoints.look()

    def finish(self) -> None:
        """Count the work since the last time."""
        now, away_s = self._monotonic(), self._away_s()
        passed_s, without_s = now - self._counted_at, away_s - self._away_counted_s
        self._hours.work(max(0.0, passed_s - without_s), self._frames)
        self._counted_at, self._frames, self._away_counted_s = now, 0, away_s

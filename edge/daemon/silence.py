"""Whether the camera gives pictures, and since when it does not."""

import logging
from datetime import datetime, timedelta

from edge.daemon.shots import Shots
from edge.ports import Clock
from edge.types import Frame

log = logging.getLogger(__name__)
CAMERA = "camera"
"""The name of its alarm."""
SILENT_AFTER_S = 10.0
GONE_AFTER_S = 2.0
SECOND_NS = 1_000_000_000
REMEDY = (
    "Look at its power, its cable, and camera.source in box.toml; no other program may hold it."
    " The box goes on trying by itself."
)


class Silence:
    """Takes note of frames, and of their absence."""

    def __init__(self, clock: Clock, shots: Shots | None = None) -> None:
        """Wait for the first frame from now on; with `shots`, for one after each trigger."""
        self._clock, self._shots = clock, shots
        self._last_ns = clock.read().monotonic_ns
        self._since: datetime | None = None
        self._away_ns, self._ended = 0, ""

    def hear(self, frame: Frame) -> None:
        """Take note of a frame."""
        if self._since is not None:
            away_ns = frame.monotonic_ns - self._last_ns
            self._away_ns += away_ns
            since = _moment(before(frame.captured_at, away_ns))  # the clock may have been set since
            until = _moment(frame.captured_at)
            self._ended = f"The camera gives pictures again. There was none from {since} to {until}"
            self._since = None
            log.warning("%s.", self._ended)
        self._last_ns = frame.monotonic_ns
        if self._shots is not None:
            self._shots.answer(frame.monotonic_ns)

    def falls(self) -> bool:
        """Take note that there is no frame; True when it has just lasted too long."""
        if self._since is not None or not self._lasts_too_long():
            return False
        self._since = before(self._clock.read().now, self._passed_ns())
        log.warning("%s", self.fault())
        return True

    def leaves_road_empty(self) -> bool:
        """True while a camera that is triggered gives nothing: who was in sight has gone."""
        return self._shots is not None and self._passed_ns() >= GONE_AFTER_S * SECOND_NS

    @property
    def away_s(self) -> float:
        """How long there was no picture, all silences together."""
        lasts_ns = 0 if self._since is None else self._passed_ns()
        return (self._away_ns + lasts_ns) / SECOND_NS

    def fault(self) -> str | None:
        """Say since when the camera has given no picture, None while it gives some."""
        if self._since is None:
            return None
        return f"The camera has given no picture since {_moment(self._since)}."

    def ended(self) -> str:
        """Say between which moments there was no picture the last time."""
        return f"{self._ended}: what drove by then was not seen."

    def _lasts_too_long(self) -> bool:
        if self._shots is None:
            return self._passed_ns() >= SILENT_AFTER_S * SECOND_NS
        fired_ns = self._shots.overdue(self._clock.read().monotonic_ns)
        if fired_ns is None:
            return False
        self._last_ns = fired_ns  # before the trigger no picture was due: the silence begins there
        return True

    def _passed_ns(self) -> int:
        return self._clock.read().monotonic_ns - self._last_ns


def before(at: datetime, passed_ns: int) -> datetime:
    """Return the date of a moment that long ago, by the clock as it is now."""
    return at - timedelta(microseconds=passed_ns / 1000)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

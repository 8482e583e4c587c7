"""The body: the box as hardware, how it bears its work, and what it does about that.

It sets the pace of the watch, and says what it measures to records, bulletins and alarms.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.daemon import vitals
from edge.record.active import Fitness, Seeing, Slowed
from edge.vision.pace import Bounds, Pace, Strain

LOOK_S = 2.0
HOUR_S, HOURS = 3600.0, 24
WORN_PERCENT = 80
MB = 1_000_000
SLOW = "pace"
COOL = (
    "Look at fan, filter, sun and power supply, and at what else works on this box. Until then"
    " fast vehicles may be missed."
)
WORN = "wear"
REPLACE = "Plan another card or module: keep the keys, provision the box on it, and move box.state."


def unknown() -> float | None:
    """Know no temperature."""
    return None


def nothing_seen() -> Seeing | None:
    """Know nothing of the camera."""
    return None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a body may bear, where it is looked at, and how much may be written in a day."""

    bounds: Bounds
    state: Path
    written_day: int
    root: Path = Path("/")
    enclosure_c: Callable[[], float | None] = unknown
    seeing: Callable[[], Seeing | None] = nothing_seen


class Body:
    """Measures every few seconds; `wants` is asked for each frame of the camera."""

    def __init__(self, terms: Terms, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin at full pace."""
        self._terms, self._monotonic = terms, monotonic
        self._pace = Pace(terms.bounds)
        self._disk = vitals.disk_of(terms.root, terms.state)
        self._written: deque[int] = deque(maxlen=HOURS + 1)
        self._hour = self._due = self._looked_at = monotonic()
        self._came = self._dropped = 0
        self._came_per_s = 0.0
        self._strain = Strain()
        self._note_written()

    def wants(self, dropped: int) -> bool:
        """Tell whether a frame that came is looked at; `dropped` were for newer ones, in all."""
        self._came += 1
        if self._monotonic() >= self._due:
            self._look(dropped)
        return self._pace.takes()

    def slowed(self) -> Slowed | None:
        """Return how much, and why, the box looks at fewer frames; None where it does not."""
        if self._pace.share == 1:
            return None
        came = self._came_per_s
        return Slowed(
            frames_per_s=round(came * self._pace.share, 1),
            of_per_s=round(came, 1),
            reasons=self._pace.reasons,
        )

    def fitness(self) -> Fitness:
        """Return how the body is now."""
        life = vitals.life(self._disk)
        return Fitness(
            temperature_c=vitals.temperature_c(self._terms.root),
            slowed=self.slowed(),
            written_day=self._written_day(),
            life_used_percent=life.used_percent,
            spare=life.spare,
            seeing=self._terms.seeing(),
        )

    def too_slow(self) -> str | None:
        """Say that the box cannot slow down any more, and is strained all the same."""
        if not self._pace.is_short:
            return None
        why, least = " and ".join(self._pace.pressing), self._terms.bounds.least_per_s
        return (
            f"The box cannot look at fewer frames than now, its road needs {least:.1f} a second,"
            f" and it is strained all the same: {why}."
        )

    def worn(self) -> str | None:
        """Say that the disk is near its end, or that more is written to it than it can bear."""
        life, written = vitals.life(self._disk), self._written_day()
        if life.spare in ("warning", "urgent"):
            return f"The disk says of its spare blocks: {life.spare}."
        if life.used_percent is not None and life.used_percent >= WORN_PERCENT:
            return f"The disk has used {life.used_percent} % of its life."
        if written is not None and written > self._terms.written_day:
            budget = self._terms.written_day // MB
            return f"More than {budget} MB were written to the disk within a day."
        return None

    def _look(self, dropped: int) -> None:
        now = self._monotonic()
        passed_s, self._looked_at, self._due = now - self._looked_at, now, now + LOOK_S
        lost, self._dropped = dropped - self._dropped, dropped
        came, self._came = self._came + lost, 0
        if passed_s <= 0:
            return
        self._came_per_s, root = came / passed_s, self._terms.root
        self._strain = Strain(
            temperature_c=vitals.temperature_c(root),
            enclosure_c=self._terms.enclosure_c(),
            throttled=vitals.is_throttled(root),
            pressure=vitals.pressure(root),
            dropped=lost / came if came else 0.0,
        )
        self._pace.judge(self._strain, self._came_per_s)

    def _note_written(self) -> None:
        told = vitals.written_bytes(self._disk)
        if told is not None:
            self._written.append(told)

    def _written_day(self) -> int | None:
        """Return what was written in the last day, or since the daemon began."""
        now, told = self._monotonic(), vitals.written_bytes(self._disk)
        if told is None or not self._written:
            return None
        if now >= self._hour + HOUR_S:
            self._hour = now
            self._written.append(told)
        return max(0, told - self._written[0])

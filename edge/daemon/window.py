"""What others may see of the daemon while they look: the newest frame, and what went by.

Nobody looking costs one comparison a frame. Nothing here is kept on the disk, and no plate leaves
it whole but in the picture itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from edge.types import Detection, Frame, Image, Reading

LOOKING_S = 2.0
"""So long after a look frames are still kept at hand."""
MOST_PASSAGES = 20
SHOWN, HIDDEN = 2, "•"


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A frame as it was seen: (H, W, 3) uint8 BGR, read-only, and the plates that were read.

    `found` are all its plates, also those outside the region, which nobody read.
    """

    image: Image
    captured_at: datetime
    readings: tuple[Reading, ...]
    found: tuple[Detection, ...]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The newest frame, and the last one with a plate since somebody looked before."""

    newest: Sight
    plated: Sight | None


class SeenPassage(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle that went by, as the panel shows it: its plate is masked before it leaves."""

    seen_at: datetime
    plate: str
    country: str | None
    confidence: float
    lane: str | None
    direction: str
    outcome: str
    frames: int
    settled: bool


class Window:
    """Holds the newest frame while somebody looks, and the last passages."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody looking."""
        self._monotonic = monotonic
        self._until = 0.0
        self._newest: Sight | None = None
        self._plated: Sight | None = None
        self._seen = threading.Condition()
        self.passages: deque[SeenPassage] = deque(maxlen=MOST_PASSAGES)

    def see(
        self, frame: Frame, readings: Sequence[Reading], found: Sequence[Detection] = ()
    ) -> None:
        """Take a frame as it came, neither copied nor encoded, if somebody looks."""
        if self._monotonic() > self._until:
            self._newest = self._plated = None
            return
        with self._seen:
            self._newest = Sight(frame.image, frame.captured_at, tuple(readings), tuple(found))
            self._plated = self._newest if readings else self._plated
            self._seen.notify_all()

    def look(self, wait_s: float) -> View | None:
        """Return the next frame; None when none came in time. For another thread."""
        with self._seen:
            self._until = self._monotonic() + LOOKING_S
            if not self._seen.wait(wait_s) or self._newest is None:
                return None
            newest, plated = self._newest, self._plated
            self._plated = None
        return View(newest=newest, plated=plated)

    def tell(self, passage: SeenPassage) -> None:
        """Take note of a vehicle that went by."""
        self.passages.append(passage)


def masked(plate: str) -> str:
    """Return a plate of which only the last two characters show, as hidden ones otherwise.

    It tells a technician whether it was his own car; it names none among millions.
    """
    return HIDDEN * max(0, len(plate) - SHOWN) + plate[-SHOWN:] if len(plate) > SHOWN else HIDDEN

"""The lookout: whether the camera sees as it should, from about one frame a second."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from edge.daemon.remembered import Memory
from edge.daemon.silence import before
from edge.record.active import Seeing
from edge.types import Frame
from edge.vision.eyesight import Blindness, Eyesight
from edge.vision.look import look
from edge.vision.scene import SURE

log = logging.getLogger(__name__)
BLIND = "blind"
"""The name of its alarm."""
EVERY_NS = 950_000_000
REMEDY = (
    "Look at the picture on the panel, then at the camera: its glass, its focus, its mast, its"
    " light. Was it moved on purpose, draw its region anew and run `anpr-edge check --learn-view`."
)
SAYS = {
    Blindness.COVERED: "covered (something hides the street, or its sensor is dead)",
    Blindness.DARK: "dark (black for two hours)",
    Blindness.OVEREXPOSED: "overexposed (its picture is burnt out)",
    Blindness.DEFOCUSED: "defocused (its picture is less sharp than it was)",
    Blindness.MOVED: "moved (it does not show what it showed before, or all of that is hidden)",
    Blindness.FROZEN: "frozen (it gives one picture again and again)",
}
DOUBTED = (Blindness.MOVED, Blindness.FROZEN, Blindness.COVERED, Blindness.DEFOCUSED)
"""What makes a passage doubtful; of darkness and glare the reading itself is unsure."""


class Eyes(Protocol):
    """Whether the camera may be believed."""

    def see(self, frame: Frame) -> None:
        """Take a frame."""
        ...

    def doubt(self) -> str | None:
        """Say why what the camera showed a moment ago may not be believed; None: it may."""
        ...


class Trusting:
    """Eyes that believe every camera: those of a tester's clip, and of another's product."""

    def see(self, frame: Frame) -> None:
        """Look at nothing."""

    def doubt(self) -> str | None:
        """Believe."""
        return None


def unlit() -> float | None:
    """Know nothing of the light outside."""
    return None


class Lookout:
    """Looks about once a second, remembers the scene, and says what is wrong."""

    def __init__(self, memory: Memory, lux: Callable[[], float | None] = unlit) -> None:
        """Go on with what was remembered; `lux` tells of the light outside."""
        self._memory, self._lux = memory, lux
        self._eyesight, self._due_ns = Eyesight(memory.read()), 0
        self._faults: frozenset[Blindness] = frozenset()
        self._since: datetime | None = None
        self._since_ns, self._ended = 0, ""

    def see(self, frame: Frame) -> None:
        """Take a look, if that is due."""
        if frame.monotonic_ns < self._due_ns:
            return
        self._due_ns, at_s = frame.monotonic_ns + EVERY_NS, frame.monotonic_ns / 1e9
        if self._memory.is_forgotten():
            self._eyesight = Eyesight()
            log.warning("How the scene looks is learnt anew.")
        self._note(self._eyesight.see(look(frame.image), at_s, self._lux()), frame)
        self._memory.keep(self._eyesight.scene.references, at_s)

    def doubt(self) -> str | None:
        """Say why what the camera showed a moment ago may not be believed; None: it may.

        A move that is suspected counts: it may have begun before it is sure.
        """
        suspected = self._eyesight.suspected
        return next((f"it seems {one}" for one in DOUBTED if one in suspected), None)

    def seeing(self) -> Seeing | None:
        """Return how the camera sees; None before the first frame."""
        if not self._due_ns:
            return None
        faults = tuple(fault for fault in Blindness if fault in self._faults)
        return Seeing(faults=faults, in_place=self._in_place())

    def fault(self) -> str | None:
        """Say what is wrong, and since when; None while the camera sees as it should."""
        if self._since is None:
            return None
        words = " and ".join(SAYS[fault] for fault in Blindness if fault in self._faults)
        return f"The camera is {words} since {_moment(self._since)}."

    def ended(self) -> str:
        """Say between which moments it did not see as it should the last time."""
        return self._ended

    def _in_place(self) -> bool | None:
        alike = self._eyesight.placed.alike
        if Blindness.MOVED in self._faults:
            return False
        return None if alike is None or alike < SURE else True

    def _note(self, faults: frozenset[Blindness], frame: Frame) -> None:
        at = frame.captured_at
        if faults and self._since is None:
            self._since, self._since_ns = at, frame.monotonic_ns
        elif not faults and self._since is not None:
            since = before(at, frame.monotonic_ns - self._since_ns)
            span = f"It did not from {_moment(since)} to {_moment(at)}"
            self._since = None
            self._ended = f"The camera sees as it should again. {span}: much may have gone unseen."
        if faults != self._faults:
            self._faults = faults
            log.warning("%s", self.fault() or self._ended)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

"""Whether the camera sees as it should: covered, dark, burnt out, soft, moved or frozen (pure).

One look a second is enough. Each fault must last: what passes by (headlights, a truck, a shower)
is gone before its time is up. What a fault means for records: `edge/access/decide.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.vision.look import STRUCTURED, Grid, Look
from edge.vision.scene import PARTLY, SURE, Placed, Reference, Scene

FLAT, EMPTY = 0.05, 0.1
LOST, LOST_TO, WAS_STRUCTURED = 0.6, 0.25, 6.0
BRIGHT, DIM, LIGHT_LX = 60.0, 25.0, 50.0
BLACK = 50.0
BURNT = 0.4
SOFT = 0.6
STILL, STILL_SHARE, STILL_TILES = 0.05, 0.85, 10
SLOW = 0.05
ASTRAY = 0.15
"""A look that agrees by less with every look before shows another place."""


class Blindness(StrEnum):
    """What keeps a camera from seeing as it should."""

    COVERED = "covered"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    DEFOCUSED = "defocused"
    MOVED = "moved"
    FROZEN = "frozen"


LASTS_S = {
    Blindness.COVERED: 20.0,
    Blindness.DARK: 7200.0,
    Blindness.OVEREXPOSED: 60.0,
    Blindness.DEFOCUSED: 60.0,
    Blindness.MOVED: 4.0,
    Blindness.FROZEN: 60.0,
}
"""So long a fault must last before it is one."""
ELSEWHERE_S = 120.0
"""So long a picture must show what was never seen here, though no shift explains it: a bus that
hides everything stands for less at a red light. Its passages are doubted from the first look."""
DOUBTED_S = 5.0
"""So long after a look that went astray what was seen is doubted: about as long as a passage."""
LONGEST_S = 3.0
"""A look speaks for no more time than this: of a gap without pictures nothing is known."""
HIDES = {Blindness.COVERED, Blindness.DARK, Blindness.OVEREXPOSED}
"""What hides the place: then nothing speaks for another one, nor for this one."""
STRICT = {Blindness.DARK, Blindness.FROZEN}
"""One look that speaks against it is enough."""


@dataclass(slots=True)
class Suspicion:
    """How long something has seemed wrong (s): what speaks against it counts twice."""

    lasts_s: float
    strict: bool = False
    felt_s: float = 0.0
    holds: bool = False

    def feel(self, seems: bool, passed_s: float) -> bool:
        """Take one look; return whether it holds now."""
        change = passed_s if seems else -2 * passed_s
        self.felt_s = min(self.lasts_s, max(0.0, self.felt_s + change))
        if not seems and self.strict:
            self.felt_s = 0.0
        self.holds = self.felt_s >= self.lasts_s or (self.holds and self.felt_s > 0)
        return self.holds


class Eyesight:
    """Takes looks in order, and says what is wrong."""

    def __init__(self, references: Sequence[Reference] = ()) -> None:
        """Go on with what was known of the scene."""
        self.scene = Scene(references)
        self.placed = Placed()
        self._before: Look | None = None
        self._at_s: float | None = None
        self._usual: Grid | None = None
        self._usual_mean = 0.0
        self._suspicions = {
            fault: Suspicion(lasts_s, fault in STRICT) for fault, lasts_s in LASTS_S.items()
        }
        self._elsewhere, self._astray_at_s = Suspicion(ELSEWHERE_S), -DOUBTED_S

    def see(self, look: Look, at_s: float, lux: float | None = None) -> frozenset[Blindness]:
        """Take a look at a moment (s, monotonic); `lux` is the light outside, where it is known.

        By its light a black picture is that of a covered lens or a dead sensor, or the night's.
        """
        passed_s = 0.0 if self._at_s is None else min(LONGEST_S, at_s - self._at_s)
        self.placed = self.scene.place(look, at_s)
        seems = self._seems(look, lux)
        if seems or self.faults:
            self.scene.pass_over()
        else:
            self.scene.learn(look, self.placed, at_s)
        if not seems & HIDES and look.structured >= PARTLY:
            self._compare(at_s, passed_s)
        if self.placed.shift is not None or self._is_still_away():
            seems.add(Blindness.MOVED)
        elif self._is_soft():
            seems.add(Blindness.DEFOCUSED)
        for fault, suspicion in self._suspicions.items():
            suspicion.feel(fault in seems, passed_s)
        self._remember(look, at_s, Blindness.COVERED in seems)
        return self.faults

    @property
    def faults(self) -> frozenset[Blindness]:
        """Return what is wrong now."""
        found = {fault for fault, suspicion in self._suspicions.items() if suspicion.holds}
        return frozenset(found | ({Blindness.MOVED} if self._elsewhere.holds else set()))

    @property
    def suspected(self) -> frozenset[Blindness]:
        """Return what is wrong now, and a move or a cover that began but did not last yet."""
        moves_and_covers = (Blindness.MOVED, Blindness.COVERED)
        begun = {fault for fault in moves_and_covers if self._suspicions[fault].felt_s > 0}
        if (self._at_s or 0.0) - self._astray_at_s < DOUBTED_S:
            begun.add(Blindness.MOVED)
        return self.faults | begun

    def _seems(self, look: Look, lux: float | None) -> set[Blindness]:
        light = lux is not None and lux >= LIGHT_LX
        lit = light or look.mean >= DIM or self._usual_mean >= BRIGHT
        black = look.brightest < BLACK and look.structured < EMPTY
        seems = {
            Blindness.COVERED: (look.structured < FLAT and lit)
            or (black and light)
            or self._is_lost(look),
            Blindness.DARK: black and lux is None,
            Blindness.OVEREXPOSED: look.glaring >= BURNT,
            Blindness.FROZEN: self._is_frozen(look),
        }
        return {fault for fault, is_so in seems.items() if is_so}

    def _compare(self, at_s: float, passed_s: float) -> None:
        """Take note whether the look shows this place; one that cannot tell changes nothing."""
        agreement = self.placed.agreement
        if agreement is None:
            return
        astray = agreement < ASTRAY
        self._elsewhere.feel(astray, passed_s)
        if astray:
            self._astray_at_s = at_s

    def _is_lost(self, look: Look) -> bool:
        """True when most of what there was to be seen a moment ago is gone, all at once.

        Where the light alone went out, the edges that are left are where they were.
        """
        if self._usual is None or (self.placed.alike or 0.0) >= SURE:
            return False
        was = self._usual > WAS_STRUCTURED
        if was.mean() < EMPTY:
            return False
        return float((look.structure < LOST_TO * self._usual)[was].mean()) >= LOST

    def _is_frozen(self, look: Look) -> bool:
        """True when hardly a tile shows the noise of a new picture; a burnt-in clock may tick."""
        if self._before is None:
            return False
        live = look.structure > STRUCTURED
        if live.sum() < STILL_TILES:
            return False
        rows, columns = live.shape
        change = np.abs(look.points.astype(np.int16) - self._before.points)
        height, width = change.shape
        tiles = change.reshape(rows, height // rows, columns, width // columns).mean(axis=(1, 3))
        return float((tiles < STILL)[live].mean()) >= STILL_SHARE

    def _is_still_away(self) -> bool:
        """True when a camera that moved is not in place again, though no shift explains it now."""
        alike = self.placed.alike
        moved = self._suspicions[Blindness.MOVED].holds
        return moved and alike is not None and alike < PARTLY

    def _is_soft(self) -> bool:
        sharpness = self.placed.sharpness
        return sharpness is not None and sharpness < SOFT

    def _remember(self, look: Look, at_s: float, lost: bool) -> None:
        self._before, self._at_s = look, at_s
        if self._usual is None:
            self._usual, self._usual_mean = look.structure, look.mean
        elif not lost:
            self._usual = ((1 - SLOW) * self._usual + SLOW * look.structure).astype(np.float32)
            self._usual_mean += SLOW * (look.mean - self._usual_mean)

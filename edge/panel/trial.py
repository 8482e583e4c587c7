"""What a person tries while he looks: the light at its levels, and the lens at its sharpest (pure).

A figure counts for a level only while the device says that it shines so, and not around a change:
frames, and what the device says, come late.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from edge.daemon.lamp import HELD_S, LEVELS
from edge.daemon.shown import Level, Plate, SightHead

TRIED: tuple[Level, ...] = ("off", "dim", "full")
LATE_S = 3.0
"""So long after a change, and before its end, nothing counts."""
NEAR = 0.02
PICTURE, PLATE = "picture", "plate"
LENSES = (PICTURE, PLATE)


class Lit(NamedTuple):
    """What was seen at one level, each 0 to 1: the picture, then the plate in it; None for none."""

    scene: float
    grey: float | None = None
    contrast: float | None = None
    glare: float | None = None


@dataclass(slots=True)
class Trial:
    """What is asked of the light, what was seen at each level, and how sharp it was at best."""

    level: Level = "own"
    began_s: float = 0.0
    seen: dict[Level, Lit] = field(default_factory=dict)
    now: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)

    def switch(self, level: Level, now_s: float) -> None:
        """Take note of what was asked; the sharpest is looked for anew under another light."""
        self.level, self.began_s = level, now_s
        self.focus_anew()

    def focus_anew(self) -> None:
        """Forget how sharp it was."""
        self.now, self.best = {}, {}

    def left_s(self, now_s: float) -> float:
        """Return how long the light still shines as was asked."""
        return 0.0 if self.level == "own" else max(0.0, self.began_s + HELD_S - now_s)

    def since_s(self, now_s: float) -> float:
        """Return from when on what is seen counts."""
        is_over = self.level != "own" and not self.left_s(now_s)
        return self.began_s + LATE_S + (HELD_S if is_over else 0.0)

    def take(self, head: SightHead, plate: Plate | None, now_s: float) -> None:
        """Take note of what is seen at a moment; `plate` was seen since what is seen counts."""
        self.now = {PICTURE: head.edges}
        sharpness = None if plate is None else value(plate, "sharpness")
        if sharpness is not None:
            self.now[PLATE] = sharpness
        for name, sharp in self.now.items():
            self.best[name] = max(sharp, self.best.get(name, 0.0))
        if self._counts(head, now_s):
            lit = _lit(head, plate)
            before = self.seen.get(self.level)
            if plate is None and before is not None:  # a plate that was seen stays
                lit = before._replace(scene=lit.scene)
            self.seen[self.level] = lit

    def _counts(self, head: SightHead, now_s: float) -> bool:
        wanted, shines = LEVELS[self.level], head.illuminator
        if wanted is None or shines is None or self.left_s(now_s) < LATE_S:
            return False
        return now_s >= self.began_s + LATE_S and abs(shines - wanted) <= NEAR


def value(plate: Plate, figure: str) -> float | None:
    """Return a figure of a plate; None where it has none of that name."""
    return next((mark.value for mark in plate.marks if mark.figure == figure), None)


def _lit(head: SightHead, plate: Plate | None) -> Lit:
    if plate is None:
        return Lit(head.scene.value)
    return Lit(head.scene.value, plate.grey, value(plate, "contrast"), value(plate, "glare"))

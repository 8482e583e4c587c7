"""The sentry: lets the detector rest while the picture stays as it was when it last looked (pure).

What a look found holds as long as nothing has changed since: so one that is parked is still read,
one that creeps wakes the detector before it has gone a plate's length, and a change of the light
costs one look. Wind, rain and noise are learned cell by cell, up to a bound: what changes
more wakes it always, and every few frames it looks whatever it sees.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.passage.lanes import Polygon, inside, share
from edge.ports import PlateDetector
from edge.types import Detection, Image

CELL_PX = 8
"""A plate that can be read is at least five cells wide."""
EVERY = 8
"""At least one frame of so many is looked at."""
AWAKE, AWAKE_WITH_PLATES = 8, 900
"""So many frames without a change before it rests. Where a plate is in sight, half a minute at the
least: a vehicle that stays was announced before, and every look until then saw it anew."""
CHANGED_CELLS = 3
LEAST_LEVELS, MOST_LEVELS = 5, 12
"""Grey levels a cell must change to count, where nothing ever moves and where the wind blows."""
UNREST_TIMES = 8  # six deviations of noise
LEARNING = 1 / 64  # of every frame, and only while no plate is in sight
CUT = 0.5  # where so much of the picture changes it is another scene, or another light
MARGIN_CELLS = 4  # around the region: what comes wakes it before it is there

Cells = NDArray[np.uint8]
Levels = NDArray[np.float32]


@dataclass(slots=True)
class Known:
    """What is known of one scene: how it was at the last look, and how each cell is restless."""

    looked_at: Cells
    before: Cells
    counts: Cells
    unrest: Levels

    def changed(self, seen: Cells) -> int:
        """Return how many cells differ from the last look by more than their usual unrest."""
        levels = np.clip(UNREST_TIMES * self.unrest, LEAST_LEVELS, MOST_LEVELS)
        differs = (cv2.absdiff(seen, self.looked_at) > levels) & (self.counts > 0)
        return int(np.count_nonzero(differs))

    def learn(self, seen: Cells, is_empty: bool) -> None:
        """Learn the usual unrest from a picture without plates."""
        if is_empty:
            step = np.minimum(cv2.absdiff(seen, self.before), MOST_LEVELS)
            cv2.accumulateWeighted(step, self.unrest, LEARNING)
        self.before = seen

    def is_cut(self, changed: int) -> bool:
        """True when this cannot be the scene that was learned."""
        return changed > CUT * int(np.count_nonzero(self.counts))


@dataclass(slots=True)
class Sentry:
    """A detector that looks when something stirs in the region; implements `PlateDetector`.

    `rests` is called for every frame that the detector did not look at.
    """

    detector: PlateDetector
    region: Polygon = ()
    rests: Callable[[], object] = bool
    _known: Known | None = field(default=None, init=False)
    _found: Sequence[Detection] = field(default=(), init=False)
    _in_sight: int = field(default=0, init=False)
    _still: int = field(default=0, init=False)
    _unseen: int = field(default=0, init=False)

    def detect(self, image: Image) -> Sequence[Detection]:
        """Return the plates in a (H, W, 3) uint8 BGR image, best first."""
        seen = cells(image)
        if self._must_look(seen):
            self._look(image, seen)
        else:
            self._unseen += 1
            self.rests()
        return self._found

    def _must_look(self, seen: Cells) -> bool:
        known = self._known
        if known is None or known.looked_at.shape != seen.shape:
            self._begin(seen)
            return True
        changed = known.changed(seen)
        if known.is_cut(changed):
            self._begin(seen)
            return True
        known.learn(seen, not self._in_sight)
        self._still = 0 if changed >= CHANGED_CELLS else self._still + 1
        patience = AWAKE_WITH_PLATES if self._in_sight else AWAKE
        return self._still < patience or self._unseen + 1 >= EVERY

    def _begin(self, seen: Cells) -> None:
        """Know nothing of this scene yet."""
        self._known = Known(seen, seen, counting(self.region, seen), np.zeros(seen.shape, "f4"))
        self._still = 0

    def _look(self, image: Image, seen: Cells) -> None:
        before, self._found = self._in_sight, self.detector.detect(image)
        self._in_sight = sum(inside(self.region, share(p.box, image)) for p in self._found)
        if self._in_sight != before:
            self._still = 0
        self._unseen = 0
        if self._known is not None:
            self._known.looked_at = seen


def cells(image: Image) -> Cells:
    """Return the grey mean of every cell of a picture; every second row of it says enough."""
    height, width = (max(1, side // CELL_PX) for side in image.shape[:2])
    grey = cv2.cvtColor(image[: height * CELL_PX : 2, : width * CELL_PX], cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def counting(region: Polygon, seen: Cells) -> Cells:
    """Return 1 for every cell in the region or near it, and 0 for the others."""
    if not region:
        return np.ones(seen.shape, np.uint8)
    mask, (height, width) = np.zeros(seen.shape, np.uint8), seen.shape
    corners = np.array([(x * width, y * height) for x, y in region]).round().astype(np.int32)
    cv2.fillPoly(mask, [corners], (1,))
    near = 2 * MARGIN_CELLS + 1
    return np.asarray(cv2.dilate(mask, np.ones((near, near), np.uint8)), np.uint8)

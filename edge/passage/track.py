"""One vehicle as it is followed: its sightings, what they tell together, where it went (pure)."""

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

import numpy as np

from edge.passage.lanes import WHOLE_PICTURE, Lane, View
from edge.passage.motion import Motion, Spot, begin, spot
from edge.passage.pair import Trail
from edge.passage.vote import weight
from edge.types import Box, Direction, Frame, Reading

KEPT_READINGS = 32  # a parked vehicle must not fill the memory
KEPT_TEXTS = 64
CLEAR = 0.7
EDGE_PX = 3  # nearer to the edge of the frame a plate may be cut off
ENDS = 5  # sightings at either end that tell where a vehicle came from and where it went
GROWTH = math.log(1.12)  # less could be the unrest of the boxes
SANK = 0.5  # plate widths down or up that speak for a direction,
SANK_COUNTS = 0.75  # though never alone
STILL = 0.5  # plate widths a plate moves at most while its vehicle stands,
STILL_S = 1.0  # watched for as long as this


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading and the moment of its frame.

    `weight` is what it counts in the vote; a plate cut by the edge of the frame counts nothing.
    """

    frame: int
    captured_at: datetime
    monotonic_ns: int
    reading: Reading
    weight: float
    whole: bool
    spot: Spot
    lane: Lane | None


def sighted(frame: Frame, reading: Reading, view: View = WHOLE_PICTURE) -> Sighting:
    """Weigh a reading in its frame, and place it on the road."""
    box = reading.detection.box
    whole = _inside(box, frame.image.shape[1], frame.image.shape[0])
    return Sighting(
        frame=frame.index,
        captured_at=frame.captured_at,
        monotonic_ns=frame.monotonic_ns,
        reading=reading,
        weight=weight(reading) if whole else 0.0,
        whole=whole,
        spot=spot(box, frame.image, whole),
        lane=view.lane_at(box, frame.image),
    )


def _inside(box: Box, width: int, height: int) -> bool:
    return min(box.x1, box.y1) > EDGE_PX and box.x2 < width - EDGE_PX and box.y2 < height - EDGE_PX


@dataclass(slots=True)
class Track:
    """One vehicle as long as it is followed: all that its passage will be made of."""

    id: int
    first: Sighting
    last: Sighting
    best: Sighting
    motion: Motion
    kept: list[Sighting] = field(default_factory=list)
    count: int = 0
    announced: bool = False  # set by the desk: whatever comes later is no news
    trail: Trail = field(default_factory=Trail)
    accompanied: bool = False  # set by the desk: another plate moved with this one
    clear_texts: Counter[str] = field(default_factory=Counter)
    lanes: dict[Lane | None, float] = field(default_factory=dict)
    wholes: int = 0
    paced: int = 0  # of these, since its way was last known
    came: list[Box] = field(default_factory=list)
    went: deque[Box] = field(default_factory=lambda: deque(maxlen=ENDS))

    def add(self, sighting: Sighting) -> None:
        """Take one more sighting; keep the weightiest ones for the vote.

        The same picture once more, as a camera that stalls gives it, is no second witness.
        """
        self.last = sighting
        self.count += 1
        self._note(sighting)
        if not any(_same_picture(kept.reading, sighting.reading) for kept in self.kept):
            self._hear(sighting)

    def begin_way(self, at: Spot) -> None:
        """Forget how it moved: its text was seen where nothing that drives could be by now.

        What it was before may have been another vehicle of its fleet, misread.
        """
        self.motion = begin(at)
        self.came, self.paced = [], 0
        self.went.clear()

    def absorb(self, later: "Track") -> None:
        """Take over a track that has proved to be of the same vehicle."""
        self.last, self.motion = later.last, later.motion
        self.count += later.count
        self.announced |= later.announced
        self.accompanied |= later.accompanied
        self.clear_texts += later.clear_texts
        for lane, counts in later.lanes.items():
            self.lanes[lane] = self.lanes.get(lane, 0.0) + counts
        self.wholes += later.wholes
        self.paced += later.paced
        self.trail.absorb(later.trail)
        self.came = (self.came + later.came)[:ENDS]
        self.went.extend(later.went)
        self._keep(later.kept)

    @property
    def readings(self) -> list[Reading]:
        """Return the readings that count in the vote."""
        return [sighting.reading for sighting in self.kept if sighting.weight > 0]

    @property
    def lane(self) -> Lane | None:
        """Return the lane in which the vehicle was seen best, None when that was in none."""
        return max(self.lanes, key=lambda lane: self.lanes[lane])

    @property
    def direction(self) -> Direction:
        """Return how the vehicle moved, judged by how its plate grew and sank in the picture."""
        seen = min(ENDS, self.paced // 2)
        if seen == 0:
            return Direction.UNKNOWN
        came, went = _middle(self.came[:seen]), _middle(list(self.went)[-seen:])
        sank = (went.centre[1] - came.centre[1]) / (SANK * max(came.width, went.width))
        grew = math.log(went.width / came.width) / GROWTH
        coming = grew + SANK_COUNTS * max(-1.0, min(1.0, sank))
        if abs(coming) >= 1:
            return Direction.APPROACHING if coming > 0 else Direction.LEAVING
        watched_s = (self.last.monotonic_ns - self.first.monotonic_ns) / 1e9
        stands = watched_s >= STILL_S and distance(came, went) < STILL * went.width
        return Direction.STILL if stands else Direction.UNKNOWN

    def _note(self, sighting: Sighting) -> None:
        self.lanes[sighting.lane] = self.lanes.get(sighting.lane, 0.0) + sighting.weight
        if sighting.whole:
            self.wholes += 1
            self.paced += 1
            self.trail.add(sighting.frame, sighting.reading.detection.box)
            self.came = [*self.came, sighting.reading.detection.box][:ENDS]
            self.went.append(sighting.reading.detection.box)

    def _hear(self, sighting: Sighting) -> None:
        self._keep([sighting])
        if sighting.weight > 0 and is_clear(sighting.reading):
            self.clear_texts[sighting.reading.text] += 1
        if len(self.clear_texts) > KEPT_TEXTS:
            self.clear_texts = Counter(dict(self.clear_texts.most_common(KEPT_TEXTS // 2)))

    def _keep(self, sightings: Iterable[Sighting]) -> None:
        kept = [*self.kept, *sightings]
        while len(kept) > KEPT_READINGS:
            kept.remove(min(kept, key=lambda s: s.weight))
        self.kept = kept
        self.best = max(self.best, *kept, key=lambda s: s.weight)


def distance(a: Box, b: Box) -> float:
    """Return the distance of two boxes' centres in pixels."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return float(((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5)


def _middle(boxes: Sequence[Box]) -> Box:
    """Return the box whose place and size are the medians of all."""
    x, y = (median(at) for at in zip(*(box.centre for box in boxes), strict=True))
    width = max(1.0, median(box.width for box in boxes))
    height = median(box.height for box in boxes)
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _same_picture(a: Reading, b: Reading) -> bool:
    """True when two readings agree to the last bit: noise alone parts any two pictures."""
    return a.detection.box == b.detection.box and np.array_equal(a.slots, b.slots)


def is_clear(reading: Reading) -> bool:
    """True when every character of a reading is."""
    return bool(reading.chars) and min(reading.chars) >= CLEAR

"""Plates that move as one: are two plates on the same vehicle? (pure).

A plate is about half a metre wide, so plates on one vehicle lie within a few plate widths of
each other, are about as wide, and keep their distance while the vehicle comes nearer. Cars in
the next lane lie farther off; cars behind each other differ in width and drift apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import dist, hypot
from statistics import median
from typing import Protocol, TypeAlias

from edge.types import Box, Reading

Boxes: TypeAlias = dict[int, Box]
"""Where a plate was, by frame."""

SHARED_FRAMES = 3
REACH = 3.5  # plate widths between two plates of one vehicle
ALIKE_WIDTH = 1.2  # the wider by the narrower: a car behind another is farther off
LONGEST_TRAIL = 32
SPREAD = 0.6180339887498949  # of the frames that are looked at, every third or all, it takes evenly
DRIFT = 0.15  # plate widths by which a fixed distance may seem to change


class Seen(Protocol):
    """A sighting, as far as it matters here."""

    @property
    def frame(self) -> int:
        """Index of the frame."""

    @property
    def reading(self) -> Reading:
        """What was read there."""


@dataclass(slots=True)
class Trail:
    """Where a plate was at moments spread over all the time that it was followed.

    Which frames it keeps depends on their number alone, so that two trails of one time share many:
    the readings that count most in either vote may share none.
    """

    boxes: Boxes = field(default_factory=dict)
    share: float = 1.0

    def add(self, frame: int, box: Box) -> None:
        """Take in one frame more."""
        self._fill({frame: box})

    def absorb(self, later: "Trail") -> None:
        """Take over the trail of a track that has proved to be of the same vehicle."""
        self.share = min(self.share, later.share)
        self._fill(later.boxes)

    def _fill(self, boxes: Boxes) -> None:
        kept = {**self.boxes, **boxes}
        while len(kept := self._thinned(kept)) > LONGEST_TRAIL:
            self.share /= 2
        self.boxes = kept

    def _thinned(self, boxes: Boxes) -> Boxes:
        return {frame: box for frame, box in boxes.items() if frame * SPREAD % 1 < self.share}


def boxes_of(sightings: Sequence[Seen]) -> Boxes:
    """Return where a plate was seen, frame by frame."""
    return {sighting.frame: sighting.reading.detection.box for sighting in sightings}


def on_one_vehicle(first: Boxes, second: Boxes) -> bool:
    """True when two plates kept together as on one rigid body while both were seen."""
    shared = sorted(first.keys() & second.keys())
    if len(shared) < SHARED_FRAMES:
        return False
    apart = [_apart(first[frame], second[frame]) for frame in shared]
    widths = median(_ratio(first[frame], second[frame]) for frame in shared)
    early, late = _usual(apart[: len(apart) // 2]), _usual(apart[len(apart) // 2 :])
    return widths <= ALIKE_WIDTH and dist(early, late) <= DRIFT and hypot(*late) <= REACH


def _usual(ways: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return median(x for x, _ in ways), median(y for _, y in ways)


def _apart(a: Box, b: Box) -> tuple[float, float]:
    """Return the way from one plate to the other in plate widths."""
    size = max(1.0, (a.width + b.width) / 2)
    return (b.centre[0] - a.centre[0]) / size, (b.centre[1] - a.centre[1]) / size


def _ratio(a: Box, b: Box) -> float:
    return max(a.width, b.width) / max(1.0, min(a.width, b.width))

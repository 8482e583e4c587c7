"""How a plate lies in the picture, told by its corners (pure)."""

from dataclasses import dataclass
from math import atan2, degrees, hypot

from edge.types import Corners, Point


@dataclass(frozen=True, slots=True)
class Angle:
    """`turn_deg`: how far its lines run from level; `oblique_deg`: its corners from square."""

    turn_deg: float
    oblique_deg: float


def angle_of(corners: Corners) -> Angle:
    """Measure a plate by its four corners; both angles are 0..90, whichever way it leans."""
    tl, tr, br, bl = corners
    along = _folded(_heading(tl, tr, bl, br))
    down = _folded(_heading(tl, bl, tr, br) - 90)
    return Angle(abs(along), abs(_folded(down - along)))


def _heading(from_a: Point, to_a: Point, from_b: Point, to_b: Point) -> float:
    """Return the mean direction of two opposite edges in degrees, 0 to the right, 90 down."""
    x = to_a.x - from_a.x + to_b.x - from_b.x
    y = to_a.y - from_a.y + to_b.y - from_b.y
    return degrees(atan2(y, x)) if hypot(x, y) else 0.0


def _folded(angle: float) -> float:
    """Return the same line's direction in -90..90 degrees."""
    return (angle + 90) % 180 - 90

"""Where in the picture the road is: the region that counts, and its lanes (pure).

Corners are shares of the picture's width and height, from its top left; no corners at all mean
the whole picture. Where lanes overlap, the one that is named first has the plate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

from edge.types import Box, Detection, Direction, Image, Passage

Corner: TypeAlias = tuple[float, float]
Polygon: TypeAlias = tuple[Corner, ...]
LEAST_AREA = 1e-4  # of the picture: a sliver holds no plate
OPPOSITE = {
    Direction.APPROACHING: Direction.LEAVING,
    Direction.LEAVING: Direction.APPROACHING,
}


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of the road, and which way it may be driven; None is both ways."""

    name: str
    polygon: Polygon = ()
    direction: Direction | None = None

    def wrong_way(self, driven: Direction) -> bool:
        """True when a vehicle certainly went against the direction of this lane."""
        return self.direction is not None and OPPOSITE.get(self.direction) is driven


@dataclass(frozen=True, slots=True)
class View:
    """What of the picture counts: a plate whose middle lies outside the region is none."""

    region: Polygon = ()
    lanes: tuple[Lane, ...] = ()

    def within(self, found: Sequence[Detection], image: Image) -> list[Detection]:
        """Return the plates inside the region of a (H, W, 3) picture, in their order."""
        return [plate for plate in found if inside(self.region, share(plate.box, image))]

    def lane_at(self, box: Box, image: Image) -> Lane | None:
        """Return the lane a plate stands in, the first named where lanes overlap."""
        place = share(box, image)
        return next((lane for lane in self.lanes if inside(lane.polygon, place)), None)


WHOLE_PICTURE = View()


def in_lane(passage: Passage, lane: Lane | None) -> Passage:
    """Return a passage with its lane, and whether the vehicle went against it."""
    if lane is None:
        return passage
    return replace(passage, lane=lane.name, wrong_way=lane.wrong_way(passage.direction))


def share(box: Box, image: Image) -> Corner:
    """Return the middle of a box in shares of the picture."""
    (x, y), (height, width) = box.centre, image.shape[:2]
    return x / width, y / height


def inside(polygon: Polygon, place: Corner) -> bool:
    """True when a line from the place to the right leaves the polygon an odd number of times."""
    (x, y), crossed = place, not polygon
    for (x1, y1), (x2, y2) in _sides(polygon):
        if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
            crossed = not crossed
    return crossed


def polygon_fault(polygon: Polygon) -> str | None:
    """Return why corners enclose no clear part of the picture, None when they do."""
    if len(set(polygon)) < len(polygon):
        return "a corner stands twice: give each once; the last side closes by itself"
    if any(_cross(a, b) for a, b in combinations(tuple(_sides(polygon)), 2)):
        return "its sides cross: give the corners in their order around it"
    if covered(polygon) < LEAST_AREA:
        return "it encloses nothing: its corners lie on one line"
    return None


def covered(polygon: Polygon) -> float:
    """Return the share of the picture that a polygon covers."""
    return abs(_area(polygon))


def _sides(polygon: Polygon) -> Iterator[tuple[Corner, Corner]]:
    return zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)


def _area(polygon: Polygon) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _sides(polygon)) / 2


def _cross(a: tuple[Corner, Corner], b: tuple[Corner, Corner]) -> bool:
    """True when two sides cross; sides that only touch, as neighbours do, do not."""
    return _side_of(a, b[0]) * _side_of(a, b[1]) < 0 and _side_of(b, a[0]) * _side_of(b, a[1]) < 0


def _side_of(line: tuple[Corner, Corner], place: Corner) -> float:
    (x1, y1), (x2, y2) = line
    return (x2 - x1) * (place[1] - y1) - (y2 - y1) * (place[0] - x1)

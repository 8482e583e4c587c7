"""Finding plates in a still far larger than a camera's frame (pure)."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from edge.types import Box, Corners, Detection, Image, Point
from edge.vision.decode import best_of_overlapping

LARGEST_FRAME = (1152, 1920)
TILE = (768, 1280)
SHARED_PX = 320  # wider than the plates a tile is to find, so that one of two tiles sees each whole
EDGE_PX = 2


class Tile(NamedTuple):
    """A part of a picture, in its pixels."""

    y: int
    x: int
    height: int
    width: int


def find_everywhere(image: Image, find: Callable[[Image], Sequence[Detection]]) -> list[Detection]:
    """Return the plates in a picture of any size, best first.

    (H, W, 3) uint8 BGR. What a camera could have filmed is looked at once. Anything larger would
    lose its plates in being squeezed, so it is looked at in tiles, in larger tiles, and whole.
    """
    size = image.shape[0], image.shape[1]
    if size[0] <= LARGEST_FRAME[0] and size[1] <= LARGEST_FRAME[1]:
        return list(find(image))
    found = [
        _moved(plate, tile)
        for tile in tiles(size)
        for plate in find(image[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width])
        if not _is_cut(plate.box, tile, size)
    ]
    boxes = np.array([plate.box for plate in found], np.float32).reshape(-1, 4)
    scores = np.array([plate.score for plate in found], np.float32)
    return [found[i] for i in best_of_overlapping(boxes, scores)]


def tiles(size: tuple[int, int]) -> Iterator[Tile]:
    """Yield overlapping tiles that cover a picture of (height, width), at every scale."""
    scale = 1
    while True:
        height, width = (min(side * scale, whole) for side, whole in zip(TILE, size, strict=True))
        for y in _starts(size[0], height, SHARED_PX * scale):
            for x in _starts(size[1], width, SHARED_PX * scale):
                yield Tile(y, x, height, width)
        if (height, width) == size:
            return
        scale *= 2


def _starts(whole: int, side: int, shared: int) -> list[int]:
    gaps = math.ceil((whole - side) / (side - shared)) if whole > side else 0
    return [round(i * (whole - side) / gaps) for i in range(gaps + 1)] if gaps else [0]


def _is_cut(box: Box, tile: Tile, size: tuple[int, int]) -> bool:
    """True when a box touches an edge of its tile beyond which the picture goes on."""
    return (
        (tile.x > 0 and box.x1 < EDGE_PX)
        or (tile.y > 0 and box.y1 < EDGE_PX)
        or (tile.x + tile.width < size[1] and box.x2 > tile.width - EDGE_PX)
        or (tile.y + tile.height < size[0] and box.y2 > tile.height - EDGE_PX)
    )


def _moved(plate: Detection, tile: Tile) -> Detection:
    box, x, y = plate.box, tile.x, tile.y
    tl, tr, br, bl = (Point(p.x + x, p.y + y) for p in plate.corners)
    corners: Corners = (tl, tr, br, bl)
    return Detection(Box(box.x1 + x, box.y1 + y, box.x2 + x, box.y2 + y), corners, plate.score)

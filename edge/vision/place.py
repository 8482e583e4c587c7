"""Whether the camera still stands where it stood: what does not move is where it was (pure).

Edges are compared tile by tile, each by its correlation: neither the strength of the light nor
a vehicle in a part of the picture speaks against the other parts.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.look import SIZE, Edges

ROWS, COLUMNS = 5, 8
"""36 x 40 pixels each: larger than the vehicles far away, smaller than one that is near."""
ALIKE, BUSY, LEAST_TILES = 0.5, 0.15, 6
ECC_STEPS, ECC_CLOSE, ECC_BLUR = 40, 1e-3, 5
EVERYWHERE = np.full(SIZE[::-1], 255, np.uint8)
WINDOW = cv2.createHanningWindow(SIZE, cv2.CV_32F)


class Shift(NamedTuple):
    """How the picture lies against another: the share of tiles alike then, and how far it moved.

    `distance` is that of the corner that moved most, in shares of the picture's width.
    """

    alike: float
    distance: float


def alike(now: Edges, before: Edges) -> float | None:
    """Return the share of tiles that show the same; None where too few show anything."""
    return _alike(now, before, np.ones_like(now, bool))


def agreement(now: Edges, before: Edges) -> float | None:
    """Return how alike the tiles are in which both show something, -1 to 1; None where few do.

    What is hidden, pale or dark takes away witnesses. Where they remain, but show something else,
    it is near 0: of 101 strange scenes none came to 0.13, and no weather or traffic fell to it.
    """
    a, b = _tiles(now), _tiles(before)
    busy = b.std(axis=1) > BUSY
    both = busy & (a.std(axis=1) > BUSY)
    if both.sum() < max(LEAST_TILES, busy.sum() / 2):
        return None
    return float(_correlation(a[both], b[both]).mean())


def steady(seen: Edges, before: Edges) -> Edges:
    """Return what was seen, levelled in each tile that showed something else before.

    Noise and traffic are no witnesses: only what lasts can tell where the camera looks.
    """
    tiles = _tiles(seen)
    level = tiles.mean(axis=1, keepdims=True)
    lasts = _correlation(tiles, _tiles(before)) > ALIKE
    return _picture(np.where(lasts[:, None], tiles, level).astype(np.float32))


def shifted(now: Edges, before: Edges) -> Shift | None:
    """Return the shift that explains `now` best as what `before` shows; None where none does."""
    # Both functions of OpenCV work on what they are given, in place.
    (x, y), _ = cv2.phaseCorrelate(before.copy(), now.copy(), WINDOW)
    moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
    tried = [_shift(now, before, way) for way in (moved, _refined(now, before, moved))]
    found = [shift for shift in tried if shift is not None]
    return max(found) if found else None


def _refined(now: Edges, before: Edges, way: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the way from `before` to `now` with its turn and its scale."""
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_STEPS, ECC_CLOSE)
    try:
        _, found = cv2.findTransformECC(
            before.copy(), now.copy(), way.copy(), cv2.MOTION_AFFINE, stop, EVERYWHERE, ECC_BLUR
        )
    except cv2.error:  # it did not converge
        return way
    return np.asarray(found, np.float32)


def _shift(now: Edges, before: Edges, way: NDArray[np.float32]) -> Shift | None:
    back = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    there = cv2.warpAffine(now, way, SIZE, flags=back)
    inside = cv2.warpAffine(np.ones_like(now), way, SIZE, flags=back) > 0.99
    share = _alike(there, before, inside)
    return None if share is None else Shift(share, _distance(way))


def _distance(way: NDArray[np.float32]) -> float:
    width, height = SIZE
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float32)
    moved = corners @ way.T - corners[:, :2]
    return float(np.hypot(*moved.T).max() / width)


def _alike(now: NDArray[Any], before: Edges, inside: NDArray[Any]) -> float | None:
    a, b, within = _tiles(now), _tiles(before), _tiles(inside.astype(np.float32))
    whole = within.mean(axis=1) > 0.95
    busy = whole & (b.std(axis=1) > BUSY)
    if busy.sum() < LEAST_TILES:
        return None
    return float((_correlation(a[busy], b[busy]) > ALIKE).mean())


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Return how alike each tile is: (n,), -1 to 1."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    norm = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1)) + 1e-6
    return np.asarray((a * b).sum(axis=1) / norm)


def _tiles(picture: NDArray[Any]) -> NDArray[Any]:
    width, height = SIZE
    cut = picture.reshape(ROWS, height // ROWS, COLUMNS, width // COLUMNS)
    return cut.swapaxes(1, 2).reshape(ROWS * COLUMNS, -1)


def _picture(tiles: NDArray[Any]) -> NDArray[Any]:
    width, height = SIZE
    cut = tiles.reshape(ROWS, COLUMNS, height // ROWS, width // COLUMNS)
    return cut.swapaxes(1, 2).reshape(height, width)

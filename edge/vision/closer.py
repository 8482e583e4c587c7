"""Small boxes that score too low are judged, and framed, by a closer look as well (pure).

A plate that is far away scores as low as a lamp does; seen twice as large they part.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Corners, Detection, Point
from edge.vision.rectify import overlap

Rows = NDArray[np.float32]

FAR = 0.1
"""Share of the picture's width below which a plate is seen better from nearer."""
DOUBTED = 0.3
"""Score from which such a box is worth a closer look."""
MOST = 2
"""Closer looks at one picture: together half the work of one at the whole of it."""
SAME = 0.3
"""Overlap from which a box of each look is one plate: what is small is seldom framed alike."""
FRAMES = 2 / 3
"""How much the closer look's box counts: it frames by pixels half as large."""


def doubted(rows: Rows, threshold: float, wide_px: float) -> Rows:
    """Return the small boxes that score too low and lie on no sure one.

    rows: (M, 13) of a detector whose picture is so many pixels wide; some of them come back.
    """
    score, width = rows[:, 0], rows[:, 3] - rows[:, 1]
    sure = rows[score >= threshold]
    unsure = rows[(score >= DOUBTED) & (score < threshold) & (width < FAR * wide_px)]
    low = np.maximum(unsure[:, None, 1:3], sure[None, :, 1:3])
    high = np.minimum(unsure[:, None, 3:5], sure[None, :, 3:5])
    covered = np.any(np.all(low < high, axis=2), axis=1)
    return np.asarray(unsure[~covered], np.float32)


def part_about(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return x1, y1, x2, y2 of the quarter as wide and high of a picture (H, W) about a box."""
    high, wide = max(1, size[0] // 4), max(1, size[1] // 4)
    x, y = box.centre
    left = round(min(max(x - wide / 2, 0), size[1] - wide))
    top = round(min(max(y - high / 2, 0), size[0] - high))
    return left, top, left + wide, top + high


def seen_twice(plate: Detection, near: Sequence[Detection]) -> Detection | None:
    """Return a plate as both looks have it, None when the closer one does not see it.

    The mean of their scores and of their boxes: neither look alone makes a plate.
    """
    other = next((other for other in near if overlap(plate.box, other.box) >= SAME), None)
    if other is None:
        return None
    score = _between_scores(plate.score, other.score)
    x1, y1, x2, y2 = (_between(a, b) for a, b in zip(plate.box, other.box, strict=True))
    return Detection(Box(x1, y1, x2, y2), _corners(plate.corners, other.corners), score)


def shifted(plate: Detection, x: float, y: float) -> Detection:
    """Return a plate of a part of a picture where it is in the whole."""
    x1, y1, x2, y2 = plate.box
    tl, tr, br, bl = (Point(p.x + x, p.y + y) for p in plate.corners)
    return Detection(Box(x1 + x, y1 + y, x2 + x, y2 + y), (tl, tr, br, bl), plate.score)


def _between_scores(one: float, other: float) -> float:
    """Return the score whose odds have the mean of both odds' logarithms."""
    return 1 / (1 + math.exp(-(_odds(one) + _odds(other)) / 2))


def _odds(score: float) -> float:
    """Return the logarithm of the odds that a score stands for."""
    likely = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(likely / (1 - likely))


def _between(one: float, near: float) -> float:
    return one + FRAMES * (near - one)


def _corners(one: Corners, near: Corners) -> Corners:
    tl, tr, br, bl = (
        Point(_between(p.x, q.x), _between(p.y, q.y)) for p, q in zip(one, near, strict=True)
    )
    return tl, tr, br, bl

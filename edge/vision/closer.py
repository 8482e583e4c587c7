"""What is small is judged and framed by a closer look as well (pure).

A plate that is far away scores as low as a lamp does, and a pixel of the tensor is a character's
half: seen twice as large they part, and the box fits.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from edge.types import Box, Corners, Detection, Point
from edge.vision.rectify import overlap

FAR = 0.1
"""Share of the picture's width below which a plate is seen better from nearer."""
DOUBTED = 0.3
"""Score from which such a box is worth a closer look."""
MOST_LOOKS = 3
"""Closer looks that one frame is worth."""
SAME = 0.3
"""Overlap from which a box of each look is one plate: what is small is seldom framed alike."""
UNSEEN = 0.2
"""What the closer look says of a plate by showing none."""
FRAMES = 2 / 3
"""How much the closer look's box counts: it frames by pixels half as large."""


def far(plates: Sequence[Detection], wide_px: int) -> list[Detection]:
    """Return the plates to look at from nearer, best first, in a picture so many pixels wide."""
    return [plate for plate in plates if plate.box.width < FAR * wide_px][:MOST_LOOKS]


def part_about(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return x1, y1, x2, y2 of the quarter as wide and high of a picture (H, W) about a box."""
    high, wide = max(1, size[0] // 4), max(1, size[1] // 4)
    x, y = box.centre
    left = round(min(max(x - wide / 2, 0), size[1] - wide))
    top = round(min(max(y - high / 2, 0), size[0] - high))
    return left, top, left + wide, top + high


def seen_twice(plate: Detection, near: Sequence[Detection]) -> Detection:
    """Return a plate as both looks have it: the mean of their scores, and of their boxes."""
    other = next((other for other in near if overlap(plate.box, other.box) >= SAME), None)
    if other is None:
        return replace(plate, score=_between_scores(plate.score, UNSEEN))
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

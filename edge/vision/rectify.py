"""Straightening a plate seen at an angle, so that the reader sees it from the front (pure)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Corners, Detection, Image, Point

MARGIN = 0.06  # a slightly loose crop reads better than a tight one
MIN_SIDE = 8
MAX_SIDE = 4096  # no box, however wrong, may ask for more memory than this


def rectify(image: Image, detection: Detection) -> Image:
    """Cut out one plate, straightened by its four corners, with a small margin.

    (H, W, 3) uint8 BGR frame -> (h, w, 3) uint8 BGR plate at its own resolution.
    """
    quad = _grown(plausible(detection))
    width, height = _size(quad)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    return cv2.warpPerspective(  # type: ignore[return-value]
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def plausible(detection: Detection) -> Corners:
    """Return the corners, or those of the box where they contradict it."""
    xs = [p.x for p in detection.corners]
    ys = [p.y for p in detection.corners]
    hull = Box(min(xs), min(ys), max(xs), max(ys))
    if overlap(hull, detection.box) >= 0.6 and _convex(detection.corners):
        return detection.corners
    x1, y1, x2, y2 = detection.box
    return Point(x1, y1), Point(x2, y1), Point(x2, y2), Point(x1, y2)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)


def _convex(corners: Corners) -> bool:
    return bool(cv2.isContourConvex(np.array(corners, np.float32)))


def _grown(corners: Corners) -> NDArray[np.float32]:
    quad = np.array(corners, np.float32)
    centre = quad.mean(axis=0)
    return np.asarray(centre + (quad - centre) * (1 + 2 * MARGIN), np.float32)


def _size(quad: NDArray[np.float32]) -> tuple[int, int]:
    tl, tr, br, bl = quad
    width = (np.linalg.norm(tr - tl) + np.linalg.norm(br - bl)) / 2
    height = (np.linalg.norm(bl - tl) + np.linalg.norm(br - tr)) / 2
    return _side(float(width)), _side(float(height))


def _side(length: float) -> int:
    return min(MAX_SIDE, max(MIN_SIDE, round(length)))

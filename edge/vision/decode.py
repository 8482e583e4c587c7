"""From the detector's raw rows to detections in the frame (pure)."""

import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Corners, Detection, Point
from edge.vision.letterbox import Fit

OVERLAP = 0.4
SAME_PLATE = 0.6
NESTED = 0.6  # a box inside another one is a part of the same plate
MIN_SIDE_PX = 1.0
ROW = 13  # score, x1, y1, x2, y2, then four corners


def decode(
    rows: NDArray[np.float32], fit: Fit, threshold: float, frame_size: tuple[int, int]
) -> list[Detection]:
    """Keep the plates: rows above the threshold, one per plate, in frame pixels, best first.

    A row without a finite box, or whose box has no area inside the frame, is no plate.
    rows: (M, 13) float32: score, box corners, four plate corners in tensor pixels.
    frame_size: (height, width).
    """
    likely = rows[(rows[:, 0] >= threshold) & np.isfinite(rows[:, :5]).all(axis=1)]
    points = fit.to_frame(likely[:, 1:].reshape(-1, 6, 2))
    limit = np.array([frame_size[1], frame_size[0]], np.float32)
    boxes = np.clip(points[:, :2], 0, limit).reshape(-1, 4)
    inside = np.flatnonzero(((boxes[:, 2:] - boxes[:, :2]) >= MIN_SIDE_PX).all(axis=1))
    keep = inside[best_of_overlapping(boxes[inside], likely[inside, 0])]
    agreed = [_agreed(boxes[i], boxes[inside], likely[inside, 0], points[inside]) for i in keep]
    return [
        _detection(likely[i, 0], np.clip(mean[:2], 0, limit).reshape(4), mean[2:])
        for i, mean in zip(keep, agreed, strict=True)
    ]


def _agreed(
    box: NDArray[np.float32],
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    points: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the mean of all rows that see the same plate, by score: one alone may cut an end."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    same = shared / (areas + (box[2:] - box[:2]).prod() - shared) >= SAME_PLATE
    same &= np.isfinite(points).all(axis=(1, 2))
    if not same.any():
        alone = np.flatnonzero((boxes == box).all(axis=1))[0]
        return np.asarray(points[alone], np.float32)
    weights = scores[same, None, None]
    return np.asarray((points[same] * weights).sum(axis=0) / weights.sum(), np.float32)


def best_of_overlapping(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    """Keep the best of boxes that overlap or lie within each other (greedy suppression)."""
    x1, y1, x2, y2 = boxes.T
    areas = (x2 - x1) * (y2 - y1)
    order = np.argsort(-scores)
    kept: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        width = np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest])
        height = np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest])
        shared = np.clip(width, 0, None) * np.clip(height, 0, None)
        union = areas[best] + areas[rest] - shared
        nested = shared / np.maximum(np.minimum(areas[best], areas[rest]), 1)
        order = rest[(shared / np.maximum(union, 1) < OVERLAP) & (nested < NESTED)]
    return kept


def _detection(
    score: np.float32, box: NDArray[np.float32], corners: NDArray[np.float32]
) -> Detection:
    tl, tr, br, bl = (Point(float(x), float(y)) for x, y in corners)
    x1, y1, x2, y2 = box.tolist()
    quad: Corners = (tl, tr, br, bl)
    return Detection(Box(x1, y1, x2, y2), quad, float(score))

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
    keep = best_of_overlapping(boxes[inside], likely[inside, 0])
    agreed = _agreed(keep, boxes[inside], likely[inside, 0], points[inside])
    return [
        _detection(likely[inside[i], 0], np.clip(mean[:2], 0, limit).reshape(4), mean[2:])
        for i, mean in zip(keep, agreed, strict=True)
    ]


def _agreed(
    keep: list[int],
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    points: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return for each kept row the mean of all that see its plate, by score, (K, 6, 2).

    One row alone may cut an end of the plate.
    """
    kept = boxes[keep]
    low = np.maximum(kept[:, None, :2], boxes[None, :, :2])
    high = np.minimum(kept[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    same = shared / (areas[keep][:, None] + areas - shared) >= SAME_PLATE
    same &= np.isfinite(points).all(axis=(1, 2))
    alone = ~same.any(axis=1)
    weights = np.where(same, scores, 0)
    weights[alone, np.array(keep, int)[alone]] = 1.0
    finite = np.where(same.any(axis=0)[:, None, None], points, 0)
    means = np.einsum("km,mpq->kpq", weights, finite) / weights.sum(axis=1)[:, None, None]
    means[alone] = points[np.array(keep, int)[alone]]
    return np.asarray(means, np.float32)


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

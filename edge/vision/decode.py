"""From the detector's raw rows to detections in the frame (pure)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Corners, Detection, Point
from edge.vision.letterbox import Fit

OVERLAP = 0.4
ROW = 13  # score, x1, y1, x2, y2, then four corners


def decode(
    rows: NDArray[np.float32], fit: Fit, threshold: float, frame_size: tuple[int, int]
) -> list[Detection]:
    """Keep the plates: rows above the threshold, one per plate, in frame pixels, best first.

    rows: (M, 13) float32: score, box corners, four plate corners in tensor pixels.
    frame_size: (height, width).
    """
    likely = rows[rows[:, 0] >= threshold]
    if not len(likely):
        return []
    points = fit.to_frame(likely[:, 1:].reshape(-1, 6, 2))
    limit = np.array([frame_size[1], frame_size[0]], np.float32)
    boxes = np.clip(points[:, :2], 0, limit).reshape(-1, 4)
    keep = _best_of_overlapping(boxes, likely[:, 0], threshold)
    return [_detection(likely[i, 0], boxes[i], points[i, 2:]) for i in keep]


def _best_of_overlapping(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float
) -> list[int]:
    """Greedy non-maximum suppression (Neubeck and Van Gool, 2006)."""
    sized = [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes.tolist()]
    kept = cv2.dnn.NMSBoxes(sized, scores.tolist(), threshold, OVERLAP)
    return [int(i) for i in np.asarray(kept).reshape(-1)]


def _detection(
    score: np.float32, box: NDArray[np.float32], corners: NDArray[np.float32]
) -> Detection:
    tl, tr, br, bl = (Point(float(x), float(y)) for x, y in corners)
    x1, y1, x2, y2 = box.tolist()
    quad: Corners = (tl, tr, br, bl)
    return Detection(Box(x1, y1, x2, y2), quad, float(score))

"""How well plate rows match the truth: recall, false boxes, overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.detector_pool import Marks

NMS_IOU = 0.4
MATCH_IOU = 0.4


@dataclass(frozen=True, slots=True)
class Score:
    """Plates asked for, plates found, boxes that match nothing, pictures, mean overlap."""

    asked: int
    found: int
    false: int
    pictures: int
    overlap: float

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision."""
        return 2 * self.found / max(1, self.asked + self.found + self.false)

    def __str__(self) -> str:
        """Figures for people."""
        share = self.found / max(1, self.asked)
        each = self.false / max(1, self.pictures)
        return (f"recall {share:.3f} ({self.found}/{self.asked}), "
                f"false boxes a picture {each:.3f}, mean IoU {self.overlap:.3f}")  # fmt: skip


def overlaps(box: Marks, others: Marks) -> Marks:
    """IoU of one box (4,) with others (N, 4)."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(both / np.maximum(area - both, 1e-6), dtype=np.float32)


def suppressed(rows: Marks, threshold: float) -> Marks:
    """Rows (M, 13) above the threshold, greedily thinned at IoU 0.4, best first."""
    rows = rows[rows[:, 0] >= threshold]
    rows = rows[np.argsort(-rows[:, 0])]
    kept: list[Marks] = []
    while len(rows):
        kept.append(rows[0])
        rows = rows[1:][overlaps(rows[0, 1:5], rows[1:, 1:5]) < NMS_IOU]
    return np.array(kept, np.float32).reshape(-1, 13)


def match_frames(outputs: Sequence[Marks], marks: Marks, threshold: float) -> Score:
    """Score many pictures; regions to ignore cost nothing either way."""
    asked = found = false = 0
    shares: list[float] = []
    for rows, truth in zip(outputs, marks, strict=True):
        boxes, wanted = _truth(truth)
        hits, extra = match(suppressed(rows, threshold)[:, 1:5], boxes, wanted)
        asked, found, false = asked + int(wanted.sum()), found + len(hits), false + extra
        shares += hits
    return Score(asked, found, false, len(marks), float(np.mean(shares)) if shares else 0.0)


def _truth(truth: Marks) -> tuple[Marks, np.ndarray]:
    """Boxes (N, 4) and which of them must be found."""
    present = ~np.isnan(truth[:, 12])
    return truth[present, 8:12], truth[present, 12] >= 0.6


def match(got: Marks, boxes: Marks, wanted: np.ndarray,
          least: float = MATCH_IOU) -> tuple[list[float], int]:  # fmt: skip
    """Overlaps of found plates and the number of boxes that match nothing."""
    shares, extra = assign(got, boxes, wanted, least)
    return [float(share) for share in shares[wanted] if share > 0], extra


def assign(got: Marks, boxes: Marks, wanted: np.ndarray, least: float) -> tuple[Marks, int]:
    """The overlap that each true box (N,) was found with, 0 if not, and boxes that match none.

    `got` come best first; each takes the free true box that it overlaps most.
    """
    taken, extra = np.zeros(len(boxes), np.float32), 0
    for box in got:
        shares = overlaps(box, boxes) * (taken == 0) if len(boxes) else np.zeros(0)
        best = int(np.argmax(shares)) if len(shares) else -1
        if best >= 0 and shares[best] >= least:
            taken[best] = shares[best]
        elif not _near_ignored(box, boxes[~wanted] if len(boxes) else boxes):
            extra += 1
    return taken, extra


def _near_ignored(box: Marks, ignored: Marks) -> bool:
    """Whether the box's centre lies on a region to ignore."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    inside = (ignored[:, 0] - 6 < x) & (x < ignored[:, 2] + 6)
    return bool((inside & (ignored[:, 1] - 6 < y) & (y < ignored[:, 3] + 6)).any())

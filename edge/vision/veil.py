"""A picture in which no plate can be read, for papers that leave the box (pure)."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge.types import Detection, Image
from edge.vision.rectify import plausible

LONGEST_PX = 240
"""A plate that nobody found must not be legible either: one of 240 pixels in a frame of 1920 keeps
30 here. Of 87 plates of the demonstration the reader read none at 320, told where each was."""
AROUND = 1.4
QUALITY = 75


def veiled(image: Image, found: Sequence[Detection]) -> bytes:
    """Return a (H, W, 3) uint8 BGR frame as a small JPEG, each plate one flat colour.

    A flat colour, for a blur of letters that are known can be undone.
    """
    scale = min(1.0, LONGEST_PX / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    small = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    for one in found:
        corners = np.array(plausible(one), np.float64) * scale
        middle = corners.mean(axis=0)
        wider = np.ceil((corners - middle) * AROUND) + middle
        mask = np.zeros(small.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, wider.round().astype(np.int32), 255)
        small[mask > 0] = cv2.mean(small, mask)[:3]
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()

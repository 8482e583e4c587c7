"""A frame as people look at it from afar: small, as JPEG, with the plates drawn in (pure)."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge.types import Detection, Image
from edge.vision.aim import Light
from edge.vision.rectify import plausible

LONGEST_PX = 960
QUALITY = 70
COLOURS = {Light.GREEN: (96, 200, 64), Light.AMBER: (0, 170, 255), Light.RED: (60, 60, 235)}
"""Blue, green, red: as OpenCV has them."""


def sheet(image: Image, plates: Sequence[tuple[Detection, Light]]) -> bytes:
    """Return a (H, W, 3) uint8 BGR frame as a JPEG of 960 pixels at most, its plates outlined."""
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for found, light in plates:
        corners = np.array(plausible(found), np.float64) * scale
        middle = corners.mean(axis=0)
        around = (middle + (corners - middle) * 1.15).round().astype(np.int32)
        cv2.polylines(small, [around], isClosed=True, color=COLOURS[light], thickness=2)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()

"""A frame as people look at it from afar: small, as JPEG, with the plates drawn in (pure)."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Detection, Image
from edge.vision.aim import Light
from edge.vision.rectify import plausible

LONGEST_PX = 960
QUALITY = 70
FONT, LINE_PX, DARK = cv2.FONT_HERSHEY_SIMPLEX, 28, (20, 20, 20)
COLOURS = {Light.GREEN: (96, 200, 64), Light.AMBER: (0, 170, 255), Light.RED: (60, 60, 235)}
"""Blue, green, red: as OpenCV has them."""


def sheet(image: Image, plates: Sequence[tuple[Detection, Light]]) -> bytes:
    """Return a (H, W, 3) uint8 BGR frame as a JPEG of 960 pixels at most.

    Its plates are outlined, each with its width in pixels of the frame.
    """
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    for found, light in plates:
        corners = np.array(plausible(found), np.float64) * scale
        middle = corners.mean(axis=0)
        around = (middle + (corners - middle) * 1.15).round().astype(np.int32)
        cv2.polylines(small, [around], isClosed=True, color=COLOURS[light], thickness=2)
        _write(small, f"{_width_px(found):.0f} px", around, COLOURS[light])
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()


def _width_px(found: Detection) -> float:
    left_top, right_top, *_ = plausible(found)
    return math.dist(left_top, right_top)


def _write(image: Image, text: str, around: NDArray[np.int32], colour: tuple[int, ...]) -> None:
    """Write below an outline, dark around light: legible on any vehicle."""
    place = int(around[:, 0].min()), int(around[:, 1].max()) + LINE_PX
    for ink, thickness in ((DARK, 6), (colour, 2)):
        cv2.putText(image, text, place, FONT, 0.8, ink, thickness, cv2.LINE_AA)

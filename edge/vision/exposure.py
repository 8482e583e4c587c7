"""Whether a plate in a picture is too bright or too dark to be read well. Pure."""

from enum import StrEnum

import numpy as np

from edge.types import Box, Image
from edge.vision.aim import sharpness

BRIGHT, DARK = 250, 70
BURNT_SHARE = 0.15
"""Of a plate's face, where nothing can be told apart any more."""
FACE = 80
"""Percentile that lies on the face of a plate, not on its letters."""


SOFT = 0.45
"""Of a stroke in the width of an edge; what is less, the panel shows in red, too."""
LEAST_CONTRAST, LEAST_PX = 20.0, 8
"""What is paler or smaller says nothing of sharpness."""


class Exposed(StrEnum):
    """How a plate came out."""

    RIGHT = "right"
    OVER = "over"
    UNDER = "under"


def exposed(image: Image, box: Box) -> Exposed:
    """Return how the plate in a box of a (H, W, 3) uint8 picture came out."""
    plate = _cut(image, box).max(axis=2)
    if not plate.size:
        return Exposed.RIGHT
    if float(np.mean(plate >= BRIGHT)) > BURNT_SHARE:
        return Exposed.OVER
    return Exposed.UNDER if float(np.percentile(plate, FACE)) < DARK else Exposed.RIGHT


def is_soft(image: Image, box: Box) -> bool:
    """True when the plate in a box of a (H, W, 3) uint8 picture is smeared or out of focus."""
    plate = _cut(image, box)
    if min(plate.shape[:2]) < LEAST_PX:
        return False
    grey = np.asarray(plate.mean(axis=2), np.uint8)
    dark, light = (float(x) for x in np.percentile(grey, (5, 90)))
    return light - dark >= LEAST_CONTRAST and sharpness(grey, light - dark) < SOFT


def _cut(image: Image, box: Box) -> Image:
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    return image[y1:y2, x1:x2]

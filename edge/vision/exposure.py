"""Whether a plate in a picture is too bright or too dark to be read well. Pure."""

from enum import StrEnum

import numpy as np

from edge.types import Box, Image

BRIGHT, DARK = 250, 70
BURNT_SHARE = 0.15
"""Of a plate's face, where nothing can be told apart any more."""
FACE = 80
"""Percentile that lies on the face of a plate, not on its letters."""


class Exposed(StrEnum):
    """How a plate came out."""

    RIGHT = "right"
    OVER = "over"
    UNDER = "under"


def exposed(image: Image, box: Box) -> Exposed:
    """Return how the plate in a box of a (H, W, 3) uint8 picture came out."""
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    plate = image[y1:y2, x1:x2].max(axis=2)
    if not plate.size:
        return Exposed.RIGHT
    if float(np.mean(plate >= BRIGHT)) > BURNT_SHARE:
        return Exposed.OVER
    return Exposed.UNDER if float(np.percentile(plate, FACE)) < DARK else Exposed.RIGHT

"""Fitting a frame into the detector's input, and points back out of it (pure)."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image

PAD_GREY = 114


@dataclass(frozen=True, slots=True)
class Fit:
    """Maps tensor pixels back to frame pixels: frame = (tensor - shift) / scale."""

    scale: float
    shift_x: float
    shift_y: float

    def to_frame(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map (..., 2) x, y tensor pixels to frame pixels."""
        shift = np.array([self.shift_x, self.shift_y], np.float32)
        return (xy - shift) / np.float32(self.scale)


def letterbox(
    image: Image, height: int, width: int, zoom: float = 1.0
) -> tuple[NDArray[np.uint8], Fit]:
    """Fit an image into a grey tensor without stretching it.

    (H, W, 3) uint8 BGR -> (1, 1, height, width) uint8, padded with 114. A zoom below one shows
    the image smaller than it could be, in the middle.
    """
    scale = zoom * min(height / image.shape[0], width / image.shape[1])
    new_h = max(1, round(image.shape[0] * scale))
    new_w = max(1, round(image.shape[1] * scale))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(image, (new_w, new_h), interpolation=shrink)
    top, left = (height - new_h) // 2, (width - new_w) // 2
    tensor = np.full((1, 1, height, width), PAD_GREY, np.uint8)
    tensor[0, 0, top : top + new_h, left : left + new_w] = cv2.cvtColor(resized, cv2.COLOR_BGR2GRAY)
    return tensor, Fit(scale, float(left), float(top))

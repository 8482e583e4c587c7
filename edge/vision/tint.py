"""The colour of a plate's face: yellow plates and white ones come from different countries."""

import cv2
import numpy as np

from edge.types import Image, Tint

YELLOW_HUE = (15, 38)  # OpenCV hue, 0..179: amber to lemon
COLOURFUL = 90  # saturation, 0..255
PALE = 60
DAYLIGHT = 70  # brightness of the face below which colour cannot be trusted


def tint(plate: Image) -> Tint:
    """Judge the face of a (h, w, 3) uint8 BGR plate by its brighter half."""
    rim = plate.shape[0] // 6
    inner = plate[rim : plate.shape[0] - rim]
    hue, saturation, value = (
        channel.reshape(-1) for channel in cv2.split(cv2.cvtColor(inner, cv2.COLOR_BGR2HSV))
    )
    face = value >= np.median(value)
    if np.median(value[face]) < DAYLIGHT:
        return Tint.UNKNOWN
    level = float(np.median(saturation[face]))
    if level >= COLOURFUL and YELLOW_HUE[0] <= np.median(hue[face]) <= YELLOW_HUE[1]:
        return Tint.YELLOW
    return Tint.WHITE if level <= PALE else Tint.UNKNOWN

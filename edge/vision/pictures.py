"""The two pictures that prove a passage: the whole scene, and the plate (pure).

Other plates in the scene are blanked: they are of vehicles that nobody accuses.
"""

from typing import NamedTuple

import cv2
import numpy as np

from edge.passage.album import Shot
from edge.types import Box, Image

OVERVIEW, CROP = "overview", "crop"
LONGEST_PX = 1920
QUALITY = {OVERVIEW: 85, CROP: 95}
CROP_MARGIN, BLANK_MARGIN = 0.25, 0.15  # of the width and height of a plate
GREY = 128


class Picture(NamedTuple):
    """A JPEG and what it shows: `overview` or `crop`. It carries no metadata."""

    name: str
    jpeg: bytes


def pictures(shot: Shot, own: Box) -> tuple[Picture, Picture]:
    """Return the scene without other plates, and the plate whose box is `own`."""
    crop = _cut(shot.image, _widened(own, CROP_MARGIN))
    return _picture(OVERVIEW, _overview(shot, own)), _picture(CROP, crop)


def _overview(shot: Shot, own: Box) -> Image:
    scene = shot.image.copy()
    kept = _cut(scene, own).copy()
    for plate in shot.plates:
        if not _same(plate, own):
            _cut(scene, _widened(plate, BLANK_MARGIN))[:] = GREY
    _cut(scene, own)[:] = kept  # the margin of one beside it must not hide it
    height, width = scene.shape[:2]
    scale = min(1.0, LONGEST_PX / max(height, width))
    if scale == 1.0:
        return scene
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(scene, size, interpolation=cv2.INTER_AREA), np.uint8)


def _same(a: Box, b: Box) -> bool:
    """Tell whether two boxes are of one plate, found twice."""
    return _within(a.centre, b) or _within(b.centre, a)


def _within(point: tuple[float, float], box: Box) -> bool:
    return box.x1 <= point[0] <= box.x2 and box.y1 <= point[1] <= box.y2


def _cut(image: Image, box: Box) -> Image:
    """Return what lies within a box, as a view; at least one pixel."""
    height, width = image.shape[:2]
    left, top = min(max(0, int(box.x1)), width - 1), min(max(0, int(box.y1)), height - 1)
    right, bottom = max(left + 1, int(np.ceil(box.x2))), max(top + 1, int(np.ceil(box.y2)))
    return image[top:bottom, left:right]


def _widened(box: Box, margin: float) -> Box:
    across, down = box.width * margin, box.height * margin
    return Box(box.x1 - across, box.y1 - down, box.x2 + across, box.y2 + down)


def _picture(name: str, image: Image) -> Picture:
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY[name]])
    return Picture(name, jpeg.tobytes())

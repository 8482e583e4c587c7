"""How well a camera is aimed, judged by the plates that it shows (pure).

The figures are those of one plate in one frame; each gets a light, and what to turn if it is not
green. The panel and `anpr-edge aim` ask here, so they tell the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Corners, Detection, Image
from edge.vision.rectify import plausible, rectify

STROKE = 10 / 520
"""Width of a stroke in widths of a one-line plate (NL and BE: 520 x 110 mm, strokes of 10 mm)."""
ONE_LINE = 520 / 110
SQUAREST = 2.4
"""A plate that is less wide, in heights, has two lines: its form says nothing of the angle."""
WHITE, FULL = 252, 255
SPARSE_ROWS = 8


class Light(StrEnum):
    """A traffic light."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Mark(NamedTuple):
    """A figure, its light, and the name of what to turn; None when nothing is to be turned."""

    figure: str
    value: float
    light: Light
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """From where a figure is amber and red; `low` and `high` name what to do on either side."""

    figure: str
    low: str | None = None
    high: str | None = None
    red_below: float = -math.inf
    amber_below: float = -math.inf
    amber_above: float = math.inf
    red_above: float = math.inf

    def mark(self, value: float) -> Mark:
        """Judge a value."""
        shown = round(value, 2)
        if value < self.amber_below:
            red = value < self.red_below
            return Mark(self.figure, shown, Light.RED if red else Light.AMBER, self.low)
        if value > self.amber_above:
            red = value > self.red_above
            return Mark(self.figure, shown, Light.RED if red else Light.AMBER, self.high)
        return Mark(self.figure, shown, Light.GREEN)


WIDTH = Limits("width_px", "nearer", "farther", 60, 90, 300, 450)
ROLL = Limits("roll_deg", "anticlockwise", "clockwise", -20, -8, 8, 20)
SIDE = Limits("side_deg", high="less_aside", amber_above=35, red_above=50)
SHARPNESS = Limits("sharpness", "focus", None, 0.45, 0.7)
EXPOSURE = Limits("exposure", "more_light", "less_light", 0.2, 0.35, 0.97, 0.995)
CONTRAST = Limits("contrast", "cleaner_light", None, 0.15, 0.28)
GLARE = Limits("glare", high="glare", amber_above=0.1, red_above=0.3)
SCENE = Limits("scene", "scene_dark", "scene_bright", 0.04, 0.1, 0.85, 0.95)


def plate_marks(image: Image, found: Detection) -> tuple[Mark, ...]:
    """Judge one plate of a (H, W, 3) uint8 BGR frame.

    `width_px` in pixels of the frame; `roll_deg` how far it leans, clockwise positive; `side_deg`
    how far the camera stands aside of it; `sharpness` in strokes per edge: 1 is an edge as wide
    as a stroke; `exposure`, `contrast` and `glare` in shares 0..1.
    """
    corners, plate = plausible(found), rectify(image, found)
    grey = np.asarray(cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY), np.uint8)
    width, height, roll = _shape(corners)
    dark, light = (float(x) for x in np.percentile(grey, (5, 90)))
    marks = [WIDTH.mark(width), ROLL.mark(roll)]
    if width / height > SQUAREST:
        marks.append(SIDE.mark(math.degrees(math.acos(min(1.0, width / height / ONE_LINE)))))
    glare = float(np.mean(plate.min(axis=2) >= WHITE))
    marks += [
        SHARPNESS.mark(sharpness(grey, max(1.0, light - dark))),
        EXPOSURE.mark(light / FULL),
        CONTRAST.mark((light - dark) / FULL),
        GLARE.mark(glare),
    ]
    return tuple(marks)


def scene_mark(image: Image) -> Mark:
    """Judge how light a whole (H, W, 3) uint8 BGR picture is, for want of a plate."""
    small = image[:: max(1, image.shape[0] // 90), :: max(1, image.shape[1] // 160)]
    return SCENE.mark(float(small.mean()) / FULL)


def grey(image: Image, found: Detection) -> float:
    """Return how light one plate of a (H, W, 3) uint8 BGR frame is on average, 0 to 1."""
    return round(float(rectify(image, found).mean()) / FULL, 3)


def edges(image: Image) -> float:
    """Return how sharp a whole (H, W, 3) uint8 BGR picture is, for want of a plate.

    How much its light changes from pixel to pixel, of how much it changes at all, in percent: a
    figure to compare with itself, while the lens is turned and the camera stands still.
    """
    rows = image[::SPARSE_ROWS, :, 1].astype(np.float32)
    steps = float(np.sqrt(np.mean(np.diff(rows, axis=1) ** 2)))
    return round(100 * steps / max(1.0, float(rows.std())), 1)


def worst(marks: Sequence[Mark]) -> Light:
    """Return the light of all marks together."""
    order = (Light.RED, Light.AMBER)
    return next((light for light in order if any(m.light is light for m in marks)), Light.GREEN)


def _shape(corners: Corners) -> tuple[float, float, float]:
    """Return the width and height of a plate in pixels, and how far it leans in degrees."""
    left_top, right_top, right_low, left_low = (np.array(corner) for corner in corners)
    across = (right_top - left_top + right_low - left_low) / 2
    down = (left_low - left_top + right_low - right_top) / 2
    lean = math.degrees(math.atan2(float(across[1]), float(across[0])))
    width, height = math.hypot(*map(float, across)), math.hypot(*map(float, down))
    return width, max(1.0, height), lean


def sharpness(grey: NDArray[np.uint8], contrast: float) -> float:
    """Return how many strokes fit into the width of an edge: the steepest edges count."""
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1))
    steepest = float(np.percentile(steps, 99)) / contrast if steps.size else 0.0
    return float(steepest * STROKE * grey.shape[1])

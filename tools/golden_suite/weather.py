"""Day, rain and infrared night, and what lens and sensor add to them."""

from functools import cache

import cv2
import numpy as np

from tools.synth.panels import Light, Picture
from tools.synth.sensor import Exposure

SUN = (-0.5, 0.8, -0.5)
DAYLIGHT = {
    "day": Light(SUN, 0.42, 0.78),
    "rain": Light(SUN, 0.08, 0.74),
    "infrared": Light(SUN, 0.1, 0.8),
}
EXPOSED = {
    "day": Exposure(),
    "rain": Exposure(darkness=0.12, plate_gain=0.88),
    "infrared": Exposure(darkness=0.86, infrared=True, plate_gain=0.92),
}
SIZE = (1280, 720)
NOISE, TILES, SOFT_PX = 1.8, 6, 0.55
DROPS, STREAK_PX, VEIL = 420, (18, 46), 34


class Sensor:
    """Softens a little, and adds noise: one of a few fields, moved at random."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw the fields of noise."""
        shape = (TILES, SIZE[1], SIZE[0])
        grey = rng.standard_normal(shape, dtype=np.float32) * np.float32(NOISE)
        self._fields = [cv2.merge([field] * 3) for field in np.rint(grey).astype(np.int16)]
        self._rng = rng

    def develop(self, image: Picture) -> Picture:
        """Return a picture as the sensor gives it, (H, W, 3) uint8 BGR."""
        soft = cv2.GaussianBlur(image, (0, 0), SOFT_PX)
        field = self._fields[int(self._rng.integers(TILES))]
        return np.asarray(cv2.add(soft, field, dtype=cv2.CV_8U), np.uint8)


def rained_on(image: Picture, rng: np.random.Generator) -> Picture:
    """Lay rain over a picture: bright streaks, less contrast."""
    across, down = (int(rng.integers(n)) for n in SIZE)
    streaks = np.roll(_streaks(int(rng.integers(4))), (down, across), (0, 1))
    veiled = cv2.addWeighted(image, 0.8, streaks, 0.45, VEIL)
    return np.asarray(veiled, np.uint8)


@cache
def _streaks(number: int) -> Picture:
    """One of four curtains of falling drops, (720, 1280, 3) uint8."""
    rng = np.random.default_rng(number)
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for x, y in rng.integers(0, SIZE, (DROPS, 2)).tolist():
        long = int(rng.integers(*STREAK_PX))
        grey = int(rng.integers(60, 150))
        cv2.line(image, (x, y), (x - long // 7, y + long), (grey,) * 3, 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.7), np.uint8)

"""Where a plate is before the camera, and where it will be next (pure).

A plate is half a metre wide, so its width in the picture tells its distance, and its place in
the picture becomes metres across, down and away. There a vehicle at a steady speed moves along a
straight line, however far its plate leaps from frame to frame; a Kalman filter for each of the
three follows it and knows how far it may be off.
"""

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Image

Metres: TypeAlias = NDArray[np.float64]
"""(3,): across, down and away from the camera."""

PLATE_M = 0.52
FOCAL = 1.5  # focal length in picture widths: a usual lens; a longer one slows what drives away
PLACE_PX = 4.0  # how far a box is off its plate, with a mast that trembles
WIDTH_SHARE, WIDTH_PX = 0.03, 1.5  # how far its width is off
CUT_SHARE = 0.7  # of a plate may lie outside the picture
IN_PICTURE, AWAY = np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
LOOSE_SHARE, LOOSE_PLACE_M = 0.35, 0.4 * PLATE_M  # the same of a box round a part of its plate,
OFTEN_LOOSE = math.log(0.05)  # as one in twenty is, or round more than the plate
SPEED_M_S = np.array([8.0, 8.0, 25.0])  # of a vehicle of which nothing is known yet
CHANGE_M2_S3 = 8.0  # braking at 4 m/s2 for half a second, steering, a hand-held camera
NEAREST_M = 1.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one box puts its plate, and with what variance."""

    place: Metres
    variance: Metres


def spot(box: Box, image: Image, whole: bool = True) -> Spot:
    """Return where the plate of a box stands before the camera of a (H, W, 3) picture.

    The width of a box that is not `whole` says little: the edge of the picture cuts it.
    """
    height, width = image.shape[:2]
    size = max(box.width, 1.0)
    (x, y), metres = box.centre, PLATE_M / size
    place = np.array([x - width / 2, y - height / 2, FOCAL * width]) * metres
    off = place * math.hypot(WIDTH_SHARE if whole else CUT_SHARE, WIDTH_PX / size)
    jitter = PLACE_PX * metres * IN_PICTURE
    return Spot(place, off**2 + jitter**2)


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a plate was last, how fast it moved, and the variances of both."""

    place: Metres
    speed: Metres
    place_variance: Metres
    speed_variance: Metres
    covariance: Metres

    def after(self, seconds: float) -> "Motion":
        """Return where the plate should be some seconds later."""
        t, spread = seconds, 2 * self.covariance + seconds * self.speed_variance
        return Motion(
            self.place + t * self.speed,
            self.speed,
            self.place_variance + t * spread + CHANGE_M2_S3 * t**3 / 3,
            self.speed_variance + CHANGE_M2_S3 * t,
            self.covariance + t * self.speed_variance + CHANGE_M2_S3 * t**2 / 2,
        )

    def shifted(self, across: float, down: float) -> "Motion":
        """Return the same motion in a picture that moved by shares of its width."""
        return replace(self, place=self.place + self._metres * np.array([across, down, 0.0]))

    def off(self, at: Spot) -> tuple[float, float]:
        """Return how far from its expected place a plate is seen, in shares of the picture."""
        across, down, _ = (at.place - self.place) / self._metres
        return float(across), float(down)

    @property
    def _metres(self) -> float:
        """Metres that the whole width of the picture spans where the plate is."""
        return float(max(self.place[2], NEAREST_M)) / FOCAL

    def seen(self, at: Spot) -> "Motion":
        """Return what is known once the plate was seen at a spot."""
        at = self._believed(at)
        expected = self.place_variance + at.variance
        gain, speed_gain = self.place_variance / expected, self.covariance / expected
        off = at.place - self.place
        return Motion(
            self.place + gain * off,
            self.speed + speed_gain * off,
            (1 - gain) * self.place_variance,
            self.speed_variance - speed_gain * self.covariance,
            (1 - gain) * self.covariance,
        )

    def likelihood(self, at: Spot) -> float:
        """Return the log of the density with which the plate is expected at a spot."""
        return self._density(self._believed(at))

    def _believed(self, at: Spot) -> Spot:
        """Return a spot as it is, or as far as expected where its box is hardly a good one."""
        away = self.place[2] / at.place[2]
        if abs(away - 1) > LOOSE_SHARE:
            return at
        off = LOOSE_PLACE_M * IN_PICTURE + LOOSE_SHARE * at.place * AWAY
        loose = Spot(at.place * away, at.variance + off**2)
        return at if self._density(at) >= self._density(loose) + OFTEN_LOOSE else loose

    def _density(self, at: Spot) -> float:
        expected = self.place_variance + at.variance
        off = at.place - self.place
        return float(-0.5 * (off**2 / expected + np.log(2 * math.pi * expected)).sum())


def begin(at: Spot) -> Motion:
    """Return the motion of a plate seen once: it may go anywhere."""
    still = np.zeros(3)
    return Motion(at.place, still, at.variance, SPEED_M_S**2, still)

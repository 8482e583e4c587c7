"""A pinhole camera above flat ground: metres to pixels and back.

World axes: x right, y up, z away from the viewer; the ground is y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

NEAR_M = 0.35


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera stands and how it looks; angles in radians, focal length in pixels."""

    width: int
    height: int
    focal_px: float
    position: tuple[float, float, float]
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0

    def rotation(self) -> Points:
        """World axes to camera axes (right, down, forward), (3, 3)."""
        return _turned(self.pitch, self.yaw, self.roll)

    def to_camera(self, points: Points) -> Points:
        """World points (N, 3) in metres to camera axes (N, 3) in metres."""
        offset = np.asarray(points, dtype=np.float64) - np.asarray(self.position)
        return np.asarray(offset @ self.rotation().T)

    def project(self, points: Points) -> tuple[Points, Points]:
        """World points (N, 3) to pixels (N, 2) and depths (N,) in metres."""
        seen = self.to_camera(points)
        depth = np.maximum(seen[:, 2], 1e-6)
        centre = np.array([self.width / 2, self.height / 2])
        return seen[:, :2] / depth[:, None] * self.focal_px + centre, seen[:, 2]

    def ground(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Ground x and z in metres behind every pixel, (H, W) each, and where ground is seen."""
        columns = (np.arange(self.width, dtype=np.float64) - self.width / 2) / self.focal_px
        rows = (np.arange(self.height, dtype=np.float64) - self.height / 2) / self.focal_px
        axes = self.rotation()
        down = _rays(columns, rows, axes[:, 1])
        seen = down < -1e-4
        reach = np.where(seen, -self.position[1] / np.where(seen, down, -1.0), 1e4)
        x = _rays(columns, rows, axes[:, 0]) * reach + self.position[0]
        z = _rays(columns, rows, axes[:, 2]) * reach + self.position[2]
        return x.astype(np.float32), z.astype(np.float32), seen & (reach < 9e3)


def _rays(columns: Points, rows: Points, axis: Points) -> Points:
    """One world component of the ray through every pixel, (H, W)."""
    across = columns[None, :] * axis[0]
    return np.asarray(across + rows[:, None] * axis[1] + axis[2], dtype=np.float64)


@lru_cache(maxsize=64)
def _turned(pitch: float, yaw: float, roll: float) -> Points:
    """The rotation of a camera; read-only, for every panel asks for it."""
    axes = np.asarray(_roll(roll) @ _pitch(pitch) @ _yaw(yaw) @ np.diag([1.0, -1.0, 1.0]))
    axes.flags.writeable = False
    return axes


def _pitch(angle: float) -> Points:
    """Look down by `angle`."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])


def _yaw(angle: float) -> Points:
    """Look right by `angle`."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, -s], [0, 1.0, 0], [s, 0, c]])


def _roll(angle: float) -> Points:
    """Tilt the picture by `angle`."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])

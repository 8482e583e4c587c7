"""What one picture tells of how the camera sees: its light, its edges, their sharpness (pure)."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image

SIZE = (320, 180)
"""Every picture is looked at in this size, whatever its own."""
TILES = (9, 16)
"""Rows and columns of 20 x 20 of these pixels."""
FULL_WIDTH = 1280
COARSE = 4
"""A defocus that matters to plates is gone when the picture is a quarter as wide."""
GLARING, STRUCTURED = 250, 3.0
AROUND, FLOOR = 31, 2.0

Grey = NDArray[np.uint8]
Edges = NDArray[np.float32]
"""(180, 320): strength of each edge beside those around it, whatever the light."""
Grid = NDArray[np.float32]
"""(9, 16): one figure for each tile."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture, small.

    `mean`, `brightest` (of all but 1 %) are grey levels 0..255, `glaring` the share of pixels that
    are burnt out. `points` are pixels as they came, not averaged: their noise shows that the
    picture is new. `structure` is the spread of grey in each tile, `fine` and `coarse` its steepest
    edge in the full and in the small picture.
    """

    mean: float
    brightest: float
    glaring: float
    points: Grey
    edges: Edges
    structure: Grid
    fine: Grid
    coarse: Grid

    @property
    def structured(self) -> float:
        """Return the share of tiles in which there is something to be seen."""
        return float((self.structure > STRUCTURED).mean())


def look(image: Image) -> Look:
    """Look at a (H, W, 3) uint8 BGR image."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if grey.shape[1] > FULL_WIDTH:
        grey = cv2.resize(grey, (FULL_WIDTH, SIZE[1] * COARSE), interpolation=cv2.INTER_AREA)
    full = cv2.resize(grey, (SIZE[0] * COARSE, SIZE[1] * COARSE))
    small = cv2.resize(full, SIZE, interpolation=cv2.INTER_AREA)
    return Look(
        mean=float(small.mean()),
        brightest=float(np.percentile(small, 99)),
        glaring=float((small >= GLARING).mean()),
        points=np.asarray(full[::COARSE, ::COARSE], np.uint8).copy(),
        edges=edges_of(small),
        structure=_tiles(small).std(axis=(1, 3), dtype=np.float32),
        fine=_tiles(_steepness(full)).max(axis=(1, 3)).astype(np.float32),
        coarse=_tiles(_steepness(small)).max(axis=(1, 3)).astype(np.float32),
    )


def edges_of(small: NDArray[Any]) -> Edges:
    """Return the edges of a small grey picture, each beside those around it."""
    steep = _steepness(cv2.GaussianBlur(small, (0, 0), 1.0)).astype(np.float32)
    around = cv2.blur(steep, (AROUND, AROUND))
    return cv2.GaussianBlur(steep / (around + FLOOR), (0, 0), 1.0).astype(np.float32)


def _steepness(grey: NDArray[Any]) -> Grey:
    """Return how much grey changes at each pixel, across or down: a quarter of Sobel's figure."""
    across, down = cv2.spatialGradient(grey)
    steep = cv2.max(cv2.convertScaleAbs(across, alpha=0.25), cv2.convertScaleAbs(down, alpha=0.25))
    return np.asarray(steep, np.uint8)


def _tiles(picture: NDArray[Any]) -> NDArray[Any]:
    """Return the pixels of each tile: (9, n, 16, n)."""
    (rows, columns), (height, width) = TILES, picture.shape
    return picture.reshape(rows, height // rows, columns, width // columns)

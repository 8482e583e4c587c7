"""What hides a part of a plate in a crop: a bar, mud, tape, or what stands before one of its ends.

Nobody can read what is hidden, but a reader that has seen such plates with their whole texts knows
that it cannot.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]
Rng = np.random.Generator

Colour = npt.NDArray[np.float64]
Cover = Callable[[Mask, Image, Rng], Colour]
"""Marks in a mask what it hides of a crop, and returns its colour (BGR)."""


def covered(crop: Image, rng: Rng) -> Image:
    """Hide a part of a crop by one cover or another: (H, W, 3) uint8 BGR -> the same shape."""
    return hidden(crop, COVERS[int(rng.choice(len(COVERS), p=SHARES))], rng)


def hidden(crop: Image, cover: Cover, rng: Rng) -> Image:
    """Hide a part of a crop by one cover: (H, W, 3) uint8 BGR -> the same shape."""
    mask = np.zeros(crop.shape[:2], np.uint8)
    colour = cover(mask, crop, rng)
    soft = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.3, 1.6)))
    share = (soft.astype(np.float32) / 255)[..., None]
    grain = rng.normal(0, 3, crop.shape[:2])[..., None]
    blended = crop * (1 - share) + (colour + grain) * share
    return np.asarray(np.clip(blended, 0, 255), dtype=np.uint8)


def bar(mask: Mask, crop: Image, rng: Rng) -> Colour:
    """A post, a tow bar or a strut across the plate."""
    high, wide = mask.shape
    x, lean = rng.uniform(0.02, 0.98) * wide, rng.normal(0, 0.25) * high
    thick = max(1, round(wide * rng.uniform(0.008, 0.045)))
    cv2.line(mask, (round(x - lean), 0), (round(x + lean), high), 255, thick, cv2.LINE_AA)
    return _grey(rng)


def mud(mask: Mask, crop: Image, rng: Rng) -> Colour:
    """A splash or two of one colour."""
    high, wide = mask.shape
    for _ in range(int(rng.integers(1, 3))):
        middle = rng.uniform(0.03, 0.97, 2) * (wide, high)
        spread = rng.uniform([0.012, 0.1], [0.06, 0.5]) * (wide, high)
        around = middle + rng.normal(0, 0.6, (9, 2)) * spread
        outline = cv2.convexHull(around.astype(np.int32))
        cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA)
    earth = np.array([60.0, 75.0, 90.0]) * np.exp(rng.normal(0, 0.15, 3))
    return np.asarray(earth * rng.uniform(0.3, 2.2))


def tape(mask: Mask, crop: Image, rng: Rng) -> Colour:
    """A strip of about the colour of the face over a part of a sign."""
    high, wide = mask.shape
    low = rng.uniform([0.0, 0.1], [0.95, 0.6]) * (wide, high)
    far = low + rng.uniform([0.015, 0.15], [0.09, 0.7]) * (wide, high)
    start, stop = low.round().astype(int).tolist(), far.round().astype(int).tolist()
    cv2.rectangle(mask, start, stop, 255, -1)
    face = np.percentile(crop.reshape(-1, 3), float(rng.uniform(55, 90)), axis=0)
    return np.asarray(face + rng.normal(0, 8))


def end(mask: Mask, crop: Image, rng: Rng) -> Colour:
    """What stands before one end of the plate, and hides its first or its last sign."""
    high, wide = mask.shape
    reach, lean = rng.uniform(0.05, 0.22) * wide, rng.normal(0, 0.1) * high
    corners = np.array([[-9, -9], [reach + lean, -9], [reach - lean, high + 9], [-9, high + 9]])
    if rng.random() < 0.4:
        corners[:, 0] = wide - corners[:, 0]
    cv2.fillPoly(mask, [corners.round().astype(np.int32)], 255, cv2.LINE_AA)
    return _grey(rng)


def half(mask: Mask, crop: Image, rng: Rng) -> Colour:
    """What ends in a straight edge on one sign: its left, right, upper or lower half is gone.

    Half a 9 is a 1, and half a K an I: where the ink ends straight, nobody can know.
    """
    high, wide = mask.shape
    left = rng.uniform(-0.02, 0.97) * wide
    right = left + rng.uniform(0.025, 0.085) * wide
    edge = rng.uniform(0.4, 0.6) * high
    top, foot = ((0, high), (0, edge), (edge, high))[int(rng.integers(3))]
    start, stop = (max(0, round(left)), round(top)), (round(right), round(foot))
    cv2.rectangle(mask, start, stop, 255, -1)
    if rng.random() < 0.5:
        return _grey(rng)
    face = np.percentile(crop.reshape(-1, 3), float(rng.uniform(55, 90)), axis=0)
    return np.asarray(face + rng.normal(0, 8))


def _grey(rng: Rng) -> Colour:
    """A colour that is nearly grey, dark more often than light."""
    return np.asarray(255 * rng.random() ** 1.6 + rng.normal(0, 8, 3))


COVERS: tuple[Cover, ...] = (bar, mud, tape, end, half)
SHARES = (0.24, 0.2, 0.16, 0.2, 0.2)

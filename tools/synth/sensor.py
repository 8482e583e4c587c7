"""What a camera does to a picture: night, lamps, blur, noise and compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Glow = tuple[float, float, float, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Time of day as seen by one camera: how dark, how grey, how bright the plates."""

    darkness: float = 0.0
    infrared: bool = False
    plate_gain: float = 1.0


def draw_exposure(rng: np.random.Generator) -> Exposure:
    """Day (two thirds), dusk, night with headlamps, or infrared night."""
    draw = rng.random()
    if draw < 0.66:
        return Exposure()
    if draw < 0.78:
        return Exposure(float(rng.uniform(0.3, 0.65)), False, float(rng.uniform(0.6, 1.0)))
    return Exposure(
        float(rng.uniform(0.72, 0.95)), bool(rng.random() < 0.6), float(rng.uniform(0.5, 1.15))
    )


def add_glows(image: Picture, glows: list[Glow]) -> None:
    """Add round lights (x, y, radius px, BGR) with halos, in place."""
    if not glows:
        return
    rows, columns = image.shape[:2]
    light = np.zeros((rows // 2 + 1, columns // 2 + 1, 3), np.float32)
    for x, y, radius, colour in glows:
        core = max(1, round(radius / 2))
        cv2.circle(light, (round(x / 2), round(y / 2)), core, colour, -1, cv2.LINE_AA)
    halo = cv2.GaussianBlur(light, (0, 0), 5) * 0.9 + cv2.GaussianBlur(light, (0, 0), 1.2)
    halo += cv2.GaussianBlur(light, (0, 0), 18) * 0.8
    total = image + cv2.resize(halo, (columns, rows))
    image[:] = np.clip(total, 0, 255).astype(np.uint8)


def motion_blur(image: Picture, rng: np.random.Generator, longest_px: float = 9.0) -> Picture:
    """Smear along one random direction."""
    length = int(rng.uniform(2, longest_px))
    kernel = np.zeros((length * 2 + 1, length * 2 + 1), np.float32)
    angle = rng.uniform(-0.6, 0.6) if rng.random() < 0.5 else rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2 * 8
    centre = np.array([length, length]) * 8
    a, b = (centre - reach).astype(int).tolist(), (centre + reach).astype(int).tolist()
    cv2.line(kernel, a, b, 1.0, 1, cv2.LINE_AA, 3)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), dtype=np.uint8)


def add_noise(image: Picture, rng: np.random.Generator, amount: float) -> Picture:
    """Gaussian sensor noise of one deviation in grey levels."""
    noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(amount)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def coarsen(image: Picture, factor: float) -> Picture:
    """Lose detail: shrink by `factor` and enlarge back."""
    rows, columns = image.shape[:2]
    size = (max(8, round(columns / factor)), max(8, round(rows / factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (columns, rows)), dtype=np.uint8)


def compress(image: Picture, quality: int) -> Picture:
    """A round trip through JPEG."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_UNCHANGED), dtype=np.uint8)


def develop(image: Picture, rng: np.random.Generator) -> Picture:
    """Random blur, noise, loss of detail and compression, as a mix of cameras would give."""
    if rng.random() < 0.3:
        image = coarsen(image, float(rng.uniform(1.2, 2.4)))
    if rng.random() < 0.25:
        image = motion_blur(image, rng)
    if rng.random() < 0.35:
        sigma = float(rng.uniform(0.4, 1.4))
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)
    if rng.random() < 0.6:
        image = add_noise(image, rng, float(rng.uniform(1, 9)))
    if rng.random() < 0.6:
        image = compress(image, int(rng.integers(18, 85)))
    return image

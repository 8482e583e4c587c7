"""Weather, light, traffic and mischief, put on a picture: what a camera's sight must stand or tell.

Each takes a (H, W, 3) uint8 BGR picture, the seconds since it began, and a generator.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Rng: TypeAlias = np.random.Generator
Picture: TypeAlias = NDArray[Any]
Disturbance: TypeAlias = Callable[[Picture, int, Rng], Picture]
NIGHT = 0.15
DUSK_S = 240.0


def noisy(image: Picture, rng: Rng, gain: float = 1.0, sigma: float = 2.0) -> Picture:
    """Return a picture in so much of its light, with the noise of a sensor."""
    cv2.setRNGSeed(int(rng.integers(1 << 31)))  # OpenCV's generator is ten times as fast
    noise: Picture = np.empty(image.shape, np.int16)
    cv2.randn(noise, np.zeros(3), np.full(3, sigma))
    lit: Picture = cv2.convertScaleAbs(image, alpha=gain).astype(np.int16) + noise
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


def plain(image: Picture, _: int, rng: Rng) -> Picture:
    """Show it as it is."""
    return noisy(image, rng)


def night(image: Picture, _: int, rng: Rng) -> Picture:
    """Leave a seventh of the light, at a high gain."""
    return noisy(image, rng, NIGHT, 6.0)


def dusk(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let it become night within minutes, faster than it does."""
    left = NIGHT + (1 - NIGHT) * max(0.0, 1 - at_s / DUSK_S)
    return noisy(image, rng, left, 2 + 4 * (1 - left))


def dawn(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let it become day."""
    return dusk(image, max(0, int(DUSK_S) - at_s), rng)


def rain(image: Picture, _: int, rng: Rng) -> Picture:
    """Draw streaks before a paler picture."""
    height, width = image.shape[:2]
    pale = cv2.addWeighted(image, 0.7, np.full_like(image, 150), 0.3, 0)
    for x, y in rng.integers((0, 0), (width, height), (300, 2)).tolist():
        cv2.line(pale, (x, y), (x + 3, y + height // 24), (190, 190, 190), 1, cv2.LINE_AA)
    return noisy(pale, rng)


def shower(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let a downpour come and go within two minutes."""
    return (
        rain(cv2.GaussianBlur(image, (0, 0), 1.0), at_s, rng)
        if at_s % 240 < 120
        else plain(image, at_s, rng)
    )


def headlights(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Shine into the camera at night, for some seconds of every ten."""
    dark = night(image, at_s, rng)
    if at_s % 10 > 4:
        return dark
    height, width = image.shape[:2]
    x, y = (int(v) for v in rng.integers((width // 4, height // 3), (3 * width // 4, height)))
    glare = np.zeros_like(dark)
    cv2.circle(glare, (x, y), width // 14, (255, 255, 255), -1)
    return cv2.add(dark, _softened(cv2.add(glare, glare), width / 25))


def traffic(image: Picture, _: int, rng: Rng) -> Picture:
    """Let large vehicles hide half of the picture, others each second."""
    hidden = image.copy()
    for _n in range(4):
        _vehicle(hidden, rng, 0.4)
    return noisy(hidden, rng)


def standing(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let the same truck stand before the camera for three minutes."""
    hidden = image.copy()
    if 60 <= at_s < 240:
        _vehicle(hidden, np.random.default_rng(5), 0.6)
    return noisy(hidden, rng)


def jam(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let vehicles stand close together over most of the picture, and move up now and then."""
    hidden, queue = image.copy(), np.random.default_rng(at_s // 25)
    for _n in range(9):
        _vehicle(hidden, queue, 0.45)
    return noisy(hidden, rng)


def bus(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let a bus stand right before the camera for 90 s: a tenth of the picture is left."""
    hidden = image.copy()
    if 20 <= at_s < 110:
        side = hidden[int(image.shape[0] * 0.08) :, : int(image.shape[1] * 0.98)]
        side[:] = np.random.default_rng(8).integers(30, 220, 3)
        for seed in range(12):
            _vehicle(side, np.random.default_rng(seed), 0.2)
    return noisy(hidden, rng)


def snow(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let large flakes fall, and the ground grow white within minutes."""
    height, width = image.shape[:2]
    white = np.zeros((height, width, 1), np.float32)
    white[height // 3 :] = min(0.75, at_s / DUSK_S)
    pale = (image * (1 - white) + 215 * white).astype(np.uint8)
    for x, y, r in rng.integers((0, 0, 1), (width, height, 3 + width // 160), (250, 3)).tolist():
        cv2.circle(pale, (x, y), r, (235, 235, 235), -1, cv2.LINE_AA)
    return noisy(pale, rng)


def fog(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let fog grow until a tenth of the contrast is left."""
    left = max(0.1, 1 - at_s / DUSK_S)
    return noisy(cv2.addWeighted(image, left, np.full_like(image, 170), 1 - left, 0), rng)


def sun(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let a low sun shine into the camera: a veil, a disc that wanders, and rings of its own."""
    height, width = image.shape[:2]
    x, y = width // 5 + at_s * width // 600, height // 3
    glare = np.full_like(image, 50)
    cv2.circle(glare, (x, y), width // 12, (255, 255, 255), -1)
    glare = _softened(glare, width / 12)
    for n in range(1, 5):
        cv2.circle(glare, (x + n * width // 9, y + n * height // 9), width // 20, (160, 150, 90), 3)
    return noisy(cv2.add(cv2.convertScaleAbs(image, alpha=0.7), cv2.add(glare, glare)), rng)


def lamps(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Switch lamps on and off again, which light one side."""
    if at_s % 120 < 60:
        return night(image, at_s, rng)
    side = np.linspace(0.9, 0.1, image.shape[1])[None, :, None]
    return noisy((image * side).astype(np.uint8), rng, 1.0, 4.0)


def steps(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let the exposure jump."""
    return noisy(image, rng, (0.5, 1.0, 1.7)[at_s // 20 % 3])


def sway(image: Picture, at_s: int, rng: Rng) -> Picture:
    """Let wind move the mast by two thousandths of the picture."""
    far = image.shape[1] / 500
    return noisy(placed(image, far * float(rng.normal()), far * float(rng.normal())), rng)


def black(image: Picture, _: int, rng: Rng) -> Picture:
    """Put a cap on."""
    return noisy(np.zeros_like(image), rng)


def painted(image: Picture, _: int, rng: Rng) -> Picture:
    """Spray the glass all over."""
    return noisy(_softened(image, image.shape[1] / 8) // 4 + 90, rng)


def sprayed(image: Picture, _: int, rng: Rng) -> Picture:
    """Spray most of the glass: eight tenths, in blots."""
    spots, mask = np.random.default_rng(3), np.zeros(image.shape[:2], np.uint8)
    height, width = image.shape[:2]
    while mask.mean() < 0.8 * 255:
        x, y = (int(v) for v in spots.integers((0, 0), (width, height)))
        cv2.circle(mask, (x, y), width // 8, 255, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), width / 100)[..., None] / 255
    return noisy((image * (1 - soft) + 60 * soft).astype(np.uint8), rng)


def defocused(share: float) -> Disturbance:
    """Return what blurs by a share of the picture's width (standard deviation)."""
    return lambda image, _, rng: noisy(cv2.GaussianBlur(image, (0, 0), share * image.shape[1]), rng)


def moved(across: float, down: float, turn_deg: float = 0.0) -> Disturbance:
    """Return what shifts by shares of the picture's width, and turns."""

    def move(image: Picture, _: int, rng: Rng) -> Picture:
        width = image.shape[1]
        return noisy(placed(image, across * width, down * width, turn_deg), rng)

    return move


def turned_away(image: Picture, _: int, rng: Rng) -> Picture:
    """Look at what is not in the picture at all: its mirror image, upside down, from closer."""
    height, width = image.shape[:2]
    part = image[height // 3 :, width // 3 :]
    return noisy(cv2.resize(cv2.flip(part, -1), (width, height)), rng)


def by_night(other: Disturbance) -> Disturbance:
    """Return the same at night."""
    return lambda image, at_s, rng: noisy(other(image, at_s, rng), rng, NIGHT, 5.0)


def burnt(image: Picture, _: int, rng: Rng) -> Picture:
    """Expose far too long."""
    return noisy(cv2.convertScaleAbs(image, alpha=3, beta=80), rng)


def frozen(image: Picture, _: int, _rng: Rng) -> Picture:
    """Show the same picture for ever."""
    return noisy_once(image)


def frozen_with_clock(image: Picture, at_s: int, _rng: Rng) -> Picture:
    """Show the same picture, with a clock that goes on, as a JPEG of its own each time."""
    shown = noisy_once(image)
    height, width = image.shape[:2]
    at, size = (10, height // 20), width / 1000
    cv2.putText(shown, f"2028-06-01 08:{at_s // 60:02}:{at_s % 60:02}", at, 0, size, (255,) * 3, 2)
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", shown)[1], cv2.IMREAD_COLOR), np.uint8)


def noisy_once(image: Picture) -> Picture:
    """Return a picture with noise that is always the same."""
    noise = np.random.default_rng(1).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def placed(image: Picture, across: float, down: float, turn_deg: float = 0.0) -> Picture:
    """Return a picture shifted by pixels and turned about its middle."""
    height, width = image.shape[:2]
    way = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, 1.0)
    way[:, 2] += np.array([across, down])
    border = cv2.BORDER_REFLECT
    return np.asarray(cv2.warpAffine(image, way, (width, height), borderMode=border), np.uint8)


def _softened(image: Picture, sigma_px: float) -> Picture:
    """Blur so widely that a picture an eighth as wide will do, in a hundredth of the time."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma_px / 8), (width, height))


def _vehicle(image: Picture, rng: Rng, size: float) -> None:
    """Paint a box with windows, letters and lamps somewhere."""
    height, width = image.shape[:2]
    w, h = int(width * size * rng.uniform(0.5, 1)), int(height * size * rng.uniform(0.8, 1.2))
    x, y = int(rng.integers(0, width - w // 2)), int(rng.integers(height // 4, height - h // 3))
    cv2.rectangle(image, (x, y), (x + w, y + h), rng.integers(0, 255, 3).tolist(), -1)
    cv2.rectangle(image, (x + w // 8, y + h // 8), (x + w - w // 8, y + h // 2), (40, 40, 30), -1)
    cv2.putText(image, "VRACHT 24", (x + w // 9, y + h * 3 // 4), 0, w / 220, (240,) * 3, 2)


HARMLESS: Mapping[str, Disturbance] = {
    "plain": plain, "night": night, "dusk": dusk, "dawn": dawn, "rain": rain, "shower": shower,
    "headlights": headlights, "heavy traffic": traffic, "a truck stands": standing,
    "a traffic jam": jam, "a bus before the camera": bus, "snow": snow, "fog": fog, "low sun": sun,
    "lamps on and off": lamps, "exposure jumps": steps, "the mast sways": sway,
}  # fmt: skip
HARM: Mapping[str, tuple[str, Disturbance]] = {
    "cap on the lens": ("covered", black),
    "painted over": ("covered", painted),
    "sprayed, 80 %": ("covered", sprayed),
    "defocus, 3 px of 1280": ("defocused", defocused(3 / 1280)),
    "defocus, 8 px of 1280": ("defocused", defocused(8 / 1280)),
    "shifted by 2 %": ("moved", moved(0.02, 0.0)),
    "shifted by 12 %": ("moved", moved(0.1, 0.07)),
    "turned by 3 degrees": ("moved", moved(0.0, 0.0, 3.0)),
    "turned by 10 degrees": ("moved", moved(0.0, 0.0, 10.0)),
    "turned away": ("moved", turned_away),
    "shifted by 5 %, at night": ("moved", by_night(moved(0.05, 0.01))),
    "burnt out": ("overexposed", burnt),
    "frozen": ("frozen", frozen),
    "frozen, clock goes on": ("frozen", frozen_with_clock),
}

"""Pictures full of what is not a plate: lettering, lamps, grids, emblems, foliage."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tools.synth.faces import tone
from tools.synth.panels import Picture, stamp
from tools.synth.sheets import NAMES, Colour, Sheet
from tools.synth.street import cloud

Rng = np.random.Generator


def backdrop(rng: Rng, size: tuple[int, int]) -> Picture:
    """A cloudy, graded or leafy surface, (H, W, 3) uint8; size is (W, H)."""
    a, b = rng.uniform(10, 240, 3), rng.uniform(10, 240, 3)
    ramp = np.linspace(0, 1, size[1], dtype=np.float32)[:, None, None]
    noise = cloud(int(rng.integers(6, 10)))
    zoom = float(rng.choice([0.12, 0.3, 0.6, 1.0, 2.0]))
    x = (np.arange(size[0], dtype=np.float32) * zoom + int(rng.integers(512))) % 512
    y = (np.arange(size[1], dtype=np.float32) * zoom + int(rng.integers(512))) % 512
    across, down = np.meshgrid(x, y)
    field = cv2.remap(noise, across, down, cv2.INTER_LINEAR)
    strength = float(rng.choice([4.0, 12.0, 30.0, 55.0]))
    colours = a * (1 - ramp) + b * ramp + strength * field[..., None]
    return np.asarray(np.clip(colours, 0, 255), dtype=np.uint8)


def scatter(image: Picture, rng: Rng, count: int) -> None:
    """Stamp `count` plate-like things that are not plates, in place."""
    rows, columns = image.shape[:2]
    for _ in range(count):
        sheet = _draw_thing(rng)
        wide = float(np.exp(rng.uniform(np.log(18), np.log(280))))
        high = wide * sheet.rows / sheet.columns
        centre = rng.uniform(0, 1, 2) * [columns, rows]
        stamp(image, sheet.texture, bent_quad(rng, centre, wide, high), rng.uniform(0.5, 1.15))


def bent_quad(rng: Rng, centre: np.ndarray, wide: float, high: float) -> np.ndarray:
    """A rectangle turned up to 30 and swung up to 45 degrees, (4, 2) pixels."""
    turn = float(np.clip(rng.normal(0, 0.15), -0.52, 0.52))
    swing = float(np.clip(rng.normal(0, 0.35), -0.8, 0.8))
    x = np.array([-1, 1, 1, -1]) * wide / 2
    y = np.array([-1, -1, 1, 1]) * high / 2
    depth = 1.0 + x * np.sin(swing) / (wide * rng.uniform(2.5, 8.0))
    x, y = x * np.cos(swing) / depth, y / depth
    c, s = np.cos(turn), np.sin(turn)
    return np.asarray(np.stack([c * x - s * y, s * x + c * y], axis=1) + centre)


def _draw_thing(rng: Rng) -> Sheet:
    """One random thing."""
    things: list[Callable[[Rng], Sheet]] = [
        _words, _words, _words_bare, _grid, _lamp, _rings, _stripes, _blank, _pane, _stack,
    ]  # fmt: skip
    return things[int(rng.integers(len(things)))](rng)


def _colour(rng: Rng) -> Colour:
    b, g, r = rng.uniform(0, 250, 3)
    return (b, g, r) if rng.random() < 0.5 else (g, g, g)


def _pair(rng: Rng) -> tuple[Colour, Colour]:
    """Two colours that contrast."""
    light, dark = tone((240, 240, 240), rng.uniform(0.7, 1)), tone((60, 60, 60), rng.uniform(0, 1))
    return (light, dark) if rng.random() < 0.5 else (dark, light)


def _word(rng: Rng) -> str:
    word = str(rng.choice(NAMES))
    return word if rng.random() < 0.7 else f"{word} {rng.choice(NAMES)}"


def _words(rng: Rng) -> Sheet:
    """A board with lettering: lower or mixed case, off centre or in several lines."""
    wide, high = float(rng.uniform(0.5, 2.5)), float(rng.uniform(0.25, 1.0))
    ground, ink = _pair(rng)
    sheet = Sheet(wide, high, ground, 90)
    lines = int(rng.integers(1, 4))
    for line in range(lines):
        word = _word(rng) if rng.random() < 0.5 else _word(rng).lower()
        y = high * (line + 0.25) / lines
        sheet.text(word, wide * rng.uniform(0.03, 0.3), y, high * 0.5 / lines, ink,
                   int(rng.integers(40)), wide * rng.uniform(0.4, 0.7))  # fmt: skip
    return sheet


def _words_bare(rng: Rng) -> Sheet:
    """Lettering without a board, as on a van or a bonnet."""
    sheet = Sheet(2.0, float(rng.uniform(0.2, 0.5)), (0, 0, 0), 90).clear()
    high = sheet.rows / sheet.px_per_m
    sheet.text(_word(rng), 0.02, 0.03, high - 0.06, _colour(rng), int(rng.integers(40)), 1.9)
    return sheet


def _grid(rng: Rng) -> Sheet:
    """Slats, bars or mesh of a grille, a fence or a blind."""
    sheet = Sheet(1.0, float(rng.uniform(0.2, 0.8)), _colour(rng), 110)
    high, ink = sheet.rows / 110, _colour(rng)
    if rng.random() < 0.7:
        for x in np.linspace(0, 1, int(rng.integers(5, 20))):
            sheet.line((x, 0), (x, high), ink, 0.02)
    if rng.random() < 0.6:
        for y in np.linspace(0, high, int(rng.integers(3, 9))):
            sheet.line((0, y), (1, y), ink, 0.02)
    return sheet


def _lamp(rng: Rng) -> Sheet:
    """A bright lamp, round or long."""
    sheet = Sheet(1.0, float(rng.uniform(0.25, 1.0)), (0, 0, 0), 80).clear()
    high = sheet.rows / 80
    sheet.box(0, 0, 1, high, _colour(rng), 0.2)
    sheet.box(0.08, high * 0.1, 0.84, high * 0.8, tone((240, 245, 250), rng.uniform(0.7, 1)), 0.2)
    for x in np.linspace(0.2, 0.8, int(rng.integers(1, 4))):
        sheet.disc(x, high / 2, high * 0.3, _colour(rng), 0.03)
    return sheet


def _rings(rng: Rng) -> Sheet:
    """An emblem of rings, bars or a star."""
    sheet = Sheet(1.0, 0.4, (0, 0, 0), 110).clear()
    ink = tone((220, 220, 220), rng.uniform(0.4, 1.1))
    for x in np.linspace(0.2, 0.8, int(rng.integers(1, 5))):
        sheet.disc(x, 0.2, 0.15, ink, float(rng.uniform(0.015, 0.05)))
    if rng.random() < 0.4:
        sheet.line((0.05, 0.2), (0.95, 0.2), ink, 0.04)
    return sheet


def _stripes(rng: Rng) -> Sheet:
    """Slanted warning stripes or arrows."""
    sheet = Sheet(1.2, float(rng.uniform(0.15, 0.5)), (235, 235, 235), 90)
    high, ink = sheet.rows / 90, _colour(rng)
    for x in np.arange(-0.4, 1.3, 0.25):
        slant = np.array([[0, 0], [0.12, 0], [0.12 + high, high], [high, high]])
        sheet.shape(np.add(slant, [x, 0]), ink)
    return sheet


def _blank(rng: Rng) -> Sheet:
    """A plain bright or dark bar: sticker, reflector, missing plate, gap."""
    sheet = Sheet(1.0, float(rng.uniform(0.12, 0.6)), _colour(rng), 80)
    if rng.random() < 0.5:
        sheet.shade(float(rng.uniform(0.8, 1.5)), float(rng.uniform(0.4, 1.0)))
    return sheet.grain(rng, 8.0)


def _pane(rng: Rng) -> Sheet:
    """A window with frame, glazing bars and reflections."""
    sheet = Sheet(1.0, float(rng.uniform(0.4, 1.4)), _colour(rng), 70)
    high = sheet.rows / 70
    columns = int(rng.integers(1, 5))
    for x in range(columns):
        sheet.box((x + 0.08) / columns, 0.06, 0.84 / columns, high - 0.12, _colour(rng))
    return sheet


def _stack(rng: Rng) -> Sheet:
    """Rows of small marks: posters, timetables, keyboards of buttons."""
    wide, high = 1.0, float(rng.uniform(0.3, 1.4))
    ground, ink = _pair(rng)
    sheet = Sheet(wide, high, ground, 90)
    for y in np.arange(0.06, high - 0.08, 0.12):
        for x in np.arange(0.06, wide - 0.1, 0.09):
            if rng.random() < 0.8:
                sheet.box(x, y, 0.055, 0.07, ink)
    return sheet

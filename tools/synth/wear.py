"""Wear of a plate face: holders, bolts, dirt, scratches, shadows and glare."""

import cv2
import numpy as np
import numpy.typing as npt

from tools.synth.glyphs import draw_shape, glyph

Image = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]


def wear_plate(face: Image, rng: np.random.Generator) -> Image:
    """Age a plate face: (H, W, 3) uint8 BGR -> the same shape."""
    worn = face.copy()
    if rng.random() < 0.5:
        _drive_bolts(worn, rng)
    if rng.random() < 0.3:
        _mount_holder(worn, rng)
    light = np.ones((*face.shape[:2], 1), dtype=np.float32)
    if rng.random() < 0.25:
        light *= shadow(face.shape[:2], rng)[..., None]
    if rng.random() < 0.3:
        light *= smooth_field(face.shape[:2], 3, rng)[..., None] * 0.5 + 0.75
    lit: Field = np.asarray(worn * light, dtype=np.float32)
    if rng.random() < 0.4:
        lit = _dirty(lit, rng)
    if rng.random() < 0.12:
        lit = lit + glare((face.shape[0], face.shape[1]), rng)[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def smooth_field(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> Field:
    """Draw a smooth random field in 0..1 of a shape, about `cells` bumps high."""
    height, width = shape
    grid = rng.random((cells + 1, max(2, cells * width // height + 1)), dtype=np.float32)
    field = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(field, 0, 1), dtype=np.float32)


def shadow(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Draw the factor of a straight shadow edge: (H, W) in about 0.3..1."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    distance = (x / width - rng.uniform(0.2, 0.8)) * np.cos(angle) * width / height
    distance += (y / height - rng.uniform(0.2, 0.8)) * np.sin(angle)
    soft = 1 / (1 + np.exp(-np.clip(distance * rng.uniform(10, 60), -30, 30)))
    depth = rng.uniform(0.3, 0.75)
    return np.asarray(1 - depth * soft, dtype=np.float32)


def glare(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Draw the light added by a reflection: (H, W), 0 where there is none."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dx = (x - rng.uniform(0, width)) / (rng.uniform(0.08, 0.35) * width)
    dy = (y - rng.uniform(0, height)) / (rng.uniform(0.3, 1.2) * height)
    return np.asarray(np.exp(-(dx**2) - dy**2) * rng.uniform(30, 150), dtype=np.float32)


def _dirty(lit: Field, rng: np.random.Generator) -> Field:
    """Cover a plate with smooth dirt, thicker in places."""
    field = smooth_field((lit.shape[0], lit.shape[1]), int(rng.integers(2, 12)), rng)
    cover = np.clip(
        (field - rng.uniform(0.3, 0.8)) * rng.uniform(0.6, 2), 0, rng.uniform(0.2, 0.65)
    )
    mud = np.array([60, 75, 90], dtype=np.float32) * rng.uniform(0.5, 1.8)
    covered = lit * (1 - cover[..., None]) + mud * cover[..., None]
    return np.asarray(covered, dtype=np.float32)


def _drive_bolts(face: Image, rng: np.random.Generator) -> None:
    """Put one to four bolts on a plate, in place."""
    height, width = face.shape[:2]
    radius = max(1, round(height * rng.uniform(0.03, 0.07)))
    level = rng.uniform(0.2, 0.8)
    colour = tuple(int(v) for v in np.clip(rng.uniform(20, 220) + rng.normal(0, 25, 3), 0, 255))
    for _ in range(int(rng.integers(1, 5))):
        at = (round(rng.uniform(0.03, 0.97) * width), round((level + rng.normal(0, 0.05)) * height))
        cv2.circle(face, at, radius, colour, -1, cv2.LINE_AA)
        cv2.circle(face, (at[0] + 1, at[1] + 1), max(1, radius // 2), (30, 30, 30), 1, cv2.LINE_AA)


def _mount_holder(face: Image, rng: np.random.Generator) -> None:
    """Cover the rim of a plate by a holder, at times with a dealer's caption, in place."""
    height, width = face.shape[:2]
    level = float(rng.choice([rng.uniform(10, 70), rng.uniform(120, 220)], p=[0.8, 0.2]))
    rim = max(1, round(height * rng.uniform(0.01, 0.04)))
    cv2.rectangle(face, (0, 0), (width - 1, height - 1), (level, level, level), rim)
    if rng.random() < 0.5:
        strip = max(2, round(height * rng.uniform(0.05, 0.1)))
        face[height - strip :] = round(level)
        write_caption(face[height - strip :], 230.0 if level < 100 else 40.0, rng)


def write_caption(strip: Image, level: float, rng: np.random.Generator) -> None:
    """Write small letters of no meaning along a strip, in place."""
    height, width = strip.shape[:2]
    tall = max(2, round(0.7 * height))
    shape = draw_shape(rng, 0.0, 0.0)
    x, wide = round(rng.uniform(0.05, 0.5) * width), max(1, round(0.6 * tall))
    for char in rng.choice(list("ABCDEGHIKLMNOPRSTUVZ"), int(rng.integers(5, 22))):
        if x + wide >= width:
            return
        mask = cv2.resize(glyph(shape, str(char)), (wide, tall), interpolation=cv2.INTER_AREA)
        cover = (mask / 255.0)[..., None] * 0.9
        part = strip[(height - tall) // 2 :][:tall, x : x + wide]
        part[:] = part * (1 - cover) + level * cover
        x += wide + max(1, tall // 6)

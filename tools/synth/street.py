"""The place: sky, road with markings, kerbs, house fronts, trees, signs and shadows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth import faces
from tools.synth.camera import NEAR_M, Camera, Points
from tools.synth.panels import Light, Panel, Picture, paint
from tools.synth.sheets import NAMES, Colour, Sheet

Grey = NDArray[np.float32]

BRICKS: tuple[Colour, ...] = (
    (62, 74, 118), (84, 96, 136), (128, 146, 168), (168, 182, 192), (196, 202, 206),
    (110, 122, 130), (70, 76, 92), (150, 166, 178),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Street:
    """A straight road along z: half widths in metres and what its surface looks like."""

    road_half_m: float = 3.6
    pavement_m: float = 2.6
    centre_x: float = 0.0
    dashed_centre: bool = True
    edge_lines: bool = True
    tint: Colour = (96, 95, 93)
    crossing_z: float | None = None
    lettering: str = ""


@lru_cache(maxsize=4)
def cloud(seed: int, side: int = 512) -> Grey:
    """A tileable (side, side) float32 noise of several octaves, about 0 with deviation 1."""
    rng = np.random.default_rng(seed)
    total = np.zeros((side, side), np.float32)
    for octave in (4, 8, 16, 32, 64, 128, 256):
        grid = rng.normal(0, 1, (octave, octave)).astype(np.float32)
        grid = np.pad(grid, ((0, 1), (0, 1)), mode="wrap")
        total += cv2.resize(grid, (side, side), interpolation=cv2.INTER_LINEAR) * octave**-0.45
    return np.asarray(total / total.std(), dtype=np.float32)


def _sampled(noise: Grey, x: Grey, z: Grey, per_m: float) -> Grey:
    """The noise read at ground places, repeated endlessly."""
    side = noise.shape[0]
    u, v = np.mod(x * per_m, side), np.mod(z * per_m, side)
    return np.asarray(cv2.remap(noise, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))


def paint_ground(image: Picture, camera: Camera, street: Street, seed: int) -> None:
    """Asphalt, markings, kerb and pavement under the horizon, in place."""
    x, z, seen = camera.ground()
    far = np.exp(-np.maximum(z - camera.position[2], 0) / 40.0).astype(np.float32)
    fine, broad = _sampled(cloud(1), x, z, 90.0), _sampled(cloud(2), x, z + seed % 97, 9.0)
    tracks = _wheel_tracks(x, street)
    grey = 1.0 + (0.055 * fine * far + 0.05 * broad - 0.07 * tracks)
    colours = grey[..., None] * np.array(street.tint, np.float32)
    _mark(colours, x, z, street, broad)
    _kerb(colours, x, z, street, fine * far)
    image[seen] = np.clip(colours[seen], 0, 255).astype(np.uint8)


def _wheel_tracks(x: Grey, street: Street) -> Grey:
    """How polished the asphalt is by wheels, 0..1."""
    lane = street.road_half_m / 2
    offset = np.abs(np.abs(x) - lane)
    track = np.exp(-(((offset - 0.75) / 0.32) ** 2))
    return np.asarray(track * (np.abs(x) < street.road_half_m), dtype=np.float32)


def _mark(colours: Grey, x: Grey, z: Grey, street: Street, wear: Grey) -> None:
    """White lines and zebra crossing, worn unevenly."""
    white = np.zeros(x.shape, bool)
    if street.dashed_centre:
        white |= (np.abs(x - street.centre_x) < 0.07) & (np.mod(z, 7.0) < 3.0)
    if street.edge_lines:
        white |= np.abs(np.abs(x) - street.road_half_m + 0.35) < 0.06
    if street.crossing_z is not None:
        near = np.abs(z - street.crossing_z) < 1.6
        white |= near & (np.mod(x, 1.0) < 0.5) & (np.abs(x) < street.road_half_m)
    paint = np.clip(0.82 + 0.12 * wear, 0.25, 1.0)[..., None] * white[..., None]
    colours[:] = colours * (1 - paint) + np.float32(222) * paint


def _kerb(colours: Grey, x: Grey, z: Grey, street: Street, fine: Grey) -> None:
    """Kerbstones, paving slabs and grass beyond them."""
    edge = np.abs(x) - street.road_half_m
    stone = (edge > 0) & (edge < 0.28)
    slabs = (edge >= 0.28) & (edge < street.pavement_m)
    joint = (np.mod(x * 2.0, 1.0) < 0.05) | (np.mod(z * 2.0, 1.0) < 0.05)
    colours[stone] = np.float32(150) + 9 * fine[stone][:, None]
    colours[slabs] = (np.float32(134) + 6 * fine[slabs] - 26 * joint[slabs])[:, None]
    grass = edge >= street.pavement_m
    blades = 1.0 + 0.24 * fine[grass][:, None]
    colours[grass] = np.array([52, 92, 78], np.float32) * blades


def paint_sky(image: Picture, camera: Camera, rng: np.random.Generator, dusk: float) -> None:
    """A graded, cloudy sky over the whole picture; the ground is painted over it."""
    rows = image.shape[0]
    ramp = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    top, low = np.array([205, 170, 130]), np.array([232, 226, 216])
    warm = np.array([120, 130, 190])
    colours = (1 - ramp) * top + ramp * ((1 - dusk) * low + dusk * warm)
    noise = cv2.resize(cloud(3 + int(rng.integers(2))), (image.shape[1], rows * 3))[:rows]
    image[:] = np.clip(colours + 11 * noise[..., None], 0, 255).astype(np.uint8)


def house_fronts(street: Street, camera: Camera, rng: np.random.Generator,
                 reach_m: float = 70.0, gap: float = 0.15,
                 px_per_m: float = 34.0) -> list[Panel]:  # fmt: skip
    """House fronts on both sides, from just ahead of the camera to `reach_m`."""
    panels: list[Panel] = []
    start = camera.position[2] + NEAR_M
    for side in (-1.0, 1.0):
        z = start + rng.uniform(0.2, 2.5)
        while z < start + reach_m:
            wide = float(rng.uniform(5.0, 9.0))
            if rng.random() > gap:
                corners = _front_corners(street, side, z, (wide, float(rng.uniform(5.5, 10.5))))
                sheet = front_sheet(wide, float(corners[0, 1]), rng, px_per_m)
                panels.append(Panel(corners, sheet.texture))
            z += wide + 0.02
    return panels


def _front_corners(street: Street, side: float, z: float, size: tuple[float, float]) -> Points:
    """Corners of a house front (wide, high) metres that faces the road."""
    x = side * (street.road_half_m + street.pavement_m)
    a, b = (z, z + size[0]) if side < 0 else (z + size[0], z)
    return np.array([[x, size[1], a], [x, size[1], b], [x, 0, b], [x, 0, a]])


def front_sheet(wide: float, high: float, rng: np.random.Generator,
                px_per_m: float = 34.0) -> Sheet:  # fmt: skip
    """A house or shop front (wide, high) metres."""
    colour = BRICKS[int(rng.integers(len(BRICKS)))]
    sheet = Sheet(wide, high, colour, px_per_m).grain(rng, 7.0)
    for y in np.arange(0, high, 0.22):
        sheet.line((0, y), (wide, y), faces.tone(colour, 0.92), 0.02)
    shop = rng.random() < 0.4
    floors = np.arange(3.3 if shop else 0.9, high - 1.6, 2.8)
    for y in floors:
        _window_row(sheet, wide, y, rng)
    if shop:
        _shop(sheet, wide, rng)
    else:
        sheet.box(wide * rng.uniform(0.1, 0.8), 0, 1.0, 2.2, faces.tone(BRICKS[0], 0.6))
    sheet.box(0, high - 0.25, wide, 0.25, faces.tone(colour, 0.7))
    return sheet.shade(1.0, 0.86)


def _window_row(sheet: Sheet, wide: float, y: float, rng: np.random.Generator) -> None:
    """White-framed windows in one storey."""
    frame = (225, 226, 226) if rng.random() < 0.7 else (60, 60, 58)
    glass = faces.tone(faces.GLASS, float(rng.uniform(0.6, 1.5)))
    for x in np.arange(0.6, wide - 1.2, float(rng.uniform(1.5, 2.4))):
        sheet.box(x - 0.07, y - 0.07, 1.14, 1.54, frame)
        sheet.box(x, y, 0.47, 1.4, glass)
        sheet.box(x + 0.53, y, 0.47, 1.4, faces.tone(glass, 1.15))


def _shop(sheet: Sheet, wide: float, rng: np.random.Generator) -> None:
    """A shop window with a sign above it."""
    sign = tuple(float(v) for v in rng.integers(20, 240, 3))
    colour = (sign[0], sign[1], sign[2])
    ink = (240, 240, 240) if sum(colour) < 380 else (30, 30, 30)
    sheet.box(0.3, 0.4, wide - 0.6, 2.0, faces.tone(faces.GLASS, 0.9))
    sheet.box(0.2, 2.55, wide - 0.4, 0.6, colour)
    sheet.text(str(rng.choice(NAMES)), 0.6, 2.65, 0.38, ink, int(rng.integers(40)), wide * 0.6)


def tree(x: float, z: float, rng: np.random.Generator, px_per_m: float = 40.0) -> Panel:
    """A leafy tree facing the viewer."""
    high, wide = float(rng.uniform(4.5, 8.0)), float(rng.uniform(3.0, 5.0))
    sheet = Sheet(wide, high, (0, 0, 0), px_per_m).clear()
    for x_m, shade in ((-0.15, 0.8), (-0.06, 1.15), (0.05, 0.95)):
        sheet.box(wide / 2 + x_m, 0, 0.11, high * 0.5, faces.tone((58, 70, 84), shade))
    for _ in range(70):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
        place = (wide / 2 + np.cos(angle) * reach * wide * 0.4,
                 high * 0.64 + np.sin(angle) * reach * high * 0.28)  # fmt: skip
        shade = rng.uniform(0.6, 1.25) * (0.75 + 0.4 * place[1] / high)
        sheet.disc(*place, float(rng.uniform(0.25, 0.6)), faces.tone((44, 92, 74), shade))
    _leaves(sheet, rng)
    corners = np.array([[x - wide / 2, high, z], [x + wide / 2, high, z], [x + wide / 2, 0, z],
                        [x - wide / 2, 0, z]])  # fmt: skip
    return Panel(corners, sheet.texture, two_sided=True)


def _leaves(sheet: Sheet, rng: np.random.Generator) -> None:
    """Break the crown into leaves of light and dark."""
    noise = rng.normal(0, 26, (sheet.rows // 2 + 1, sheet.columns // 2 + 1)).astype(np.float32)
    wide = cv2.resize(noise, (sheet.columns, sheet.rows), interpolation=cv2.INTER_NEAREST)
    ragged = cv2.resize(cloud(5), (sheet.columns, sheet.rows))
    sheet.texture[..., 3][(ragged > 1.0) & (sheet.texture[..., 3] > 0)] = 60
    colours = sheet.texture[..., :3]
    colours[:] = np.clip(colours + wide[..., None], 0, 255).astype(np.uint8)


def sign(x: float, z: float, rng: np.random.Generator) -> list[Panel]:
    """A traffic or name sign on a post, facing the viewer."""
    side = float(rng.uniform(0.5, 1.0))
    sheet, wide = _sign_sheet(side, rng)
    y, half = float(rng.uniform(1.2, 2.6)), wide / 2
    face = np.array([[x - half, y + side, z], [x + half, y + side, z], [x + half, y, z],
                     [x - half, y, z]])  # fmt: skip
    post = np.array([[x - 0.04, y, z], [x + 0.04, y, z], [x + 0.04, 0, z], [x - 0.04, 0, z]])
    grey = Sheet(0.1, y, (130, 130, 130), 40)
    return [Panel(post, grey.texture, True), Panel(face, sheet.texture, True)]


def _sign_sheet(side: float, rng: np.random.Generator) -> tuple[Sheet, float]:
    """A round, triangular or lettered sign and its width in metres."""
    kind = int(rng.integers(4))
    if kind < 2:
        wide = side * float(rng.uniform(1.2, 4.5))
        colour = ((240, 240, 240), (150, 70, 20), (60, 200, 240), (40, 120, 40))[rng.integers(4)]
        ink = (25, 25, 25) if colour[1] > 150 else (240, 240, 240)
        sheet = Sheet(wide, side, colour, 110)
        words = str(rng.choice(NAMES))
        sheet.text(words, 0.06, side * 0.25, side * 0.5, ink, int(rng.integers(40)), wide - 0.12)
        return sheet, wide
    sheet = Sheet(side, side, (0, 0, 0), 110).clear()
    if kind == 2:
        sheet.disc(side / 2, side / 2, side * 0.49, (40, 40, 200))
        sheet.disc(side / 2, side / 2, side * 0.38, (240, 240, 240))
        sheet.text(str(rng.choice(["30", "50", "70"])), side * 0.25, side * 0.33, side * 0.34,
                   (20, 20, 20), int(rng.integers(40)), side * 0.5)  # fmt: skip
    else:
        sheet.shape(np.array([[0, 0.05], [1, 0.05], [0.5, 0.95]]) * side, (40, 40, 200))
        sheet.shape(np.array([[0.16, 0.14], [0.84, 0.14], [0.5, 0.76]]) * side, (240, 240, 240))
    return sheet, side


def ground_words(words: str, x: float, z: float) -> Panel:
    """White lettering on the asphalt, stretched along the road."""
    sheet = Sheet(2.2, 3.4, (0, 0, 0), 40.0).clear()
    sheet.text(words, 0.1, 0.1, 3.2, (214, 214, 214), 7, 2.0)
    corners = np.array([[x - 1.1, 0.0, z + 3.4], [x + 1.1, 0, z + 3.4], [x + 1.1, 0, z],
                        [x - 1.1, 0, z]])  # fmt: skip
    return Panel(corners, sheet.texture, two_sided=True)


def paint_shadow(image: Picture, camera: Camera, outline: Points, depth: float = 0.55) -> None:
    """A soft dark patch on the ground under a vehicle (outline (4, 3)), in place."""
    centre = outline.mean(axis=0)
    for grow, share in ((1.22, depth * 0.45), (1.06, depth)):
        quad, away = camera.project((outline - centre) * grow + centre + [0.15, 0.0, 0.0])
        if away.min() < NEAR_M:
            return
        _darken(image, quad, share, max(1.5, camera.focal_px * 0.22 / float(away.mean())))


def _darken(image: Picture, quad: Points, share: float, blur: float) -> None:
    """Multiply a blurred quad of the picture by 1 - share."""
    rows, columns = image.shape[:2]
    low = np.maximum(np.floor(quad.min(axis=0) - 3 * blur), 0).astype(int)
    high = np.minimum(np.ceil(quad.max(axis=0) + 3 * blur), [columns, rows]).astype(int)
    if (high - low).min() < 2:
        return
    coarse = max(1, int(blur / 3))
    wide, tall = (high - low).tolist()
    mask = np.zeros((tall // coarse + 1, wide // coarse + 1), np.float32)
    cv2.fillPoly(mask, [((quad - low) / coarse).astype(np.int32)], 1.0)
    soft = cv2.resize(cv2.GaussianBlur(mask, (0, 0), blur / coarse), (wide, tall))
    patch = image[low[1] : high[1], low[0] : high[0]]
    patch[:] = (patch * (1 - share * np.asarray(soft)[..., None])).astype(np.uint8)


def paint_details(image: Picture, camera: Camera, rng: np.random.Generator) -> None:
    """Repairs, cracks and a manhole cover on the road, in place."""
    for x, z, wide, long in ((-1.9, 12.0, 1.3, 3.0), (2.2, 19.0, 0.9, 5.0), (0.9, 8.6, 0.7, 0.7)):
        sheet = Sheet(wide, long, (84, 83, 82), 60.0).grain(rng, 5.0)
        sheet.texture[..., 3] = 120
        paint(image, camera, [_flat(sheet, x, z, wide, long)], Light(direct=0.0, ambient=1.0))
    cover = Sheet(0.7, 0.7, (0, 0, 0), 160.0).clear()
    cover.disc(0.35, 0.35, 0.33, (74, 73, 72))
    cover.disc(0.35, 0.35, 0.28, (92, 91, 90), 0.02)
    for y in np.arange(0.14, 0.6, 0.08):
        cover.line((0.14, y), (0.56, y), (62, 61, 60), 0.025)
    paint(image, camera, [_flat(cover, 0.9, 8.6, 0.7, 0.7)], Light(direct=0.0, ambient=1.0))


def _flat(sheet: Sheet, x: float, z: float, wide: float, long: float) -> Panel:
    """A sheet lying on the ground."""
    a, b = x - wide / 2, x + wide / 2
    corners = np.array([[a, 0.0, z + long], [b, 0, z + long], [b, 0, z], [a, 0, z]])
    return Panel(corners, sheet.texture, two_sided=True)

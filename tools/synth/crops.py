"""Plate crops as a detector hands them to the reader: jittered, blurred, badly lit, in colour."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from tools.synth.glyphs import draw_shape, glyph
from tools.synth.plates import SEPARATORS, Image, PlateSpec, draw_spec, render_plate
from tools.synth.styles import COUNTRIES, NOWHERE
from tools.synth.wear import glare, shadow, smooth_field, write_caption

Light = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Quad = npt.NDArray[np.float32]

CROP_HEIGHT, CROP_WIDTH = 54, 208
"""Size of a kept crop: the reader's 48x192 and a rim that allows shifts."""
RIM = CROP_WIDTH / 192
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAD = len(SIGNS)
ROW_SLOTS = 10
TWO_LINE_SHARE = 0.36
REGIONS = (*(code for code in COUNTRIES if code != NOWHERE), "unknown")
"""The answers of the country head: ISO 3166 alpha-2 codes, and plates of nowhere that we draw."""
UNTOLD = 255
"""In place of an index of REGIONS: the country head is not taught by this plate."""
BLOOM_SHARE = 0.12
OVAL_SHARE = 0.07
"""How many plates have the letters of a country stuck beside them, which are no part of them."""
EASY_SHARE = 0.5
"""Crops spared the heavier weather: a reader shown too much that nobody can read learns to skip."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Crops and what they show.

    (N, CROP_HEIGHT, CROP_WIDTH, 3) uint8 BGR, rows (N, 2, ROW_SLOTS) uint8, and the indices (N,)
    of their countries in REGIONS or UNTOLD, uint8.
    """

    images: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.uint8]
    regions: npt.NDArray[np.uint8]


def draw_pool(seed: int, count: int) -> Pool:
    """Render a pool of crops; the same seed gives the same pool on the same fonts."""
    rng = np.random.default_rng(seed)
    images = np.empty((count, CROP_HEIGHT, CROP_WIDTH, 3), dtype=np.uint8)
    rows = np.empty((count, 2, ROW_SLOTS), dtype=np.uint8)
    regions = np.empty(count, dtype=np.uint8)
    for i in range(count):
        spec = draw_reading_spec(rng)
        images[i] = draw_crop(spec, rng)
        rows[i] = row_indices(spec.row_texts)
        regions[i] = region_of(spec.country)
    return Pool(images, rows, regions)


def region_of(country: str) -> int:
    """Index of a country in REGIONS; the last one for countries that are not there."""
    return REGIONS.index(country if country in REGIONS else "unknown")


def row_indices(texts: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """Write one or two lines as indices of SIGNS, padded: (2, ROW_SLOTS) uint8."""
    indices = np.full((2, ROW_SLOTS), PAD, dtype=np.uint8)
    for i, text in enumerate(texts):
        indices[i, : len(text)] = [SIGNS.index(char) for char in text]
    return indices


def draw_reading_spec(rng: np.random.Generator) -> PlateSpec:
    """Draw a plate to learn reading from; some break the syntax so that shapes must decide.

    Some say what another country's would: the look, and not the text, must tell the country.
    """
    lines = 2 if rng.random() < TWO_LINE_SHARE else 1
    spec = draw_spec(rng, lines=lines)
    kind = rng.random()
    if kind < 0.25:
        rows = draw_spec(rng, lines=lines).rows
    elif kind < 0.37:
        rows = tuple("".join(_any_sign(rng, char) for char in row) for row in spec.rows)
    elif kind < 0.48:
        rows = tuple(_doubled(rng, row) for row in spec.rows)
    elif kind < 0.54:
        rows = tuple(_with_ones(rng, row) for row in spec.rows)
    else:
        return spec
    text = "".join(char for char in "".join(rows) if char in SIGNS)
    return replace(spec, rows=rows, text=text)


def _any_sign(rng: np.random.Generator, char: str) -> str:
    """Replace about half of the characters by any other."""
    if char in SEPARATORS or rng.random() < 0.5:
        return char
    return SIGNS[int(rng.integers(len(SIGNS)))]


def _doubled(rng: np.random.Generator, row: str) -> str:
    """Repeat one character of a line in the place after it, where both are of one class."""
    at = int(rng.integers(len(row)))
    pair = row[at : at + 2]
    if (
        len(pair) < 2
        or any(c in SEPARATORS for c in pair)
        or pair[0].isdigit() != pair[1].isdigit()
    ):
        return row
    return row[:at] + pair[0] * 2 + row[at + 2 :]


def _with_ones(rng: np.random.Generator, row: str) -> str:
    """Make most digits of a line ones: strokes beside each other look like H, U or N."""
    return "".join("1" if char.isdigit() and rng.random() < 0.7 else char for char in row)


def draw_crop(spec: PlateSpec, rng: np.random.Generator, easy: bool = False) -> Image:
    """Photograph a plate: (CROP_HEIGHT, CROP_WIDTH, 3) uint8 BGR, box jitter and all.

    `easy` spares it the heavier weather, which otherwise spares every other one.
    """
    width_mm, height_mm = spec.size_mm
    easy = bool(rng.random() < EASY_SHARE) or easy
    widest = 260 if spec.lines == 1 else 180
    narrowest = (60 if easy else 44) if spec.lines == 1 else (50 if easy else 38)
    width = narrowest * (widest / narrowest) ** (float(rng.random()) ** 0.75)
    height = width * height_mm / width_mm
    worn = bool(rng.random() < (0.6 if easy else 0.9))
    face = render_plate(spec, max(14, round(1.15 * height)), rng, worn=worn)
    quad = _seen_corners(width, height, rng)
    box = _detected_box(quad, rng)
    scene = _photographed(face, quad, box, rng)
    return as_crop(through_camera(scene, rng), rng, easy)


def through_camera(scene: Image, rng: np.random.Generator) -> Image:
    """Give a scene the colours of a camera: (H, W, 3) uint8 BGR, grey where it sees infrared."""
    kind = rng.random()
    if kind < 0.35:
        grey = to_grey(scene, rng)[..., None]
        cast = np.exp(rng.normal(0, 0.12, 3)) if kind < 0.1 else np.ones(3)
        return np.asarray(np.clip(grey * cast, 0, 255), dtype=np.uint8)
    spread = 0.06 if kind < 0.8 else 0.16
    gains = np.exp(rng.normal(0, spread, 3)).astype(np.float32)
    grey = (scene @ np.array([0.114, 0.587, 0.299], np.float32))[..., None]
    saturated = grey + (scene - grey) * np.float32(rng.uniform(0.5, 1.6))
    return np.asarray(np.clip(saturated * gains, 0, 255), dtype=np.uint8)


def to_grey(face: Image, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Weigh the colours as a day or an infrared camera may: (H, W, 3) -> (H, W) uint8."""
    usual = np.array([0.114, 0.587, 0.299])
    weights = usual if rng.random() < 0.6 else rng.dirichlet([1.0, 1.0, 1.5])
    return np.asarray(np.clip(face @ weights, 0, 255), dtype=np.uint8)


def _seen_corners(width: float, height: float, rng: np.random.Generator) -> Quad:
    """Corners of a plate as seen (4, 2): rectified with small errors, or at an angle."""
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    if rng.random() < 0.45:
        return np.asarray(quad + rng.normal(0, 0.035 * height, (4, 2)), dtype=np.float32)
    steep = 3.0 if rng.random() < 0.3 else 1.0
    turn = np.radians(np.clip(rng.normal(0, 3.2 * steep), -22, 22))
    slant, narrowing = rng.normal(0, 0.08), rng.uniform(0.55, 1.0)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    seen = (quad * [narrowing, 1.0]) @ np.array([[1.0, 0.0], [slant, 1.0]]) @ rotation.T
    seen[:, 1] += (seen[:, 0] - seen[:, 0].mean()) * rng.normal(0, 0.035 * steep)
    return np.asarray(seen + rng.normal(0, 0.025 * height, (4, 2)), dtype=np.float32)


def _detected_box(quad: Quad, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Box of a detector around a quad, off on each side: left, top, right, bottom."""
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    reaches = ((-0.04, 0.03), (-0.04, 0.12), (-0.09, 0.22))
    low, high = reaches[int(rng.choice(3, p=[0.25, 0.62, 0.13]))]
    off = rng.uniform(low, high, 4) * [right - left, bottom - top, right - left, bottom - top]
    return float(left - off[0]), float(top - off[1]), float(right + off[2]), float(bottom + off[3])


def _photographed(
    face: Image, quad: Quad, box: tuple[float, float, float, float], rng: np.random.Generator
) -> Image:
    """Place a face into surroundings and cut the box with a rim: (h, w, 3) uint8 BGR."""
    left, top, right, bottom = box
    rim_x, rim_y = (right - left) * (RIM - 1) / 2, (bottom - top) * (RIM - 1) / 2
    size = (max(8, round((right - left) * RIM)), max(8, round((bottom - top) * RIM)))
    target = quad - np.array([left - rim_x, top - rim_y], dtype=np.float32)
    scene = _surroundings((size[1], size[0]), target, rng)
    high, wide = face.shape[:2]
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype=np.float32)
    onto = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    cv2.warpPerspective(face, onto, size, scene, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    return scene


def _surroundings(shape: tuple[int, int], quad: Quad, rng: np.random.Generator) -> Image:
    """Paint what is around a plate: car paint, edges, a holder with a caption."""
    height, width = shape
    level, swing = rng.uniform(5, 230), rng.uniform(0, 120)
    field = (smooth_field(shape, int(rng.integers(1, 5)), rng) - 0.5) * swing + level
    paint = rng.uniform(0.3, 1.3, 3) if rng.random() < 0.35 else rng.normal(1.0, 0.04, 3)
    scene: Image = np.asarray(np.clip(field[..., None] * paint, 0, 255), dtype=np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        points = rng.uniform(-0.2, 1.2, (2, 2)) * [width, height]
        points[1, 1] = points[0, 1] + rng.normal(0, 0.1 * height)
        ends = [tuple(int(v) for v in point) for point in points]
        line = tuple(float(v) for v in np.clip(rng.uniform(0, 255) + rng.normal(0, 20, 3), 0, 255))
        cv2.line(scene, ends[0], ends[1], line, int(rng.integers(1, 6)))
    if rng.random() < 0.5:
        _paint_holder(scene, quad, rng)
    if rng.random() < OVAL_SHARE:
        _stick_oval(scene, quad, rng)
    return scene


def _stick_oval(scene: Image, quad: Quad, rng: np.random.Generator) -> None:
    """Stick a country's letters beside a plate, as large as its own may be, in place."""
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    tall = (bottom - top) * rng.uniform(0.5, 0.9)
    y = top + (bottom - top) * rng.uniform(0.35, 0.65)
    beside = right + tall * rng.uniform(0.6, 0.9), left - tall * rng.uniform(0.6, 0.9)
    middle = (round(float(beside[int(rng.integers(2))])), round(float(y)))
    ground = tuple(int(v) for v in np.clip(rng.uniform(150, 255) + rng.normal(0, 9, 3), 0, 255))
    axes = (max(2, round(0.62 * tall)), max(2, round(0.5 * tall)))
    cv2.ellipse(scene, middle, axes, 0, 0, 360, ground, -1, cv2.LINE_AA)
    code = str(rng.choice(["B", "NL", "D", "F", "GB", "PL", "E"]))
    shape = draw_shape(rng, 0.0, 0.0)
    wide, high = max(2, round(0.8 * tall / max(1.4, len(code)))), max(3, round(0.6 * tall))
    for i, char in enumerate(code):
        mask = cv2.resize(glyph(shape, char), (wide, high), interpolation=cv2.INTER_AREA)
        at = middle[0] + (i - len(code) / 2) * wide, middle[1] - high / 2
        move = np.array([[1, 0, at[0]], [0, 1, at[1]]])
        cover = cv2.warpAffine(mask, move, (scene.shape[1], scene.shape[0]))[..., None] / 255
        scene[:] = scene * (1 - cover) + 25 * cover


def _paint_holder(scene: Image, quad: Quad, rng: np.random.Generator) -> None:
    """Paint a plate holder around a quad, at times with a caption below, in place."""
    level = float(rng.choice([rng.uniform(5, 60), rng.uniform(100, 255)], p=[0.75, 0.25]))
    centre = quad.mean(axis=0)
    grown = centre + (quad - centre) * rng.uniform([1.01, 1.04], [1.05, 1.25])
    cv2.fillPoly(scene, [grown.round().astype(np.int32)], (level, level, level))
    top, bottom = int(quad[2:, 1].mean()), int(min(grown[2:, 1].max(), scene.shape[0]))
    if rng.random() < 0.4 and bottom - top >= 3:
        write_caption(scene[top:bottom], 230.0 if level < 90 else 30.0, rng)


def as_crop(scene: Image, rng: np.random.Generator, easy: bool = False) -> Image:
    """Expose, blur, add noise and compress a cut scene, then size it as a crop."""
    if rng.random() < BLOOM_SHARE:
        scene = _bloomed(scene, rng)
    lit = _exposed(_blurred(scene, rng, 0.6 if easy else 1.0), rng, easy)
    loud = (4 if easy else 9) * rng.random() ** 2
    channels = 1 if rng.random() < 0.5 else 3
    grain = rng.standard_normal((*lit.shape[:2], channels), dtype=np.float32)
    noisy = lit + grain * np.float32(loud)
    grainy = np.clip(noisy, 0, 255).astype(np.uint8)
    packing = rng.random()
    if packing < 0.4:
        grainy = _packed(grainy, int(rng.integers(40 if easy else 20, 95)))
    elif packing < 0.6:
        grainy = _filmed(grainy, rng)
    way = cv2.INTER_AREA if rng.random() < 0.25 else cv2.INTER_LINEAR
    return cv2.resize(grainy, (CROP_WIDTH, CROP_HEIGHT), interpolation=way).astype(np.uint8)


def _packed(picture: Image, quality: int) -> Image:
    """Send a picture through JPEG."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


def _filmed(picture: Image, rng: np.random.Generator) -> Image:
    """Send a picture through a sparing video: thin bars fade, and blocks are smoothed over.

    Rows fade more than columns do, as in old interlaced film: the bar of a T goes before its stem.
    """
    fade = 0.022 * picture.shape[0] * rng.random(2) * [0.6, 1.0] + 1e-3
    faded = cv2.GaussianBlur(picture, (0, 0), float(fade[0]), sigmaY=float(fade[1]))
    packed = _packed(np.asarray(faded, np.uint8), int(rng.integers(12, 45)))
    spread = float(rng.uniform(8, 40))
    smooth = cv2.bilateralFilter(packed, 3, spread, 1.5)
    return np.asarray(smooth, np.uint8)


def _bloomed(scene: Image, rng: np.random.Generator) -> Image:
    """Let a bright face flood the strokes on it, as flash on reflective sheeting does."""
    reach = 1 + 2 * max(1, round(0.035 * scene.shape[0] * rng.random()))
    flooded = cv2.dilate(scene, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    share = float(rng.uniform(0.2, 0.75))
    return np.asarray(cv2.addWeighted(flooded, share, scene, 1 - share, 0), dtype=np.uint8)


def _blurred(scene: Image, rng: np.random.Generator, strength: float) -> Image:
    """Defocus a scene and smear it along a direction, mostly mildly."""
    height = scene.shape[0]
    sigma = 0.032 * height * rng.random() ** 2 * strength
    soft = cv2.GaussianBlur(scene, (0, 0), sigma) if sigma > 0.25 else scene
    length = round(0.1 * height * strength * rng.random() ** 2) if rng.random() < 0.3 else 0
    if length < 2:
        return np.asarray(soft, dtype=np.uint8)
    kernel = np.zeros((2 * length + 1, 2 * length + 1), dtype=np.float32)
    angle = rng.normal(0, 0.4) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, stop = (tuple((length + side * reach).round().astype(int).tolist()) for side in (-1, 1))
    cv2.line(kernel, start, stop, 1.0)
    return np.asarray(cv2.filter2D(soft, -1, kernel / kernel.sum()), dtype=np.uint8)


def _exposed(scene: Image, rng: np.random.Generator, easy: bool) -> Light:
    """Light a scene: day, dusk, flash at night, backlight; (h, w, 3) float32, not yet clipped."""
    height, width = scene.shape[:2]
    unit = scene.astype(np.float32) / 255
    if rng.random() < 0.6:
        unit = unit ** np.float32(np.exp(rng.normal(0, 0.45)))
    contrast, level = rng.uniform(0.5, 1.15), rng.uniform(45, 205)
    if rng.random() < (0.08 if easy else 0.2):
        contrast, level = rng.uniform(0.2, 0.5), rng.uniform(30, 140)
    elif rng.random() < 0.12:
        contrast, level = rng.uniform(1.1, 1.6), rng.uniform(140, 215)
    lit = (unit - unit.mean()) * 255 * contrast + level
    if rng.random() < 0.15:
        lit = lit * shadow((height, width), rng)[..., None]
    if rng.random() < (0.03 if easy else 0.06):
        lit = lit + glare((height, width), rng)[..., None]
    return np.asarray(lit, dtype=np.float32)

"""Painting of a plate face: colours, bands, characters, dashes, seals and borders."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from tools.synth.glyphs import Shape, draw_shape, glyph
from tools.synth.styles import (
    BAND_AZURE,
    BAND_BLUE,
    BLACK,
    COUNTRIES,
    DARK_BLUE,
    FOREIGN_CODES,
    WHITE,
    Colour,
    Country,
    Paint,
)
from tools.synth.wear import Field, smooth_field, write_caption

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]

NARROW = {"I": 0.35, "1": 0.62, "J": 0.9, "W": 1.2, "M": 1.15}
"""Widths of characters as shares of the ordinary one, where the font is proportional."""
SEPARATOR_WIDTH = {" ": 0.3, "-": 0.38, ":": 0.34, ".": 0.24, "°": 0.36, "*": 0.66}
"""Widths of separators as shares of the character height."""
WORN_INK = 0.18
VINTAGE = 0.03
OF_OLD = (Paint(DARK_BLUE, WHITE), Paint(BLACK, WHITE))
"""What most countries issued before faces reflected light, and some still do."""
ARMS_TWICE = 0.3
"""How many plates of two lines with arms in the first line have some on both sides of it."""
STICKER_BESIDE = 0.12
"""How many plates of two lines have a sticker beside both."""
BAR_ADVANCE = 0.28
"""Advance of a one that is a bar: 14 mm where other characters are 50 mm wide (British plates)."""
SLENDER = 0.3
"""How many of the plates of two lines have strokes as slender as those of old."""
FINE = 4
"""How much larger a band is painted than it is kept."""
STICKERS: tuple[Colour, ...] = (
    (60, 160, 230), (200, 120, 60), (90, 190, 90), (70, 200, 230), (190, 190, 190), (120, 80, 60),
    (60, 60, 180),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lettering:
    """How the characters of one plate are drawn; lengths are shares of the character height."""

    shape: Shape
    aspect: float
    gap: float
    fill: float
    height: float
    upper: float
    stretch: float
    align: float
    monospaced: bool
    separator: str | None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sides:
    """Pixels that bands take left and right of the first line, and left of the second."""

    left: int
    right: int
    below: int


def paint_face(
    country: str, style: str, rows: tuple[str, ...], px_per_mm: float, rng: np.random.Generator
) -> Image:
    """Paint an unworn plate: (H, W, 3) uint8 BGR at `px_per_mm`."""
    issued = COUNTRIES[country]
    width_mm, height_mm = issued.size if len(rows) == 1 else issued.size_two
    width, height = round(width_mm * px_per_mm), round(height_mm * px_per_mm)
    paint = issued.paint(style)
    vintage = (style == "historic" and paint.ink == WHITE) or rng.random() < VINTAGE
    paint = _aged(OF_OLD[int(rng.integers(2))] if vintage else paint, rng)
    canvas = np.empty((height, width, 3), dtype=np.uint8)
    canvas[:] = paint.face
    banded = replace(issued, band="none") if vintage else issued
    sides = _paint_bands(canvas, banded, len(rows), rng)
    if len(rows) == 2 and rng.random() < STICKER_BESIDE:
        sides = _stick_beside(canvas, sides, rng)
    ink = np.zeros((height, width), dtype=np.uint8)
    lettering = _draw_lettering(issued, len(rows), rng)
    if vintage or rng.random() < issued.slender + SLENDER * (len(rows) - 1):
        lettering = replace(lettering, shape=_thin(lettering.shape, rng))
    written = _with_emblems(rows, rng)
    for i, box in enumerate(_row_boxes(len(rows), lettering, canvas, sides)):
        _write_row(canvas, ink, written[i], box, lettering, rng)
    _lay_ink(canvas, ink, paint.ink, rng)
    if rng.random() < issued.captioned:
        _print_caption(canvas, sides, rng)
    _paint_border(canvas, paint.ink, rng)
    return canvas


def _aged(paint: Paint, rng: np.random.Generator) -> Paint:
    """Shift the colours a little, as sun and print batches do."""
    face = np.clip(np.array(paint.face) * rng.uniform(0.8, 1.06) + rng.normal(0, 6, 3), 0, 255)
    ink = np.clip(np.array(paint.ink) + rng.uniform(-10, 40) + rng.normal(0, 4, 3), 0, 255)
    return Paint(_colour(face), _colour(ink))


def _colour(values: npt.NDArray[np.float64]) -> Colour:
    """Three numbers as a colour."""
    blue, green, red = (int(value) for value in values)
    return blue, green, red


def _draw_lettering(issued: Country, lines: int, rng: np.random.Generator) -> Lettering:
    """Choose how the characters of one plate look."""
    low, high = issued.aspect
    wider = rng.uniform(0.95, 1.3) if lines == 2 else 1.0
    shape = draw_shape(rng, issued.own_strokes, issued.gaps)
    return Lettering(
        shape=replace(shape, bar_ones=True) if rng.random() < issued.bar_ones else shape,
        aspect=float(rng.uniform(low - 0.04, high + 0.06) * wider),
        gap=float(rng.uniform(0.08, 0.24)),
        fill=float(rng.uniform(0.8, 0.98)),
        height=float(rng.uniform(0.64, 0.82) if lines == 1 else rng.uniform(0.72, 0.92)),
        upper=float(rng.uniform(0.75, 1.0)) if rng.random() < 0.3 else 1.0,
        stretch=float(rng.uniform(1.0, 1.45 if rng.random() < 0.75 else 2.0)),
        align=float(rng.uniform(0.0, 1.0) if rng.random() < 0.25 else rng.uniform(0.35, 0.65)),
        monospaced=bool(rng.random() < 0.45),
        separator=str(rng.choice([" ", "-", "."])) if rng.random() < 0.12 else None,
    )


def _thin(shape: Shape, rng: np.random.Generator) -> Shape:
    """Draw with the slender strokes of plates that were riveted or painted."""
    return replace(shape, weight=int(rng.integers(-6, 1)))


def _print_caption(canvas: Image, sides: Sides, rng: np.random.Generator) -> None:
    """Print the county above an Irish plate's signs, or the maker below a British one's."""
    height, width = canvas.shape[:2]
    strip = max(3, round(height * rng.uniform(0.08, 0.13)))
    top = round(0.03 * height) if rng.random() < 0.7 else height - strip - round(0.03 * height)
    write_caption(canvas[top : top + strip, sides.left : width - sides.right], 30.0, rng)


def _with_emblems(rows: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """Add seals where plates carry arms or stickers besides their characters."""
    chance = 0.06 if len(rows) == 1 else 0.36
    first = rows[0]
    if "*" not in "".join(rows) and rng.random() < chance:
        between = int(rng.integers(len(first) + 1))
        at = int(rng.choice([len(first), 0, between], p=[0.5, 0.3, 0.2]))
        first = f"{first[:at]}*{first[at:]}"
    last = rows[-1]
    if len(rows) == 2 and "*" in first[1:] and rng.random() < ARMS_TWICE:
        first = f"*{first}"
    if len(rows) == 2 and rng.random() < 0.1:
        last = f"{last}*" if rng.random() < 0.5 else f"*{last}"
    return (first,) if len(rows) == 1 else (first, last)


def _row_boxes(lines: int, lettering: Lettering, canvas: Image, sides: Sides) -> list[Box]:
    """Where the lines of characters go: full width between the bands."""
    height, width = canvas.shape[:2]
    margin = 0.02 * width
    row = height / lines
    tall = row * lettering.height
    inset = (row - tall) / 2
    upper = Box(sides.left + margin, inset, width - sides.left - sides.right - 2 * margin, tall)
    if lines == 1:
        return [upper]
    nearer = 0.35 * inset
    lower = Box(sides.below + margin, row + inset - nearer, width - sides.below - 2 * margin, tall)
    return [replace(upper, y=inset + nearer, height=tall * lettering.upper), lower]


def _char_width(char: str, lettering: Lettering) -> float:
    """Advance of a sign as a share of the character height."""
    if char in SEPARATOR_WIDTH:
        return SEPARATOR_WIDTH[char]
    if char in "I1" and lettering.shape.bar_ones:
        return lettering.aspect * BAR_ADVANCE + lettering.gap
    scale = 1.0 if lettering.monospaced else NARROW.get(char, 1.0)
    return lettering.aspect * scale + lettering.gap


def _write_row(
    canvas: Image, ink: Mask, row: str, box: Box, lettering: Lettering, rng: np.random.Generator
) -> None:
    """Write one line into its box: characters into `ink`, seals onto the canvas."""
    widths = np.array([_char_width(char, lettering) for char in row]) * box.height
    room = box.width * lettering.fill
    widths = np.where(
        [char in SEPARATOR_WIDTH for char in row], widths * rng.uniform(0.6, 1.8), widths
    )
    squeeze = min(room / widths.sum(), lettering.stretch)
    advance = widths * squeeze
    x = box.x + (box.width - advance.sum()) * lettering.align
    stretch = min(squeeze, 1.0 + 0.3 * (squeeze - 1.0)) if squeeze > 1 else squeeze
    for char, step in zip(row, advance, strict=True):
        cell = Box(x, box.y, float(step), box.height)
        if char in SEPARATOR_WIDTH:
            _write_separator(canvas, ink, lettering.separator or char, cell, rng)
        else:
            _write_char(ink, char, cell, lettering, stretch)
        x += step


def _write_char(ink: Mask, char: str, cell: Box, lettering: Lettering, stretch: float) -> None:
    """Write one character centred in its cell."""
    mask = glyph(lettering.shape, char)
    narrow = NARROW.get(char, 1.0)
    if char == "1" and lettering.shape.bar_ones:
        narrow = NARROW["I"]
    if lettering.monospaced:
        narrow = min(narrow, 1.06)
    if char in "I1" and mask.shape[1] > 0.3 * mask.shape[0]:
        narrow = max(narrow, 0.62)
    width = max(1, round(lettering.aspect * narrow * cell.height * stretch))
    height = max(2, round(cell.height))
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    _put(ink, small.astype(np.uint8), round(cell.x + (cell.width - width) / 2), round(cell.y))


def _put(ink: Mask, mask: Mask, x: int, y: int) -> None:
    """Add a mask to the ink where it lies on the plate."""
    x, y = max(x, 0), max(y, 0)
    target = ink[y : y + mask.shape[0], x : x + mask.shape[1]]
    np.maximum(target, mask[: target.shape[0], : target.shape[1]], out=target)


def _write_separator(
    canvas: Image, ink: Mask, sign: str, cell: Box, rng: np.random.Generator
) -> None:
    """Write a dash or dot, stick seals, or leave a gap."""
    if sign == "*":
        _stick_seals(canvas, cell, rng)
    if sign == ":" and rng.random() < 0.8:
        _emboss_small_seal(ink, cell, rng)
    if sign == "°":
        _print_emblem(ink, cell, rng)
    if sign not in "-.:":
        return
    long = (0.12 if sign == "." else rng.uniform(0.12, 0.36)) * cell.height
    long = min(long, 0.85 * cell.width)
    thick = max(1, round(rng.uniform(0.08, 0.17) * cell.height))
    x = round(cell.x + (cell.width - long) / 2)
    y = round(cell.y + cell.height * rng.uniform(0.44, 0.58)) - thick // 2
    ink[y : y + thick, x : x + max(1, round(long))] = 255


def _emboss_small_seal(ink: Mask, cell: Box, rng: np.random.Generator) -> None:
    """Emboss the little crown or seal that stands above a Belgian dash."""
    middle = (round(cell.x + cell.width / 2), round(cell.y + cell.height * rng.uniform(0.08, 0.25)))
    axes = (max(1, round(0.05 * cell.height)), max(1, round(rng.uniform(0.05, 0.1) * cell.height)))
    thick = -1 if rng.random() < 0.3 else 1
    cv2.ellipse(ink, middle, axes, 0, 0, 360, int(rng.integers(60, 256)), thick, cv2.LINE_AA)


def _print_emblem(ink: Mask, cell: Box, rng: np.random.Generator) -> None:
    """Print the small emblem of the republic between the groups of Italian plates."""
    middle = (round(cell.x + cell.width / 2), round(cell.y + cell.height * rng.uniform(0.4, 0.62)))
    radius = max(1, round(rng.uniform(0.06, 0.13) * cell.height))
    shade = int(rng.integers(110, 256))
    cv2.circle(ink, middle, radius, shade, max(1, radius // 4), cv2.LINE_AA)
    if rng.random() < 0.7:
        cv2.circle(ink, middle, max(1, radius // 2), shade, -1, cv2.LINE_AA)


def _stick_beside(canvas: Image, sides: Sides, rng: np.random.Generator) -> Sides:
    """Stick a control sticker beside both lines, in place; returns what is taken then."""
    height, width = canvas.shape[:2]
    wide, tall = rng.uniform(0.1, 0.17) * width, rng.uniform(0.3, 0.6) * height
    left = max(sides.left, sides.below)
    cell = Box(left, (height - tall) * rng.uniform(0.2, 0.8), wide, tall)
    stick = _stick_dated if rng.random() < 0.7 else _stick_emblem
    stick(canvas, cell, rng)
    taken = round(left + wide)
    return Sides(taken, sides.right, taken)


def _stick_seals(canvas: Image, cell: Box, rng: np.random.Generator) -> None:
    """Stick one shield, one seal, or two seals above each other."""
    centre = cell.x + cell.width / 2
    kind = rng.random()
    if kind < 0.2:
        _stick_shield(canvas, (centre, cell.y + 0.5 * cell.height), 0.3 * cell.width, rng)
        return
    if kind < 0.55:
        _stick_emblem(canvas, cell, rng)
        return
    if kind < 0.68:
        _stick_dated(canvas, cell, rng)
        return
    shares = (0.26, 0.74) if rng.random() < 0.75 else (float(rng.uniform(0.35, 0.65)),)
    for share in shares:
        radius = max(1, round(min(0.48 * cell.width, rng.uniform(0.17, 0.24) * cell.height)))
        at = (round(centre), round(cell.y + share * cell.height))
        colour = STICKERS[int(rng.integers(len(STICKERS)))]
        cv2.circle(canvas, at, radius, colour, -1, cv2.LINE_AA)
        inner = tuple(int(v) for v in rng.integers(20, 255, 3))
        cv2.circle(
            canvas, at, max(1, round(radius * rng.uniform(0.3, 0.7))), inner, -1, cv2.LINE_AA
        )


def _stick_emblem(canvas: Image, cell: Box, rng: np.random.Generator) -> None:
    """Stick arms or a sticker whose inside is too small to be text."""
    half = rng.uniform([0.25, 0.14], [0.48, 0.46]) * [cell.width, cell.height]
    middle = np.array([cell.x + cell.width / 2, cell.y + rng.uniform(0.4, 0.6) * cell.height])
    start, stop = (tuple((middle + side * half).round().astype(int).tolist()) for side in (-1, 1))
    ground = int(rng.integers(70, 255))
    if rng.random() < 0.6:
        colour = tuple(int(v) for v in np.clip(ground + rng.normal(0, 45, 3), 0, 255))
        axes = tuple(half.round().astype(int).tolist())
        if rng.random() < 0.5:
            cv2.rectangle(canvas, start, stop, colour, -1)
        else:
            cv2.ellipse(canvas, middle.round().astype(int).tolist(), axes, 0, 0, 360, colour, -1)
    for _ in range(int(rng.integers(2, 9))):
        ends = (middle + rng.uniform(-0.9, 0.9, (2, 2)) * half).round().astype(int)
        dark = tuple(int(v) for v in np.clip(rng.uniform(10, 200) + rng.normal(0, 40, 3), 0, 255))
        thick = max(1, round(rng.uniform(0.02, 0.07) * cell.height))
        cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), dark, thick, cv2.LINE_AA)


def _stick_dated(canvas: Image, cell: Box, rng: np.random.Generator) -> None:
    """Stick a small label with a figure or a letter on it, which is no part of the plate."""
    wide = round(cell.width * rng.uniform(0.5, 0.95))
    tall = round(min(cell.height * rng.uniform(0.3, 0.8), 2.2 * wide))
    left = round(cell.x + (cell.width - wide) / 2)
    top = round(cell.y + (cell.height - tall) * rng.uniform(0.1, 0.9))
    label = canvas[max(0, top) : top + tall, max(0, left) : left + wide]
    if min(label.shape[:2]) < 5:
        return
    ground = np.array(STICKERS[int(rng.integers(len(STICKERS)))]) * rng.uniform(0.6, 1.2)
    label[:] = np.clip(ground, 0, 255)
    count = int(rng.integers(1, 3))
    text = "".join(rng.choice(list("0123456789ABHKX"), count))
    dark = (25, 25, 25) if rng.random() < 0.6 else (240, 240, 240)
    middle = (label.shape[1] / 2, label.shape[0] * rng.uniform(0.4, 0.6))
    size = label.shape[0] * rng.uniform(0.4, 0.7)
    _print(label, text, middle, size, draw_shape(rng, 0.0, 0.0), dark)


def _stick_shield(
    canvas: Image, centre: tuple[float, float], half: float, rng: np.random.Generator
) -> None:
    """Stick a coat of arms."""
    x, y = centre
    tall = half * rng.uniform(1.1, 1.7)
    outline = [
        (x - half, y - tall),
        (x + half, y - tall),
        (x + half, y + 0.3 * tall),
        (x, y + tall),
    ]
    outline.append((x - half, y + 0.3 * tall))
    colour = tuple(int(v) for v in rng.integers(30, 230, 3))
    cv2.fillPoly(canvas, [np.array(outline).round().astype(np.int32)], colour, cv2.LINE_AA)
    stripe = tuple(int(v) for v in rng.integers(30, 230, 3))
    top, bottom = (round(x - half), round(y - 0.3 * tall)), (round(x + half), round(y + 0.1 * tall))
    cv2.rectangle(canvas, top, bottom, stripe, -1)


def _paint_bands(canvas: Image, issued: Country, lines: int, rng: np.random.Generator) -> Sides:
    """Paint the bands of a country; returns the widths taken."""
    height, width = canvas.shape[:2]
    taken = round(width * (0.085 if lines == 1 else 0.13) * rng.uniform(0.85, 1.2))
    tall = height if lines == 1 else round(height * rng.uniform(0.45, 1.0))
    if issued.band == "none" or rng.random() < 0.2:
        return Sides(0, 0, 0)
    code = issued.code or str(rng.choice(FOREIGN_CODES))
    if lines == 1 and rng.random() < (0.28 if code == "B" else 0.02):
        _paint_band(canvas[:, width - taken :], code, rng)
        return Sides(0, taken, 0)
    _paint_band(canvas[:tall, :taken], code, rng)
    below = taken if tall > 0.55 * height else 0
    if issued.band != "both" or rng.random() < 0.2:
        return Sides(taken, 0, below)
    upper = height if lines == 1 else round(0.5 * height)
    _paint_second_band(canvas[:upper, width - taken :], code, rng)
    return Sides(taken, taken, below)


def _paint_second_band(band: Image, code: str, rng: np.random.Generator) -> None:
    """Paint the band on the right: a department, a year and a province, or a month, in place."""
    height, width = band.shape[:2]
    shape = draw_shape(rng, 0.0, 0.0)
    if code == "P" and rng.random() < 0.8:
        band[:] = np.clip(np.array([60, 200, 235]) * rng.uniform(0.7, 1.1), 0, 255)
        lines, ink = [f"{rng.integers(0, 24):02d}", f"{rng.integers(1, 13):02d}"], (30, 30, 30)
    else:
        band[:] = np.clip(np.array(BAND_BLUE) * rng.uniform(0.6, 1.4), 0, 255)
        province = "".join(rng.choice(list("ABCEFGILMNOPRSTV"), 2))
        lines = [str(rng.integers(1, 96))] if code != "I" else [f"{rng.integers(0, 25):02d}"]
        lines, ink = [*lines, province] if code == "I" else lines, (235, 235, 235)
        if code == "I":
            at = (width // 2, round(0.27 * height))
            cv2.circle(band, at, max(2, round(0.42 * width)), (60, 190, 235), 1, cv2.LINE_AA)
    for i, line in enumerate(lines):
        middle = (0.27 + 0.46 * i) if len(lines) > 1 else rng.uniform(0.3, 0.8)
        _print(band, line, (0.5 * width, middle * height), 0.32 * height, shape, ink)


def _print(
    ground: Image, text: str, at: tuple[float, float], tall: float, shape: Shape, ink: Colour
) -> None:
    """Print a short small text around a point, no wider than the ground, in place."""
    height, width = ground.shape[:2]
    wide = min(0.55 * tall, 0.86 * width / len(text))
    high = max(3, min(round(tall), height))
    mask = np.zeros((height, width), dtype=np.uint8)
    for i, char in enumerate(text):
        drawn = cv2.resize(glyph(shape, char), (max(1, round(0.85 * wide)), high))
        left = at[0] + (i - len(text) / 2) * wide
        _put(mask, drawn.astype(np.uint8), round(left), round(at[1] - high / 2))
    ground[mask > 110] = ink


def _paint_band(band: Image, code: str, rng: np.random.Generator) -> None:
    """Paint a blue band with a ring of stars above and a code below, in place.

    Its measures are those of Regulation (EC) No 2411/98: a band of 40 to 50 mm, stars of 4 to 5 mm
    at 15 mm around a point, a code of 20 mm and more. It is painted larger than it is kept: a
    star is smaller than a pixel, and a ring of such stars is no solid ring.
    """
    height, width = (side * FINE for side in band.shape[:2])
    drawn = np.empty((height, width, 3), np.uint8)
    mm = width / 45
    blue = np.array(BAND_BLUE) + rng.random() * (np.array(BAND_AZURE) - BAND_BLUE)
    faded = rng.uniform(0, 130) if rng.random() < 0.4 else 0.0
    drawn[:] = np.clip(blue * rng.uniform(0.6, 1.3) + faded, 0, 255)
    stars = rng.random() < 0.85
    if stars:
        _ring_of_stars(drawn, mm, rng)
    tall = min(rng.uniform(21, 33) * mm, 0.6 * height)
    wide = min(rng.uniform(0.5, 0.8) * tall, 0.88 * width / len(code))
    shape = replace(draw_shape(rng, 0.0, 0.0), weight=int(rng.integers(-2, 7)))
    ink = np.zeros((height, width), dtype=np.uint8)
    high = height - tall
    top = high * rng.uniform(0.2, 1.0) if not stars else high - rng.uniform(0.02, 0.3) * high
    for i, char in enumerate(code):
        mask = cv2.resize(glyph(shape, char), (max(1, round(wide * 0.86)), max(3, round(tall))))
        left = (width - wide * len(code)) / 2 + i * wide
        _put(ink, mask.astype(np.uint8), round(left), round(min(top, high - 1)))
    drawn[ink > 110] = int(rng.integers(185, 256))
    if code == "B" and rng.random() < 0.5:
        drawn[:, -max(1, round(1.5 * mm)) :] = 225
    band[:] = cv2.resize(drawn, band.shape[1::-1], interpolation=cv2.INTER_AREA)


def _ring_of_stars(drawn: Image, mm: float, rng: np.random.Generator) -> None:
    """Paint the twelve stars, now plain, now hardly seen, in place."""
    middle = np.array([drawn.shape[1] / 2, min(rng.uniform(20, 40) * mm, 0.4 * drawn.shape[0])])
    reach, dot = rng.uniform(13, 16.5) * mm, max(1, round(rng.uniform(1.1, 2.3) * mm))
    yellow = np.clip(rng.normal([90, 215, 240], 30), 0, 255)
    seen = rng.uniform(0.35, 1.0)
    colour = tuple(int(v) for v in seen * yellow + (1 - seen) * drawn[0, 0])
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        x, y = middle + reach * np.array([np.cos(angle), np.sin(angle)])
        cv2.circle(drawn, (round(x), round(y)), dot, colour, -1)


def _lay_ink(canvas: Image, ink: Mask, colour: Colour, rng: np.random.Generator) -> None:
    """Lay the ink onto the face, with the light and dark edges of embossing, in place."""
    cover = (ink.astype(np.float32) / 255)[..., None]
    if rng.random() < WORN_INK:
        cover = cover * _left_of_ink(ink.shape, rng)[..., None]
    blended = canvas * (1 - cover) + np.array(colour, dtype=np.float32) * cover
    if rng.random() < 0.5:
        shift = int(rng.choice([-1, 1])) * max(1, canvas.shape[0] // 70)
        edge = np.roll(cover, shift, axis=0) - cover
        blended += edge * rng.uniform(5, 30)
    canvas[:] = np.clip(blended, 0, 255)


def _left_of_ink(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """How much ink is left on a plate that wears off in places: (H, W) in 0..1."""
    field = smooth_field((shape[0], shape[1]), int(rng.integers(3, 14)), rng)
    gone = float(rng.uniform(0.5, 2.5))
    return np.asarray(np.clip(1 - gone * (field - rng.uniform(0.35, 0.75)), 0.1, 1), np.float32)


def _paint_border(canvas: Image, colour: Colour, rng: np.random.Generator) -> None:
    """Paint the rim, or leave it off, in place."""
    if rng.random() < 0.3:
        return
    height, width = canvas.shape[:2]
    inset = int(rng.integers(0, 3)) * height // 110
    thick = max(1, round(height * rng.uniform(0.012, 0.035)))
    cv2.rectangle(canvas, (inset, inset), (width - 1 - inset, height - 1 - inset), colour, thick)

"""Character shapes: the font faces of this machine, and strokes of our own where plates differ."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from edge.errors import BoxError

Mask = npt.NDArray[np.uint8]

CAP_PX = 96
"""Height in pixels at which every glyph is drawn once and kept."""

FONTS_VARIABLE = "ANPR_FONTS"
FONT_FOLDERS = (
    Path(__file__).resolve().parents[2] / "build" / "fonts",
    Path.home() / ".local/share/anpr-edge/fonts",
    Path("/usr/share/fonts"),
)

FACES: dict[str, str] = {
    "din": "OSP-DIN.ttf",
    "dejavu": "DejaVuSansCondensed-Bold.ttf",
    "dejavu-wide": "DejaVuSans-Bold.ttf",
    "dejavu-mono": "DejaVuSansMono-Bold.ttf",
    "liberation": "LiberationSans-Bold.ttf",
    "liberation-narrow": "LiberationSansNarrow-Bold.ttf",
    "liberation-mono": "LiberationMono-Bold.ttf",
    "barlow": "barlow-latin-600-normal.woff2",
    "barlow-semi": "barlow-semi-condensed-latin-600-normal.woff2",
    "barlow-narrow": "barlow-condensed-latin-600-normal.woff2",
    "overpass": "overpass-latin-700-normal.woff2",
    "overpass-mono": "overpass-mono-latin-700-normal.woff2",
    "roboto": "roboto-condensed-latin-700-normal.woff2",
    "saira": "saira-condensed-latin-600-normal.woff2",
    "saira-semi": "saira-semi-condensed-latin-600-normal.woff2",
    "archivo": "archivo-narrow-latin-700-normal.woff2",
    "oswald": "oswald-latin-500-normal.woff2",
    "rajdhani": "rajdhani-latin-700-normal.woff2",
    "titillium": "titillium-web-latin-700-normal.woff2",
    "fira": "fira-sans-condensed-latin-600-normal.woff2",
    "plex": "ibm-plex-sans-condensed-latin-600-normal.woff2",
    "share-mono": "share-tech-mono-latin-400-normal.woff2",
    "b612-mono": "b612-mono-latin-700-normal.woff2",
    "pragati": "pragati-narrow-latin-700-normal.woff2",
}
"""Face name -> file name; any that is installed is used, in this order."""

Stroke = tuple[tuple[float, float], ...]


def _arc(cx: float, cy: float, rx: float, ry: float, start: int, stop: int) -> Stroke:
    """Points of an ellipse arc in degrees, clockwise from the right, in the unit cell."""
    angles = np.radians(np.linspace(start, stop, 24))
    return tuple((cx + rx * np.cos(a), cy + ry * np.sin(a)) for a in angles)


STROKES: dict[str, tuple[Stroke, ...]] = {
    "0": (_arc(0.5, 0.3, 0.5, 0.3, 180, 360) + _arc(0.5, 0.7, 0.5, 0.3, 0, 180) + ((0.0, 0.3),),),
    "O": (
        _arc(0.4, 0.22, 0.4, 0.22, 180, 270)
        + _arc(0.6, 0.22, 0.4, 0.22, 270, 360)
        + _arc(0.6, 0.78, 0.4, 0.22, 0, 90)
        + _arc(0.4, 0.78, 0.4, 0.22, 90, 180)
        + ((0.0, 0.22),),
    ),
    "1": (((0.0, 0.25), (0.62, 0.0), (0.62, 1.0)),),
    "3": (((0.0, 0.0), (0.95, 0.0), (0.45, 0.4)), _arc(0.45, 0.7, 0.55, 0.3, -90, 150)),
    "4": (((0.55, 0.0), (0.0, 0.72), (1.0, 0.72)), ((0.72, 0.42), (0.72, 1.0))),
    "6": (_arc(0.5, 0.67, 0.5, 0.33, 0, 360), ((0.04, 0.58), (0.6, 0.0))),
    "9": (_arc(0.5, 0.33, 0.5, 0.33, 0, 360), ((0.96, 0.42), (0.4, 1.0))),
    "7": (((0.0, 0.18), (0.0, 0.0), (1.0, 0.0), (0.35, 1.0)),),
    "I": (((0.0, 0.0), (1.0, 0.0)), ((0.5, 0.0), (0.5, 1.0)), ((0.0, 1.0), (1.0, 1.0))),
    "J": (((0.25, 0.0), (1.0, 0.0), (1.0, 0.7)), _arc(0.5, 0.7, 0.5, 0.3, 0, 150)),
    "M": (((0.0, 1.0), (0.0, 0.0), (0.5, 0.62), (1.0, 0.0), (1.0, 1.0)),),
    "P": (
        ((0.0, 1.0), (0.0, 0.0), (0.6, 0.0)),
        _arc(0.6, 0.28, 0.4, 0.28, -90, 90),
        ((0.6, 0.56), (0.22, 0.56)),
    ),
    "R": (
        ((0.0, 1.0), (0.0, 0.0), (0.6, 0.0)),
        _arc(0.6, 0.26, 0.4, 0.26, -90, 90),
        ((0.6, 0.52), (0.0, 0.52)),
        ((0.5, 0.52), (1.0, 1.0)),
    ),
    "W": (((0.0, 0.0), (0.22, 1.0), (0.5, 0.25), (0.78, 1.0), (1.0, 0.0)),),
}
"""Own drawings after the forgery-hindering European faces, in a unit cell, y downwards."""

STROKE_ASPECT = 0.6
NARROW_STROKES = {"1": 0.6, "I": 0.62, "W": 1.25, "M": 1.1}

GAPS: dict[str, tuple[float, float, float, float]] = {
    "0": (0.62, 0.0, 0.2, 0.22),
    "4": (0.5, 0.66, 0.12, 0.2),
    "6": (0.0, 0.36, 0.3, 0.08),
    "9": (0.7, 0.56, 0.3, 0.08),
    "B": (0.0, 0.46, 0.3, 0.07),
    "D": (0.1, 0.86, 0.12, 0.14),
    "P": (0.28, 0.4, 0.12, 0.22),
    "R": (0.28, 0.4, 0.12, 0.22),
}
"""Cuts in the strokes of Dutch and German characters: x, y, width, height in the unit cell."""


class FontError(BoxError):
    """No plate-like font is installed on this machine."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to draw all characters of a plate."""

    face: str
    weight: int = 0
    own_strokes: bool = False
    gaps: bool = False
    flipped_w: bool = False
    bar_ones: bool = False


def _folders() -> tuple[Path, ...]:
    """Where fonts are looked for, the folder named by the environment first."""
    named = os.environ.get(FONTS_VARIABLE)
    return (Path(named), *FONT_FOLDERS) if named else FONT_FOLDERS


@cache
def font_files() -> dict[str, Path]:
    """Find the installed faces, in the order of FACES; raises FontError when there are none."""
    seen: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            seen.setdefault(path.name, path)
    found = {face: seen[file] for face, file in FACES.items() if file in seen}
    if not found:
        raise FontError("No plate-like font is installed.", "Run `make fonts`, or set ANPR_FONTS.")
    return found


_chosen: ContextVar[tuple[str, ...] | None] = ContextVar("chosen", default=None)


@contextmanager
def drawn_with(chosen: Sequence[str]) -> Iterator[None]:
    """Draw with these faces alone, so that other machines draw the same.

    Raises FontError for one that is not installed.
    """
    if absent := [FACES[face] for face in chosen if face not in font_files()]:
        raise FontError(f"The fonts {', '.join(absent)} are not installed.", "Run `make fonts`.")
    before = _chosen.set(tuple(chosen))
    try:
        yield
    finally:
        _chosen.reset(before)


def chosen_faces() -> tuple[str, ...] | None:
    """Names of the faces that alone may be drawn with now; None where any may."""
    return _chosen.get()


def faces() -> tuple[str, ...]:
    """Names of the faces to draw with: those chosen, else all that are installed."""
    return chosen_faces() or tuple(font_files())


@cache
def _font(face: str) -> ImageFont.FreeTypeFont:
    """Load a face at a size whose capitals are about CAP_PX high."""
    trial = ImageFont.truetype(str(font_files()[face]), 100)
    _, top, _, bottom = trial.getbbox("H")
    return ImageFont.truetype(str(font_files()[face]), round(100 * CAP_PX / (bottom - top)))


def _tight(mask: Mask) -> Mask:
    """Cut a mask to its ink."""
    x, y, width, height = cv2.boundingRect(mask)
    return mask[y : y + height, x : x + width]


def _from_font(face: str, char: str) -> Mask:
    """Draw one character of a face, tight, capitals CAP_PX high."""
    image = Image.new("L", (3 * CAP_PX, 3 * CAP_PX))
    ImageDraw.Draw(image).text((CAP_PX, CAP_PX // 2), char, font=_font(face), fill=255)
    return _tight(np.asarray(image, dtype=np.uint8))


def _short_tailed_q(face: str) -> Mask:
    """Draw a Q as plates do: the O of a face with a tail that stays within the line."""
    mask = _from_font(face, "O").copy()
    height, width = mask.shape
    start, stop = (round(0.56 * width), round(0.68 * height)), (width - 6, height - 6)
    cv2.line(mask, start, stop, 255, 11, cv2.LINE_AA)
    return mask


def _from_strokes(char: str) -> Mask:
    """Draw one of our own stroke characters, tight, CAP_PX high."""
    width = round(CAP_PX * STROKE_ASPECT * NARROW_STROKES.get(char, 1.0))
    thick, pad = 13, 8
    canvas = np.zeros((CAP_PX + 2 * pad, width + 2 * pad), dtype=np.uint8)
    inner = np.array([width - thick, CAP_PX - thick])
    for stroke in STROKES[char]:
        points = np.round(np.array(stroke) * inner + pad + thick / 2).astype(np.int32)
        cv2.polylines(canvas, [points], False, 255, thick, cv2.LINE_AA)
    return _tight(canvas)


def _with_gap(mask: Mask, char: str) -> Mask:
    """Cut the gap of a character, where it has one."""
    if char not in GAPS:
        return mask
    height, width = mask.shape
    x, y, w, h = GAPS[char]
    cut = mask.copy()
    cut[round(y * height) : round((y + h) * height), round(x * width) : round((x + w) * width)] = 0
    return cut


def _with_weight(mask: Mask, weight: int) -> Mask:
    """Make strokes bolder (weight > 0) or lighter (weight < 0) by that many pixels."""
    if weight == 0:
        return mask
    kernel = np.ones((abs(weight) + 1, abs(weight) + 1), dtype=np.uint8)
    roomy = cv2.copyMakeBorder(mask, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=0)
    operation = cv2.MORPH_DILATE if weight > 0 else cv2.MORPH_ERODE
    return _tight(cv2.morphologyEx(roomy, operation, kernel).astype(np.uint8))


@cache
def glyph(shape: Shape, char: str) -> Mask:
    """Draw one character tight to its ink: (about CAP_PX, W) uint8, ink 255."""
    if char == "1" and shape.bar_ones:
        return glyph(shape, "I")
    if char == "W" and shape.flipped_w:
        return np.ascontiguousarray(glyph(shape, "M")[::-1, ::-1])
    if char == "Q":
        mask = _short_tailed_q(shape.face)
    elif shape.own_strokes and char in STROKES:
        mask = _from_strokes(char)
    else:
        mask = _from_font(shape.face, char)
    mask = _with_gap(mask, char) if shape.gaps else mask
    return _with_weight(mask, shape.weight)


def draw_shape(rng: np.random.Generator, own_strokes: float, gaps: float) -> Shape:
    """Choose a way to draw characters; `own_strokes` and `gaps` are chances in 0..1."""
    return Shape(
        face=str(rng.choice(faces())),
        weight=int(rng.integers(-2, 5)),
        own_strokes=bool(rng.random() < own_strokes),
        gaps=bool(rng.random() < gaps),
        flipped_w=bool(rng.random() < 0.25),
        bar_ones=bool(rng.random() < 0.08),
    )

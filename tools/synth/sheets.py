"""Drawing surfaces measured in metres: what faces, walls and signs are painted on."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tools.synth.glyphs import chosen_faces, font_files

Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
NAMES = (
    "BLOEMEN", "VERHUIZINGEN", "BOUW", "SCHILDERS", "TRANSPORT", "BAKKERIJ", "DAKWERKEN",
    "SANITAIR", "ELEKTRO", "GROENTEN", "KOERIER", "VERSE VIS", "TUINAANLEG", "LOODGIETER",
    "GLAS", "MEUBELEN", "APOTHEEK", "SLAGERIJ", "FIETSEN", "KAPPER", "CAFE", "FRITUUR",
    "HOTEL", "OPEN", "SALE", "TE HUUR", "TE KOOP", "STOP", "BUS", "TAXI", "P", "ZONE 30",
    "24/7", "015 55 01 23", "WWW", "020-5550199", "CENTRUM", "ZORG", "POST", "EXPRESS",
    "TDI", "2.0", "GTX", "HYBRID", "E", "4X4", "SPORT", "AUTO", "LINE 12", "1402", "360",
)  # fmt: skip


class Sheet:
    """A BGRA texture with its origin at the bottom left, addressed in metres."""

    def __init__(self, width_m: float, height_m: float, colour: Colour, px_per_m: float) -> None:
        """Start with one colour; an alpha of zero comes from `clear`."""
        self.px_per_m = px_per_m
        self.rows = max(4, round(height_m * px_per_m))
        self.columns = max(4, round(width_m * px_per_m))
        self.texture: Picture = np.empty((self.rows, self.columns, 4), np.uint8)
        self.texture[:] = (*colour, 255)

    def clear(self) -> Sheet:
        """Make the whole sheet transparent."""
        self.texture[:] = 0
        return self

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Metres from the bottom left to pixel column and row."""
        return round(x * self.px_per_m), round(self.rows - y * self.px_per_m)

    def box(self, x: float, y: float, w: float, h: float, colour: Colour, r: float = 0.0) -> None:
        """Fill a rectangle, corners rounded by `r` metres."""
        if r <= 0:
            cv2.rectangle(self.texture, self.at(x, y), self.at(x + w, y + h), (*colour, 255), -1)
            return
        r = min(r, w / 2, h / 2)
        angle = np.linspace(0, np.pi / 2, 5)
        arc = np.stack([np.cos(angle), np.sin(angle)], axis=1) * r
        inner = np.array([[x + w - r, y + h - r], [x + r, y + h - r], [x + r, y + r]])
        inner = np.vstack([inner, [x + w - r, y + r]])
        flips = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        corners = [c + arc[:: f[0] * f[1]] * f for c, f in zip(inner, flips, strict=True)]
        self.shape(np.vstack(corners), colour)

    def shape(self, points: NDArray[np.float64], colour: Colour) -> None:
        """Fill a polygon given in metres (N, 2)."""
        dots = np.array([[x * self.px_per_m * 8, (self.rows - y * self.px_per_m) * 8]
                         for x, y in points])  # fmt: skip
        cv2.fillPoly(self.texture, [dots.astype(np.int32)], (*colour, 255), cv2.LINE_AA, 3)

    def cut(self, points: NDArray[np.float64]) -> None:
        """Make a polygon given in metres (N, 2) transparent."""
        dots = np.array([self.at(x, y) for x, y in points], np.int32)
        cv2.fillPoly(self.texture, [dots], (0, 0, 0, 0))

    def line(self, a: tuple[float, float], b: tuple[float, float], colour: Colour,
             width_m: float = 0.012) -> None:  # fmt: skip
        """Draw a straight line between two points in metres."""
        thick = max(1, round(width_m * self.px_per_m))
        cv2.line(self.texture, self.at(*a), self.at(*b), (*colour, 255), thick, cv2.LINE_AA)

    def disc(self, x: float, y: float, r: float, colour: Colour, width_m: float = 0.0) -> None:
        """Fill a disc, or draw a ring `width_m` wide."""
        thick = max(1, round(width_m * self.px_per_m)) if width_m else -1
        radius = max(1, round(r * self.px_per_m))
        cv2.circle(self.texture, self.at(x, y), radius, (*colour, 255), thick, cv2.LINE_AA)

    def text(self, words: str, x: float, y: float, h: float, colour: Colour, font: int = 0,
             width_m: float | None = None) -> None:  # fmt: skip
        """Write words `h` metres tall with their bottom left at (x, y)."""
        mask = lettering(words, max(4, round(h * self.px_per_m)), font)
        if width_m is not None:
            size = (max(4, round(width_m * self.px_per_m)), mask.shape[0])
            mask = np.asarray(cv2.resize(mask, size), dtype=np.uint8)
        column, bottom = self.at(x, y)
        self._lay(mask, column, bottom - mask.shape[0], colour)

    def _lay(self, mask: Picture, column: int, row: int, colour: Colour) -> None:
        """Colour the sheet through a mask, cut at the sheet's edges."""
        x0, y0 = max(0, column), max(0, row)
        x1 = min(self.columns, column + mask.shape[1])
        y1 = min(self.rows, row + mask.shape[0])
        if x1 <= x0 or y1 <= y0:
            return
        share = mask[y0 - row : y1 - row, x0 - column : x1 - column, None] / 255.0
        under = self.texture[y0:y1, x0:x1]
        under[:] = (under * (1 - share) + np.array([*colour, 255]) * share).astype(np.uint8)

    def mirrored(self) -> Sheet:
        """A copy with left and right exchanged."""
        other = copy(self)
        other.texture = np.ascontiguousarray(self.texture[:, ::-1])
        return other

    def shade(self, top: float, bottom: float) -> Sheet:
        """Multiply brightness by a vertical ramp from `top` to `bottom`."""
        ramp = np.linspace(top, bottom, self.rows)[:, None, None]
        colours = self.texture[..., :3]
        colours[:] = np.clip(colours * ramp, 0, 255).astype(np.uint8)
        return self

    def grain(self, rng: np.random.Generator, amount: float, coarse: int = 1) -> Sheet:
        """Add grey noise of one strength; `coarse` pixels share one value."""
        size = (self.rows // coarse + 1, self.columns // coarse + 1)
        noise = rng.normal(0, amount, size).astype(np.float32)
        wide = cv2.resize(noise, (self.columns, self.rows), interpolation=cv2.INTER_LINEAR)
        colours = self.texture[..., :3]
        colours[:] = np.clip(colours + wide[..., None], 0, 255).astype(np.uint8)
        return self


def lettering_fonts() -> tuple[str, ...]:
    """Paths of the fonts to write with: those chosen, else all that are installed here."""
    chosen = chosen_faces()
    return _installed() if chosen is None else tuple(str(font_files()[face]) for face in chosen)


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """Paths of the upright fonts installed here, sorted; empty where there are none."""
    found = [p for folder in FONT_FOLDERS if folder.is_dir() for p in folder.rglob("*.ttf")]
    return tuple(sorted(str(p) for p in found if "Math" not in p.name))


def lettering(words: str, height_px: int, font: int) -> Picture:
    """Words as an alpha mask (height_px, W) uint8."""
    fonts = lettering_fonts()
    if not fonts:
        return _stroke_lettering(words, height_px)
    return _written(words, height_px, fonts[font % len(fonts)])


@lru_cache(maxsize=4096)
def _written(words: str, height_px: int, font: str) -> Picture:
    """Words in one font as an alpha mask (height_px, W) uint8."""
    face = ImageFont.truetype(font, max(6, round(height_px * 1.3)))
    box = face.getbbox(words)
    image = Image.new("L", (max(1, round(box[2] - box[0])), max(1, round(box[3] - box[1]))))
    ImageDraw.Draw(image).text((-box[0], -box[1]), words, fill=255, font=face)
    columns = max(1, round(image.width * height_px / image.height))
    return np.asarray(image.resize((columns, height_px), Image.Resampling.BILINEAR))


def _stroke_lettering(words: str, height_px: int) -> Picture:
    """Words in OpenCV's built-in strokes, for machines without fonts."""
    scale, thick = height_px / 22.0, max(1, height_px // 9)
    (columns, rows), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_DUPLEX, scale, thick)
    image = np.zeros((rows + 2 * thick, columns), np.uint8)
    place = (0, rows + thick)
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA)
    return np.asarray(cv2.resize(image, (max(1, columns), height_px)), dtype=np.uint8)

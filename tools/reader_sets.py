"""What the reader learns from and is measured on: rendered pools and real plates."""

import csv
import signal
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tools.synth.crops import (
    CROP_HEIGHT,
    CROP_WIDTH,
    PAD,
    REGIONS,
    RIM,
    SIGNS,
    UNTOLD,
    Pool,
    as_crop,
    draw_pool,
    row_indices,
    through_camera,
)

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 BGR."""

SHARD = 5000
LOOSENED = 0.06
HELD_OUT_SEED = 10_000_019
NARROWEST_TWO_TO_ONE = 2.2
DASHCAM_COUNTRY = "RO"
ALPHA_2 = {"NL": "NL", "B": "BE"}
"""Codes on plates -> ISO 3166 alpha-2, for the countries whose crops judge the country head."""


class Crop(NamedTuple):
    """A labelled crop to measure on: (h, w, 3) uint8 BGR; an empty country is not known."""

    set: str
    image: Picture
    text: str
    country: str
    lines: int


@dataclass(frozen=True, slots=True)
class RealPlate:
    """A labelled plate in a photograph: the box cut with a border of its own size around it."""

    around: Picture
    box: tuple[int, int, int, int]
    text: str

    def cut(self, left: float, top: float, right: float, bottom: float) -> Picture:
        """Cut the box, moved outwards on each side by that share of its size."""
        x, y, w, h = self.box
        high, wide = self.around.shape[:2]
        x1, x2 = max(0, round(x - left * w)), min(wide, round(x + w + right * w))
        y1, y2 = max(0, round(y - top * h)), min(high, round(y + h + bottom * h))
        return self.around[y1:y2, x1:x2]


def render_shard(folder: Path, seed: int, count: int = SHARD) -> Path:
    """Render one shard of a pool unless it is there already."""
    path = folder / f"{seed:05d}.npz"
    if not path.exists():
        pool = draw_pool(seed, count)
        part = path.with_suffix(".part.npz")
        np.savez(part, images=pool.images, rows=pool.rows, regions=pool.regions)
        part.rename(path)
    return path


def _render_shards(folder: Path, seeds: range) -> None:
    """Render shards one after another, on one core; Ctrl-C is for the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    for seed in seeds:
        render_shard(folder, seed)


def start_rendering(folder: Path, shards: int, workers: int) -> list[BaseProcess]:
    """Render a pool in processes of its own, which end with this one."""
    folder.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    processes: list[BaseProcess] = []
    for worker in range(workers):
        seeds = range(worker, shards, workers)
        process = context.Process(target=_render_shards, args=(folder, seeds), daemon=True)
        process.start()
        processes.append(process)
    return processes


def load_shard(path: Path) -> Pool:
    """Read one rendered shard."""
    with np.load(path) as stored:
        return Pool(stored["images"], stored["rows"], stored["regions"])


def is_held_out(text: str) -> bool:
    """Whether a real plate is kept for measuring: one in five, by its text, never by frame."""
    return zlib.crc32(text.encode()) % 5 == 0


def dashcam_plates(folder: Path) -> list[RealPlate]:
    """Labelled one-line plates of the MIT dashcam frames."""
    plates = []
    with (folder / "labels.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            box = (int(row["x"]), int(row["y"]), int(row["w"]), int(row["h"]))
            if row["plate_text"] and box[2] > NARROWEST_TWO_TO_ONE * box[3]:
                plates.append(real_plate(_picture(folder / row["file"]), box, row["plate_text"]))
    return plates


def real_plate(frame: Picture, box: tuple[int, int, int, int], text: str) -> RealPlate:
    """Keep a plate and as much around it as a loose crop may show."""
    x, y, w, h = box
    left, top = max(0, x - w // 2), max(0, y - h)
    around = frame[top : y + 2 * h, left : x + w + w // 2].copy()
    return RealPlate(around, (x - left, y - top, w, h), text)


def _picture(path: Path) -> Picture:
    """Read a picture."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), dtype=np.uint8)


def real_pool(plates: list[RealPlate], variants: int, seed: int) -> Pool:
    """Vary real plates as detectors and weather would.

    Their country is not told: all are Romanian, and a head that learns so takes every photograph
    for Romania.
    """
    rng = np.random.default_rng(seed)
    images = [_varied(plate, rng) for plate in plates for _ in range(variants)]
    rows = [row_indices((plate.text,)) for plate in plates for _ in range(variants)]
    shape = (len(images), CROP_HEIGHT, CROP_WIDTH, 3)
    pictures = np.array(images, dtype=np.uint8).reshape(shape)
    regions = np.full(len(images), UNTOLD, dtype=np.uint8)
    return Pool(pictures, np.array(rows, dtype=np.uint8), regions)


def _varied(plate: RealPlate, rng: np.random.Generator) -> Picture:
    """Cut a real plate anew, turned a little and seen through another lens."""
    x, y, w, h = plate.box
    turn = cv2.getRotationMatrix2D((x + w / 2, y + h / 2), float(rng.normal(0, 2)), 1.0)
    size = (plate.around.shape[1], plate.around.shape[0])
    turned = cv2.warpAffine(plate.around, turn, size, borderMode=cv2.BORDER_REPLICATE)
    rim = (RIM - 1) / 2
    left, top, right, bottom = (float(v) + rim for v in rng.uniform(-0.02, 0.14, 4))
    again = RealPlate(np.asarray(turned, dtype=np.uint8), plate.box, plate.text)
    cut = again.cut(left, top, right, bottom)
    if rng.random() < 0.6:
        return as_crop(through_camera(cut, rng) if rng.random() < 0.5 else cut, rng)
    return np.asarray(cv2.resize(cut, (CROP_WIDTH, CROP_HEIGHT)), dtype=np.uint8)


def held_out_synthetic(count: int) -> Iterator[Crop]:
    """Render crops that no training seed gives."""
    pool = draw_pool(HELD_OUT_SEED, count)
    signs = np.array([*SIGNS, ""])
    for image, rows, region in zip(pool.images, pool.rows, pool.regions, strict=True):
        lines = 2 if (rows[1] != PAD).any() else 1
        text = "".join(signs[rows.ravel()])
        yield Crop("synthetic", image[3:-3, 8:-8], text, REGIONS[region], lines)


def dashcam_held_out(folder: Path) -> Iterator[Crop]:
    """Dashcam plates of the texts that training never sees, boxes loosened a little."""
    for plate in dashcam_plates(folder):
        if is_held_out(plate.text):
            cut = plate.cut(*[LOOSENED] * 4)
            yield Crop("ro-dashcam held out", cut, plate.text, DASHCAM_COUNTRY, 1)


def european_crops(folder: Path) -> Iterator[Crop]:
    """Tight crops by country: Dutch, Belgian, other of one line, other of two lines."""
    with (folder / "labels.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            code, lines = row["country"], int(row["lines"])
            name = code if code in ("NL", "B") else f"other, {lines} line"
            picture = _picture(folder / row["file"])
            yield Crop(f"eu-crops {name}", picture, row["plate_text"], ALPHA_2.get(code, ""), lines)


def dutch_clips(folder: Path) -> Iterator[Crop]:
    """Boxes in hand-held Dutch clips that are known to be right, loosened a little."""
    wanted: dict[str, list[dict[str, str]]] = {}
    with (folder / "boxes.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["box_ok"] == "1":
                wanted.setdefault(row["file"], []).append(row)
    for file, rows in wanted.items():
        for at, frame in enumerate(_frames(folder / file)):
            for row in (row for row in rows if int(row["frame"]) == at):
                box = (int(row["x"]), int(row["y"]), int(row["w"]), int(row["h"]))
                plate = real_plate(frame, box, row["plate_text"])
                home = row["country"] if row["country"] in ALPHA_2.values() else ""
                yield Crop("nl-clips boxes", plate.cut(*[LOOSENED] * 4), plate.text, home, 1)


def _frames(path: Path) -> Iterator[Picture]:
    """All frames of a clip."""
    clip = cv2.VideoCapture(str(path))
    while True:
        got, frame = clip.read()
        if not got:
            return
        yield np.asarray(frame, dtype=np.uint8)

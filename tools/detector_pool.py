"""The material a detector learns from: a pool of rendered scenes, and real MIT frames."""

from __future__ import annotations

import csv
import signal
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.scenes import Scene, Wardrobe, draw_clutter, draw_scene

Grey = NDArray[np.uint8]
Marks = NDArray[np.float32]

POOL_SIZE = (704, 424)
MOST_PLATES = 12
LEAST_SEEN = 0.12
SCENE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Shard:
    """Grey pictures (N, H, W) and their plates (N, 12, 13): corners, box, visible; else NaN."""

    images: Grey
    marks: Marks


def marks_of(scene: Scene) -> Marks:
    """The plates of one scene as rows of eight corner values, four box values, visible share."""
    rows = np.full((MOST_PLATES, 13), np.nan, np.float32)
    shown = [plate for plate in scene.plates if plate.visible > LEAST_SEEN]
    for row, plate in zip(rows, shown, strict=False):
        row[:] = [*plate.corners.ravel(), *plate.box, plate.visible]
    return rows


def render_shard(seed: int, count: int) -> Shard:
    """Render `count` scenes and clutter pictures; the same seed gives the same pixels."""
    rng = np.random.default_rng(seed)
    wardrobe = Wardrobe(rng, plates=min(120, 4 * count), vehicles=min(40, 2 * count))
    images = np.empty((count, POOL_SIZE[1], POOL_SIZE[0]), np.uint8)
    marks = np.empty((count, MOST_PLATES, 13), np.float32)
    for place in range(count):
        draw = draw_scene if rng.random() < SCENE_SHARE else draw_clutter
        scene = draw(rng, POOL_SIZE, wardrobe)
        images[place] = cv2.cvtColor(scene.image, cv2.COLOR_BGR2GRAY)
        marks[place] = marks_of(scene)
    return Shard(images, marks)


def save_shard(folder: Path, seed: int, shard: Shard) -> Path:
    """Write one shard so that a reader never sees half of it; returns where."""
    whole = folder / f"shard-{seed}.npz"
    half = folder / f"half-{seed}.npz"
    np.savez(half, images=shard.images, marks=shard.marks)
    half.rename(whole)
    return whole


def render_pool(folder: Path, shards: int, scenes: int, processes: int) -> Iterator[Path]:
    """Yield the path of every shard of a pool as it is ready; those that are missing are rendered.

    Leaving early ends the processes that render. Raises ClickException when one of them dies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"shard-{number}.npz" for number in range(shards)]
    missing = [number for number, path in enumerate(paths) if not path.is_file()]
    yield from (path for path in paths if path.is_file())
    if not missing:
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _alone) as pool:
        tasks = [pool.submit(_render_into, folder, number, scenes) for number in missing]
        try:
            for task in as_completed(tasks):
                yield task.result()
        except BrokenProcessPool as e:
            raise click.ClickException(
                "A process that draws scenes was killed, most likely because memory ran out. What "
                f"was drawn is kept in {folder}. Free memory, or use fewer cores (taskset -c 0), "
                "and run again."
            ) from e
        except BaseException:
            for renderer in active_children():
                renderer.terminate()
            raise


def _alone() -> None:
    """Draw on one core, and leave Ctrl-C to the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _render_into(folder: Path, number: int, scenes: int) -> Path:
    return save_shard(folder, number, render_shard(number, scenes))


def load_shard(path: Path) -> Shard:
    """Read one shard back."""
    with np.load(path) as held:
        return Shard(held["images"], held["marks"])


UNLABELLED = Path(__file__).with_name("detector_unlabelled.csv")


@dataclass(frozen=True, slots=True)
class RealFrame:
    """A real grey frame with plate boxes x0, y0, x1, y1 (N, 4); it has no corners.

    `clear` (N,) is false for plates that are cut or smeared: neither asked for nor held against.
    """

    image: Grey
    boxes: Marks
    held_out: bool
    clear: NDArray[np.bool_]


def load_real(folder: Path) -> list[RealFrame]:
    """Frames of the MIT dashcam set, held out by plate text so that no car is in both parts."""
    if not (folder / "labels.csv").is_file():
        return []
    labelled, found = _by_file(folder / "labels.csv"), _by_file(UNLABELLED)
    return [_real_frame(folder / name, rows, found.get(name, []))
            for name, rows in sorted(labelled.items())]  # fmt: skip


def _by_file(path: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of a label file by the picture they belong to."""
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            rows.setdefault(row["file"], []).append(row)
    return rows


def _real_frame(path: Path, rows: list[dict[str, str]], more: list[dict[str, str]]) -> RealFrame:
    """Read one frame; any held-out text on it holds the frame out.

    `more` are plates that the set's own labels leave out; held-out frames go without, so that
    figures count what the set counts.
    """
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if read is None:
        raise click.ClickException(f"{path} cannot be read. Copy it again, or take out its label.")
    image = np.asarray(read, np.uint8)
    texts = [row["plate_text"] for row in rows if row["plate_text"]]
    held = any(zlib.crc32(text.encode()) % 5 == 0 for text in texts)
    used = rows if held else [*rows, *more]
    boxes = [[float(row[key]) for key in ("x", "y", "w", "h")] for row in used]
    edges = [[x, y, x + w, y + h] for x, y, w, h in boxes]
    clear = np.array([row.get("clear", "1") == "1" for row in used])
    return RealFrame(image, np.array(edges, np.float32), held, clear)

"""How well a detector finds real plates: python -m tools.detector_figures --sets DIR.

The sets are for measuring only; nothing of them is shown but counts.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from edge.vision.letterbox import letterbox
from tools.detector_pool import Marks, load_real
from tools.detector_score import Score, match, suppressed

HIGH, WIDE = 384, 640
Pictures = Iterator[tuple[NDArray[np.uint8], Marks, NDArray[np.bool_]]]


@dataclass
class Tally:
    """Running counts of one set at one threshold."""

    asked: int = 0
    false: int = 0
    pictures: int = 0
    hits: list[float] = field(default_factory=list)

    def score(self) -> Score:
        """The counts as a score."""
        overlap = float(np.mean(self.hits)) if self.hits else 0.0
        return Score(self.asked, len(self.hits), self.false, self.pictures, overlap)


def boxes_of(rows: list[dict[str, str]]) -> Marks:
    """Boxes x0, y0, x1, y1 (N, 4) from rows with x, y, w, h."""
    sides = np.array([[float(row[key]) for key in "xywh"] for row in rows], np.float32)
    return np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)


def nl_clips(sets: Path) -> Pictures:
    """Labelled frames of the Dutch clips; boxes that lag a pan are neither asked nor counted."""
    frames: dict[str, dict[int, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    with (sets / "nl-clips" / "boxes.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            frames[row["file"]][int(row["frame"])].append(row)
    for file, labelled in frames.items():
        for number, image in _frames(sets / "nl-clips" / file):
            rows = labelled.get(number, [])
            if rows and all(row["box_ok"] == "1" for row in rows):
                yield image, boxes_of(rows), np.ones(len(rows), bool)


def _frames(path: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Every frame of a clip with its number."""
    clip, number = cv2.VideoCapture(str(path)), 0
    more, image = clip.read()
    while more:
        yield number, np.asarray(image, dtype=np.uint8)
        more, image = clip.read()
        number += 1


def es_scenes(sets: Path) -> Pictures:
    """Spanish scenes at 320 pixels."""
    scenes: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (sets / "es-scenes-eval" / "labels.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            scenes[row["file"]].append(row)
    for file, rows in scenes.items():
        image = np.asarray(cv2.imread(str(sets / "es-scenes-eval" / file)), dtype=np.uint8)
        yield image, boxes_of(rows), np.ones(len(rows), bool)


def night(sets: Path) -> Pictures:
    """Dashcam frames of cars that were never trained on."""
    for frame in load_real(sets / "ro-dashcam-train"):
        if frame.held_out:
            grey = np.repeat(frame.image[..., None], 3, axis=2)
            yield grey, frame.boxes, np.ones(len(frame.boxes), bool)


SETS: dict[str, Callable[[Path], Pictures]] = {
    "nl-clips, box_ok frames": nl_clips,
    "es-scenes": es_scenes,
    "dashcam night, held out": night,
}


def tallies(model: Path, pictures: Pictures, levels: list[float]) -> dict[float, Tally]:
    """Counts of one set at several thresholds from one pass."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    counts = {level: Tally() for level in levels}
    for image, boxes, wanted in pictures:
        tensor, fit = letterbox(image, HIGH, WIDE)
        rows = np.asarray(session.run(["plates"], {"image": tensor})[0])[0]
        rows[:, 1:] = fit.to_frame(rows[:, 1:].reshape(-1, 6, 2)).reshape(-1, 12)
        for level, tally in counts.items():
            hits, extra = match(suppressed(rows, level)[:, 1:5], boxes, wanted)
            tally.hits += hits
            tally.asked, tally.false = tally.asked + int(wanted.sum()), tally.false + extra
            tally.pictures += 1
    return counts


def shown(got: Score) -> tuple[str, str, str, str]:
    """Found, recall, false boxes a frame and overlap as a table shows them."""
    recall, each = got.found / max(1, got.asked), got.false / max(1, got.pictures)
    return f"{got.found}/{got.asked}", f"{recall:.3f}", f"{each:.3f}", f"{got.overlap:.3f}"


@click.command()
@click.option("--model", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              default=Path("models/plate-detector.onnx"), show_default=True)  # fmt: skip
@click.option("--sets", type=click.Path(path_type=Path, exists=True, file_okay=False),
              required=True, help="Folder with the sets.")  # fmt: skip
@click.option("--level", "levels", type=float, multiple=True, default=(0.3, 0.4, 0.5),
              show_default=True, help="Score threshold; may be repeated.")  # fmt: skip
def main(model: Path, sets: Path, levels: tuple[float, ...]) -> None:
    """Recall at IoU 0.4, false boxes and overlap of a detector on real pictures."""
    table = Table("set", "threshold", "found", "recall", "false boxes a frame", "mean IoU")
    for name, pictures in SETS.items():
        for level, tally in tallies(model, pictures(sets), list(levels)).items():
            table.add_row(name, f"{level:.2f}", *shown(tally.score()))
    Console().print(table)


if __name__ == "__main__":
    main()

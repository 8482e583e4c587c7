"""How well a box finds real plates: python -m tools.detector_figures --sets DIR.

The sets are for measuring only; nothing of them is shown but counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from edge.capture.clip import open_clip, read_image
from edge.cli.finite import Finite
from edge.config import Models
from edge.errors import BoxError, ReportError
from edge.vision.detector import OnnxDetector
from edge.vision.model import ModelFile, checked_model
from edge.vision.session import Execution
from tools.detector_pool import Marks, load_real
from tools.detector_score import Score, assign
from tools.score_reads.sources import Row, rows

MANIFEST = Path("models/manifest.toml")
BANDS_PX = (0, 20, 40, 80, 10_000)
Pictures = Iterator[tuple[NDArray[np.uint8], Marks]]


@dataclass
class Tally:
    """Running counts of one set at one threshold and one overlap asked for."""

    least: float
    false: int = 0
    pictures: int = 0
    widths: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def add(self, got: Marks, boxes: Marks) -> None:
        """Count the boxes found on one more picture, best first."""
        taken, extra = assign(got, boxes, np.ones(len(boxes), bool), self.least)
        self.false, self.pictures = self.false + extra, self.pictures + 1
        self.widths += (boxes[:, 2] - boxes[:, 0]).tolist()
        self.shares += taken.tolist()

    def score(self) -> Score:
        """The counts as a score."""
        hits = [share for share in self.shares if share > 0]
        overlap = float(np.mean(hits)) if hits else 0.0
        return Score(len(self.shares), len(hits), self.false, self.pictures, overlap)

    def bands(self) -> str:
        """Found of asked by width in the picture's own pixels."""
        pairs = list(zip(self.widths, self.shares, strict=True))
        parts = []
        for low, high in pairwise(BANDS_PX):
            shares = [share for width, share in pairs if low <= width < high]
            parts.append(f"{sum(share > 0 for share in shares)}/{len(shares)}")
        return "  ".join(parts)


def boxes_of(labelled: Sequence[Row]) -> Marks:
    """Boxes x0, y0, x1, y1 (N, 4) from rows with x, y, w, h. Raises ReportError."""
    try:
        sides = np.array([[float(row[key]) for key in "xywh"] for row in labelled], np.float32)
    except ValueError as e:
        raise ReportError(f"A box of {labelled[0]['file']} is no number.", "Mend its row.") from e
    return np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)


def nl_clips(sets: Path) -> Pictures:
    """Labelled frames of the Dutch clips; boxes that lag a pan are neither asked nor counted."""
    frames: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(sets / "nl-clips" / "boxes.csv", ("file", "frame", "box_ok", *"xywh")):
        frames[row["file"]][row["frame"]].append(row)
    for file, labelled in frames.items():
        for frame in open_clip(sets / "nl-clips" / file, datetime.now(UTC)).frames():
            here = labelled.get(str(frame.index), [])
            if here and all(row["box_ok"] == "1" for row in here):
                yield frame.image, boxes_of(here)


def es_scenes(sets: Path) -> Pictures:
    """Spanish scenes at 320 pixels."""
    scenes: dict[str, list[Row]] = defaultdict(list)
    for row in rows(sets / "es-scenes-eval" / "labels.csv", ("file", *"xywh")):
        scenes[row["file"]].append(row)
    for file, here in scenes.items():
        yield read_image(sets / "es-scenes-eval" / file), boxes_of(here)


def night(sets: Path) -> Pictures:
    """Dashcam frames of cars that were never trained on."""
    for frame in load_real(sets / "ro-dashcam-train"):
        if frame.held_out:
            grey = np.repeat(frame.image[..., None], 3, axis=2)
            yield grey, frame.boxes


FOLDERS = ("nl-clips", "es-scenes-eval", "ro-dashcam-train")
SETS: dict[str, tuple[Callable[[Path], Pictures], tuple[float, ...]]] = {
    "nl-clips, box_ok frames": (nl_clips, (0.4,)),
    "es-scenes": (es_scenes, (0.4, 0.5)),
    "dashcam night, held out": (night, (0.4,)),
}


def tallies(
    model: ModelFile, pictures: Pictures, levels: Sequence[float], leasts: Sequence[float]
) -> dict[tuple[float, float], Tally]:
    """Counts of one set for every overlap asked for and every threshold, as a box looks."""
    eyes = {level: OnnxDetector(model, level, Execution(threads=1)) for level in levels}
    counts = {(least, level): Tally(least) for least in leasts for level in levels}
    for image, boxes in pictures:
        found = {level: np.array([plate.box for plate in eye.detect(image)], np.float32)
                 for level, eye in eyes.items()}  # fmt: skip
        for (_, level), tally in counts.items():
            tally.add(found[level].reshape(-1, 4), boxes)
    return counts


def shown(got: Score) -> tuple[str, str, str, str]:
    """Found, recall, false boxes a frame and overlap as a table shows them."""
    recall, each = got.found / max(1, got.asked), got.false / max(1, got.pictures)
    return f"{got.found}/{got.asked}", f"{recall:.3f}", f"{each:.3f}", f"{got.overlap:.3f}"


@click.command()
@click.option("--manifest", type=click.Path(path_type=Path, dir_okay=False), default=MANIFEST,
              show_default=True)  # fmt: skip
@click.option("--model", default=Models().detector, show_default=True,
              help="Name of a detector in the manifest.")  # fmt: skip
@click.option("--sets", type=click.Path(path_type=Path, exists=True, file_okay=False),
              required=True, help="Folder with the sets.")  # fmt: skip
@click.option("--level", "levels", type=Finite(0, 1), multiple=True,
              default=(0.4, 0.5, 0.6), show_default=True,
              help="Score threshold; may be repeated.")  # fmt: skip
def main(manifest: Path, model: str, sets: Path, levels: tuple[float, ...]) -> None:
    """Recall, false boxes and overlap of a detector on real pictures, and recall by width."""
    if missing := [name for name in FOLDERS if not (sets / name).is_dir()]:
        raise click.ClickException(f"{sets} has no {', '.join(missing)}. Name their folder.")
    table = Table("set", "IoU", "threshold", "found", "recall", "false boxes a frame",
                  "mean IoU", "by width <20 <40 <80 px, wider")  # fmt: skip
    try:
        file = checked_model(manifest, model)
        scored = {name: tallies(file, pictures(sets), levels, leasts)
                  for name, (pictures, leasts) in SETS.items()}  # fmt: skip
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    for name, counts in scored.items():
        for (least, level), tally in counts.items():
            figures = shown(tally.score())
            table.add_row(name, f"{least:.1f}", f"{level:.2f}", *figures, tally.bands())
    Console(width=130).print(table)


if __name__ == "__main__":
    main()

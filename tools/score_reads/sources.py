"""Labelled pictures in the layouts of ../shared/data, told apart by the columns of their labels.

boxes.csv   file, frame, plate_text, country, x, y, w, h, box_ok (corners)   frames of clips
clips.csv   file, plate_text, country, first_frame, last_frame              vehicles of clips
labels.csv  file, x, y, w, h                                                scenes
labels.csv  file, plate_text, country, x, y, w, h                           stills
labels.csv  file, plate_text, country, lines                                tight crops
"""

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.capture.clip import open_clip, read_image
from edge.errors import ReportError
from edge.types import Box, Corners, Image, Point
from tools.reader_sets import held_out_synthetic, is_held_out

START = datetime(2028, 6, 1, tzinfo=UTC)
CORNERS = ("tl", "tr", "br", "bl")
TRAINED_ON = "-train"  # a folder of this ending is scored on its held-out plates alone
IN_CLIPS = ("file", "frame", "plate_text", "country", *"xywh")
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Plate:
    """One labelled plate; what the labels do not tell is None.

    `asked` is false for a plate that is known but not scored: its label lags the picture, or
    training may have seen it. A crop has no box: the plate fills it.
    """

    text: str | None = None
    country: str | None = None
    box: Box | None = None
    corners: Corners | None = None
    lines: int | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture with all plates that are labelled on it; `light` is what its name tells."""

    image: Image
    plates: tuple[Plate, ...]
    light: str | None = None


def pictures(folder: Path) -> Iterator[Picture]:
    """Yield the labelled pictures of a folder that have a plate to be scored.

    Raises ReportError when the labels are missing, of another form, or of frames that a clip does
    not have. No sentence tells what a label says: plates of real footage appear nowhere.
    """
    if (folder / "boxes.csv").exists():
        yield from _clip_frames(folder)
    elif (folder / "labels.csv").exists():
        yield from _stills(folder)
    elif not (folder / "clips.csv").exists():
        raise ReportError(
            f"{folder} holds no labels.csv, boxes.csv or clips.csv.",
            "Name the folder above the labelled sets with --data.",
        )


def synthetic(count: int) -> Iterator[Picture]:
    """Yield crops drawn from a seed that training never uses."""
    for _, crop, text, country, lines in held_out_synthetic(count):
        yield Picture(crop, (Plate(text, country, lines=lines),))


def _clip_frames(folder: Path) -> Iterator[Picture]:
    path = folder / "boxes.csv"
    clips: dict[str, dict[int, list[Plate]]] = defaultdict(lambda: defaultdict(list))
    for number, row in enumerate(rows(path, IN_CLIPS), start=2):
        with _told(path, number):
            clips[row["file"]][int(row["frame"])].append(_in_clip(row))
    for file, frames in clips.items():
        for frame in open_clip(folder / file, START).frames():
            if plates := frames.pop(frame.index, None):
                yield Picture(frame.image, tuple(_within(plates, frame.image, path)), _light(file))
        if frames:
            raise ReportError(
                f"{path} labels {len(frames)} frames that {file} does not have.",
                "Take the clip that the labels were made on.",
            )


def _in_clip(row: Row) -> Plate:
    corners = _corners(row) if all(f"{c}_x" in row for c in CORNERS) else None
    asked = row.get("box_ok", "1") == "1"
    return Plate(row["plate_text"], row["country"] or None, _box(row), corners, asked=asked)


def _stills(folder: Path) -> Iterator[Picture]:
    asked = is_held_out if folder.name.endswith(TRAINED_ON) else _everything
    path = folder / "labels.csv"
    stills: dict[str, list[Plate]] = defaultdict(list)
    for number, row in enumerate(rows(path, ("file",)), start=2):
        with _told(path, number):
            stills[row["file"]].append(_on_still(row, asked))
    for file, plates in stills.items():
        if any(plate.asked for plate in plates):
            image = read_image(folder / file)
            yield Picture(image, tuple(_within(plates, image, path)), _light(file))


def _within(plates: Sequence[Plate], image: Image, labels: Path) -> Sequence[Plate]:
    """Return the plates; raises ReportError for one whose box shows nothing of the picture."""
    height, width = image.shape[:2]
    for plate in plates:
        box = plate.box
        if box is not None and not (
            min(box.x2, width) > max(box.x1, 0) and min(box.y2, height) > max(box.y1, 0)
        ):
            raise ReportError(
                f"{labels} has a box outside its picture of {width} x {height} pixels.",
                "Give x, y, w and h in pixels of the picture, w and h above 0.",
            )
    return plates


@contextmanager
def _told(labels: Path, line: int) -> Iterator[None]:
    """Say which line of the labels cannot be read, and nothing of what stands there."""
    try:
        yield
    except (KeyError, TypeError, ValueError):
        raise ReportError(
            f"Line {line} of {labels} cannot be read.",
            "Give as many columns as its header names, with numbers for frame, lines and boxes.",
        ) from None


def _everything(text: str) -> bool:
    return True


def _on_still(row: Row, asked: Callable[[str], bool]) -> Plate:
    """Read one row of labels.csv; where a set gives texts, a plate without one is not asked."""
    return Plate(
        text=row.get("plate_text") or None,
        country=row.get("country") or None,
        box=_box(row) if "x" in row else None,
        lines=int(row["lines"]) if row.get("lines") else None,
        asked="plate_text" not in row or (bool(row["plate_text"]) and asked(row["plate_text"])),
    )


def rows(path: Path, needed: Sequence[str]) -> Sequence[Row]:
    """Read a label file that has these columns.

    Raises ReportError when it cannot be read, lacks one, or has no row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            table = csv.DictReader(lines)
            named, found = table.fieldnames or (), list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise ReportError(
            f"The labels {path} cannot be read.", "Check the path; they must be CSV in UTF-8."
        ) from e
    if missing := [name for name in needed if name not in named]:
        raise ReportError(
            f"The labels {path} have no column {', '.join(missing)}.",
            "Name the columns in the first line, with commas between.",
        )
    if not found:
        raise ReportError(f"The labels {path} have no row.", "Label a plate, or leave the set out.")
    return found


def _box(row: Row) -> Box:
    x, y, w, h = (float(row[side]) for side in "xywh")
    if not all(map(math.isfinite, (x, y, w, h))):
        raise ValueError
    return Box(x, y, x + w, y + h)


def _corners(row: Row) -> Corners:
    tl, tr, br, bl = (Point(float(row[f"{c}_x"]), float(row[f"{c}_y"])) for c in CORNERS)
    return tl, tr, br, bl


def _light(file: str) -> str | None:
    """Return day or night where the file's own name says so."""
    name = Path(file).name.lower()
    return next((light for light in ("night", "day") if light in name), None)

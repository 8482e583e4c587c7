"""Labelled pictures in the layouts of ../shared/data, told apart by the columns of their labels.

boxes.csv   file, frame, plate_text, country, x, y, w, h, box_ok (corners)   frames of clips
clips.csv   file, plate_text, country, first_frame, last_frame              vehicles of clips
labels.csv  file, x, y, w, h                                                scenes
labels.csv  file, plate_text, country, x, y, w, h                           stills
labels.csv  file, plate_text, country, lines                                tight crops
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
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

    Raises ReportError when the labels are missing or of another form.
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
    clips: dict[str, dict[int, list[Plate]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(folder / "boxes.csv"):
        clips[row["file"]][int(row["frame"])].append(_in_clip(row))
    for file, frames in clips.items():
        for frame in open_clip(folder / file, START).frames():
            if frame.index in frames:
                yield Picture(frame.image, tuple(frames[frame.index]), _light(file))


def _in_clip(row: Row) -> Plate:
    corners = _corners(row) if all(f"{c}_x" in row for c in CORNERS) else None
    asked = row.get("box_ok", "1") == "1"
    return Plate(row["plate_text"], row["country"] or None, _box(row), corners, asked=asked)


def _stills(folder: Path) -> Iterator[Picture]:
    asked = is_held_out if folder.name.endswith(TRAINED_ON) else _everything
    stills: dict[str, list[Plate]] = defaultdict(list)
    for row in rows(folder / "labels.csv"):
        stills[row["file"]].append(_on_still(row, asked))
    for file, plates in stills.items():
        if any(plate.asked for plate in plates):
            yield Picture(read_image(folder / file), tuple(plates), _light(file))


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


def rows(path: Path) -> Sequence[Row]:
    """Read a label file.

    Raises ReportError when it cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise ReportError(f"The labels {path} cannot be read.", "Check the path.") from e


def _box(row: Row) -> Box:
    x, y, w, h = (float(row[side]) for side in "xywh")
    return Box(x, y, x + w, y + h)


def _corners(row: Row) -> Corners:
    tl, tr, br, bl = (Point(float(row[f"{c}_x"]), float(row[f"{c}_y"])) for c in CORNERS)
    return tl, tr, br, bl


def _light(file: str) -> str | None:
    """Return day or night where the file's own name says so."""
    name = Path(file).name.lower()
    return next((light for light in ("night", "day") if light in name), None)

"""Scoring a replay against what really drove by."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ReportError
from edge.types import Passage

COLUMNS = {"file", "plate_text", "country", "first_frame", "last_frame"}
FOLD = str.maketrans({"O": "0", "I": "1"})
OPEN_END = 2**31  # later than the last frame of any clip
UNFOLDED = {"NL", "B", "BE"}  # where the form of the plate tells 0 from O


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle of the truth file."""

    plate: str
    country: str


@dataclass(frozen=True, slots=True)
class Score:
    """How many vehicles were announced right, not at all, or twice, and what was extra."""

    vehicles: int
    right: int
    missed: int
    duplicated: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle and the frames of the clip in which it is seen, first and last included."""

    vehicle: Vehicle
    first_frame: int
    last_frame: int


def read_truth(path: Path, clip: Path) -> list[Vehicle]:
    """Return the vehicles of one clip.

    Raises ReportError when the file is missing or of another form.
    """
    return [visit.vehicle for visit in read_visits(path, clip)]


def read_visits(path: Path, clip: Path) -> list[Visit]:
    """Return the vehicles of one clip and when they are seen.

    Raises ReportError when the file is missing or of another form.
    """
    try:
        with path.open(newline="", encoding="utf-8") as f:
            rows = csv.DictReader(f)
            missing = COLUMNS - set(rows.fieldnames or ())
            if missing:
                raise ReportError(
                    f"The truth file {path} has no column {', '.join(sorted(missing))}.",
                    f"Its header must hold {', '.join(sorted(COLUMNS))}.",
                )
            return [
                Visit(
                    Vehicle(row["plate_text"], row["country"]),
                    int(row["first_frame"] or 0),
                    int(row["last_frame"] or OPEN_END),
                )
                for row in rows
                if Path(row["file"]).name == clip.name
            ]
    except (OSError, UnicodeDecodeError) as e:
        raise ReportError(f"The truth file {path} cannot be read.", "Check the path.") from e
    except (TypeError, ValueError) as e:
        raise ReportError(
            f"The truth file {path} has frames of {clip.name} that are no whole numbers.",
            "Give first_frame and last_frame as numbers, or leave them empty for the whole clip.",
        ) from e


def same(read: str, vehicle: Vehicle) -> bool:
    """Compare a plate with the truth; 0 and O, 1 and I are one where no form tells them apart."""
    return folded(read, vehicle.country) == folded(vehicle.plate, vehicle.country)


def folded(text: str, country: str | None) -> str:
    """Write O as 0 and I as 1, except on plates whose form tells them apart."""
    return text if country in UNFOLDED else text.translate(FOLD)


def score(passages: Sequence[Passage], truth: Sequence[Vehicle]) -> Score:
    """Count vehicles right, missed and announced twice, and passages that match none."""
    hits = Counter(next((v for v in truth if same(passage.plate, v)), None) for passage in passages)
    wrong = hits.pop(None, 0)
    return Score(
        vehicles=len(truth),
        right=sum(1 for v in truth if hits[v]),
        missed=sum(1 for v in truth if not hits[v]),
        duplicated=sum(1 for n in hits.values() if n > 1),
        wrong=wrong,
    )

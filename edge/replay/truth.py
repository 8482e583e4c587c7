"""What really drove by: the truth file, and which passages are of which of its vehicles."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ReportError
from edge.passage.alignment import differing
from edge.types import Outcome, Passage

COLUMNS = {"file", "plate_text", "country", "first_frame", "last_frame"}
FOLD = str.maketrans({"O": "0", "I": "1"})
OPEN_END = 2**31  # later than the last frame of any clip
UNFOLDED = {"NL", "B", "BE"}  # where the form of the plate tells 0 from O
ISO = {"B": "BE", "D": "DE", "E": "ES", "F": "FR", "I": "IT", "L": "LU", "P": "PT", "A": "AT"}
"""The signs of countries that truth files use beside ISO 3166."""
NEAR = 0.5  # a passage whose text differs in more than this share of a plate is another vehicle's


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle of the truth file."""

    plate: str
    country: str

    @property
    def iso(self) -> str:
        """Return the country as ISO 3166 alpha-2."""
        return ISO.get(self.country, self.country)


@dataclass(frozen=True, slots=True)
class Visit:
    """One vehicle and the frames of the clip in which it is seen, first and last included.

    `outcome` is what it is due, where the file says so itself. `left_s` is when it was seen last,
    in the time of the replay; None where that is not known.
    """

    vehicle: Vehicle
    first_frame: int
    last_frame: int
    outcome: Outcome | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class Driven:
    """One labelled vehicle with the passages that were made of it."""

    visit: Visit
    passages: tuple[Passage, ...]

    @property
    def right(self) -> int:
        """Count its passages with the right plate."""
        return sum(same(p.plate, self.visit.vehicle) for p in self.passages)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One clip: its vehicles, and the passages that belong to none of them."""

    driven: tuple[Driven, ...]
    strays: tuple[Passage, ...]


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
        with path.open(newline="", encoding="utf-8-sig") as f:
            rows = csv.DictReader(f)
            missing = COLUMNS - set(rows.fieldnames or ())
            if missing:
                raise ReportError(
                    f"The truth file {path} has no column {', '.join(sorted(missing))}.",
                    f"Its header must hold {', '.join(sorted(COLUMNS))}.",
                )
            return list(_visits(path, clip, rows))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise ReportError(
            f"The truth file {path} cannot be read.", "Check the path; it must be CSV in UTF-8."
        ) from e


def _visits(path: Path, clip: Path, rows: Iterable[Mapping[str, str | None]]) -> Iterable[Visit]:
    for row in rows:
        if Path(row["file"] or "").name != clip.name:
            continue
        plate, country, outcome = row["plate_text"], row["country"], row.get("outcome")
        if not plate or not country:
            raise ReportError(
                f"The truth file {path} has a row of {clip.name} without plate or country.",
                "Complete it, or take it out.",
            )
        try:
            first, last = int(row["first_frame"] or 0), int(row["last_frame"] or OPEN_END)
        except (TypeError, ValueError) as e:
            raise ReportError(
                f"The truth file {path} has frames of {clip.name} that are no whole numbers.",
                "Give first_frame and last_frame as numbers, or leave them empty for the clip.",
            ) from e
        try:
            due = Outcome(outcome) if outcome else None
        except ValueError as e:
            raise ReportError(
                f"The truth file {path} has an outcome {outcome} that there is not.",
                f"It must be one of {', '.join(Outcome)}, or empty.",
            ) from e
        yield Visit(Vehicle(plate, country), first, last, due)


def same(read: str, vehicle: Vehicle) -> bool:
    """Compare a plate with the truth; 0 and O, 1 and I are one where no form tells them apart."""
    return folded(read, vehicle.country) == folded(vehicle.plate, vehicle.country)


def folded(text: str, country: str | None) -> str:
    """Write O as 0 and I as 1, except on plates whose form tells them apart."""
    return text if country in UNFOLDED else text.translate(FOLD)


def belonging(passages: Sequence[Passage], visits: Sequence[Visit]) -> Replayed:
    """Give every passage to the vehicle it was made of, whatever was read.

    A passage with the right plate belongs to that vehicle. Another one belongs to the vehicle
    that is in the picture meanwhile and whose plate differs least, by half its length at most.
    """
    owners = [_owner(passage, visits) for passage in passages]
    driven = [
        Driven(v, tuple(p for p, owner in zip(passages, owners, strict=True) if owner is v))
        for v in visits
    ]
    strays = [p for p, owner in zip(passages, owners, strict=True) if owner is None]
    return Replayed(tuple(driven), tuple(strays))


def _owner(passage: Passage, visits: Sequence[Visit]) -> Visit | None:
    named = [v for v in visits if same(passage.plate, v.vehicle)]
    if named:
        return min(named, key=lambda v: apart(passage, v))
    near = [v for v in visits if apart(passage, v) == 0 and _differing(passage, v) <= NEAR]
    return min(near, key=lambda v: _differing(passage, v), default=None)


def apart(passage: Passage, visit: Visit) -> int:
    """Count the frames between a passage and a visit, 0 when they overlap."""
    return max(0, visit.first_frame - passage.last_frame, passage.first_frame - visit.last_frame)


def _differing(passage: Passage, visit: Visit) -> float:
    """Return the edits between the plate read and the one that stands there, per character."""
    country, plate = visit.vehicle.country, visit.vehicle.plate
    return differing(folded(passage.plate, country), folded(plate, country)) / max(1, len(plate))

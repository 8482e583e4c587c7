"""The results of a replay as they are compared: its vehicles, and its score where it has one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.errors import RunError

SUMMARY = "summary.json"
ACCUSING = {"warn", "hold48", "hold_day", "manual"}


class Pictures(msgspec.Struct, frozen=True):
    """Where the pictures of an entry lie."""

    plate: str
    still: str


class Entry(msgspec.Struct, frozen=True):
    """A passage in one zone, as the summary tells it."""

    file: str
    plate: str
    country: str | None
    confidence: float
    settled: bool
    first_frame: int
    last_frame: int
    zone: str
    outcome: str
    consequence: str
    rule: str
    reason: str
    pictures: Pictures


class Scored(msgspec.Struct, frozen=True):
    """A vehicle of the truth, as the summary tells it."""

    plate: str
    country: str
    first_frame: int
    verdict: str
    read: str | None
    agrees: bool | None


class Score(msgspec.Struct, frozen=True):
    """The score of a clip."""

    vehicles: int
    right: int
    late: int
    duplicated: int
    wrong: int
    missed: int
    strays: int
    accused_wrongly: int
    mistimed: int
    each: tuple[Scored, ...]


class Clip(msgspec.Struct, frozen=True):
    """A clip that was played."""

    file: str
    fault: str | None
    score: Score | None


class Summary(msgspec.Struct, frozen=True):
    """The summary of a replay, as far as it is compared."""

    passages: tuple[Entry, ...]
    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One vehicle of a replay, with what was decided of it in each zone."""

    clip: str
    zones: dict[str, Entry]

    @property
    def first(self) -> Entry:
        """Return any of its entries: they differ in what was decided alone."""
        return next(iter(self.zones.values()))

    @property
    def is_accused(self) -> bool:
        """True when a consequence may follow in any zone."""
        return any(one.consequence in ACCUSING for one in self.zones.values())


@dataclass(frozen=True, slots=True)
class Results:
    """What one replay gave; `folder` holds its pictures."""

    folder: Path
    clips: tuple[Clip, ...]
    seen: tuple[Seen, ...]

    @property
    def scores(self) -> list[Score]:
        """Return the scores of its clips; empty unless all have one."""
        found = [clip.score for clip in self.clips if clip.score is not None]
        return found if len(found) == len(self.clips) else []


def read_results(folder: Path) -> Results:
    """Read the folder that `anpr-edge replay` wrote.

    Raises RunError when there is none, or it was written by another version.
    """
    path = folder / SUMMARY
    try:
        summary = msgspec.json.decode(path.read_bytes(), type=Summary)
    except OSError as e:
        raise RunError(
            f"{folder} holds no results of a replay ({e.strerror}).",
            "Name the folder that `anpr-edge replay --out` wrote.",
        ) from e
    except msgspec.DecodeError as e:
        raise RunError(
            f"{path} is not a summary that can be compared: {e}.", "Replay with this version again."
        ) from e
    cut = next((clip for clip in summary.clips if clip.fault is not None), None)
    if cut is not None:
        raise RunError(f"{folder} is not whole: {cut.fault}", "Replay the whole of it again.")
    return Results(folder, summary.clips, _grouped(summary.passages))


def _grouped(entries: Sequence[Entry]) -> tuple[Seen, ...]:
    """Put together what is of one vehicle: its entries in several zones."""
    found: defaultdict[tuple[str, str, int, int], dict[str, Entry]] = defaultdict(dict)
    for one in entries:
        key = (Path(one.file).name, one.plate, one.first_frame, one.last_frame)
        found[key][one.zone] = one
    return tuple(Seen(key[0], zones) for key, zones in found.items())

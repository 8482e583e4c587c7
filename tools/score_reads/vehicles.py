"""Whole vehicles in replay: who was captured, what was announced, and how sure it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from edge.capture.clip import open_clip
from edge.config import Reading
from edge.passage.passage import Desk
from edge.passage.track import Track
from edge.passage.tracker import Tracker
from edge.ports import PlateDetector
from edge.replay.reliability import Claim
from edge.replay.shares import Share
from edge.replay.truth import Replayed, belonging, read_visits, same
from edge.types import Passage
from tools.score_reads.figures import Trust, trust
from tools.score_reads.looking import CropReader, Eyes
from tools.score_reads.sources import START, rows


@dataclass(frozen=True, slots=True)
class VehicleCounts:
    """Whole vehicles.

    captured: a passage was made, however it reads; right: one with the right plate.
    settled: a passage without doubt was made. duplicated: announced right more than once;
    repeated: announced more than once, however it reads. other: passages that read like no
    labelled vehicle; misread: those of them that belong to a labelled vehicle all the same,
    the rest are vehicles in the background and things that are no plate.
    """

    vehicles: int
    captured: int
    right: int
    settled: int
    duplicated: int
    repeated: int
    other: int
    other_settled: int
    misread: int
    misread_settled: int

    @property
    def capture_rate(self) -> Share:
        """Return the share of vehicles of which a passage was made."""
        return Share(self.captured, self.vehicles)

    @property
    def read_rate(self) -> Share:
        """Return the share of the captured vehicles that were read right."""
        return Share(self.right, self.captured)


@dataclass(frozen=True, slots=True)
class VehicleFigures:
    """All figures of whole vehicles."""

    counts: VehicleCounts
    trust: Trust


def vehicle_figures(clips: Sequence[Replayed]) -> VehicleFigures:
    """Work out all figures of whole vehicles."""
    driven = [d for clip in clips for d in clip.driven]
    made = [Claim(p.confidence, same(p.plate, d.visit.vehicle)) for d in driven for p in d.passages]
    unclaimed = sum(not d.passages for d in driven)
    return VehicleFigures(vehicle_counts(clips), trust(made, len(made) + unclaimed))


def vehicle_counts(clips: Sequence[Replayed]) -> VehicleCounts:
    """Count vehicles and passages."""
    driven = [d for clip in clips for d in clip.driven]
    strays = [p for clip in clips for p in clip.strays]
    misread = [p for d in driven for p in d.passages if not same(p.plate, d.visit.vehicle)]
    return VehicleCounts(
        vehicles=len(driven),
        captured=sum(bool(d.passages) for d in driven),
        right=sum(d.right > 0 for d in driven),
        settled=sum(any(p.doubt is None for p in d.passages) for d in driven),
        duplicated=sum(d.right > 1 for d in driven),
        repeated=sum(len(d.passages) > 1 for d in driven),
        other=len(strays) + len(misread),
        other_settled=_settled(strays) + _settled(misread),
        misread=len(misread),
        misread_settled=_settled(misread),
    )


def _settled(passages: Sequence[Passage]) -> int:
    return sum(p.doubt is None for p in passages)


def replayed(folder: Path, eyes: Eyes) -> Iterator[Replayed]:
    """Play every clip of a folder through tracker and desk as a box does."""
    clips = sorted({row["file"] for row in rows(folder / "clips.csv", ("file",))})
    told = f"{folder.name}: vehicles, {eyes.name}"
    for file in track(clips, told, console=Console(stderr=True)):
        visits = read_visits(folder / "clips.csv", folder / file)
        yield belonging(list(_passages(folder / file, eyes)), visits)


def _passages(clip: Path, eyes: Eyes) -> Iterator[Passage]:
    desk, tracker = Desk(eyes.policy), Tracker(Reading().gone_after_s)
    for frame in open_clip(clip, START).frames():
        readings = eyes.reader.read(frame.image, eyes.detector.detect(frame.image))
        yield from _announced(desk, tracker.update(frame, readings), tracker.followed)
    yield from _announced(desk, tracker.finish(), ())


def _announced(desk: Desk, due: Sequence[Track], followed: Sequence[Track]) -> Iterator[Passage]:
    passages = (desk.announce(track, [*followed, *due]) for track in due)
    return (passage for passage in passages if passage is not None)


def score_vehicles(folder: Path, finder: PlateDetector, text: CropReader) -> VehicleCounts:
    """Score the vehicles of every clip: the final plate of each, in full replay."""
    return vehicle_counts(list(replayed(folder, Eyes("", finder, text))))

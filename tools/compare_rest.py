"""Whether the detector's rest costs a vehicle: every clip with rest and without, side by side.

A clip in which something always moves says nothing about rest. So each is also played with an idle
stretch before and after it, with a stop in its middle, and by night; no plate is shown.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.capture.clip import frame_at, open_clip
from edge.config import Models, Reading
from edge.daemon import wiring_eyes
from edge.errors import BoxError
from edge.passage.passage import Desk, ReadingPolicy
from edge.passage.tracker import Tracker
from edge.ports import PlateDetector, PlateReader
from edge.types import Image, Passage
from edge.vision.sentry import Sentry
from tools.score_reads.sources import START

SHARED = Path("../shared/data")
STILL_S, STOP_S = 5.0, 6.0
GRAIN, GRAIN_AT_NIGHT = 2.5, 7.0

Film = list[Image]
Variant = Callable[[Film, float], Film]


@dataclass(frozen=True, slots=True)
class Compared:
    """One clip of one variant: its frames, those at rest, and the passages of both ways."""

    clip: str
    frames: int
    rested: int
    always: int
    resting: int
    same: bool


def as_it_is(film: Film, fps: float) -> Film:
    """Return the clip."""
    return film


def idle_around(film: Film, fps: float) -> Film:
    """Return the clip with its own background, still, before and after it."""
    every = film[:: max(1, len(film) // 40)]
    empty = np.median(np.stack(every), axis=0).astype(np.uint8)
    return [*grained(empty, GRAIN, STILL_S * fps), *film, *grained(empty, GRAIN, STILL_S * fps)]


def stopped(film: Film, fps: float) -> Film:
    """Return the clip with everything in it standing still for a while in its middle."""
    half = len(film) // 2
    return [*film[:half], *grained(film[half], GRAIN, STOP_S * fps), *film[half:]]


def by_night(film: Film, fps: float) -> Film:
    """Return the clip with an idle stretch around it, dark and noisy."""
    dark = (((np.arange(256) / 255) ** 2.2) * 140).astype(np.uint8)
    night = (np.asarray(cv2.LUT(image, dark), np.uint8) for image in idle_around(film, fps))
    return [grained(image, GRAIN_AT_NIGHT, 1, seed)[0] for seed, image in enumerate(night)]


VARIANTS: dict[str, Variant] = {
    "as it is": as_it_is,
    "idle before and after": idle_around,
    "a stop in the middle": stopped,
    "night, idle before and after": by_night,
}


def grained(image: Image, deviation: float, frames: float, seed: int = 0) -> Film:
    """Return a picture as often as that, with the noise of a sensor."""
    rng = np.random.default_rng(seed)
    noises = (rng.standard_normal((*image.shape[:2], 1), np.float32) for _ in range(round(frames)))
    return [np.clip(image + noise * deviation, 0, 255).astype(np.uint8) for noise in noises]


def passages(film: Film, fps: float, eyes: tuple[PlateDetector, PlateReader]) -> list[Passage]:
    """Return what a box makes of a film."""
    read, (detector, reader) = Reading(), eyes
    tracker = Tracker(read.gone_after_s)
    calibration = wiring_eyes.calibration(Models())
    desk = Desk(ReadingPolicy(read.min_confidence, read.min_frames, calibration))
    due = []
    for index, image in enumerate(film):
        frame = frame_at(image, index, START, fps)
        due += tracker.update(frame, reader.read(image, detector.detect(image)))
    tracks = [*due, *tracker.finish()]
    announced = (desk.announce(track, tracks) for track in tracks)
    return [passage for passage in announced if passage is not None]


def told(found: Sequence[Passage]) -> list[tuple[str, str, bool, str]]:
    """Return what a decision would rest on, in an order of its own."""
    return sorted((p.plate, p.country or "", p.doubt is None, p.direction) for p in found)


def compare(clip: Path, variant: Variant, detector: PlateDetector, reader: PlateReader) -> Compared:
    """Play a clip both ways. Raises BoxError when it cannot be read."""
    opened = open_clip(clip, START)
    film = variant([frame.image for frame in opened.frames()], opened.fps)
    rested: list[None] = []
    sentry = Sentry(detector, rests=partial(rested.append, None))
    always = passages(film, opened.fps, (detector, reader))
    resting = passages(film, opened.fps, (sentry, reader))
    same = told(always) == told(resting)
    return Compared(clip.name, len(film), len(rested), len(always), len(resting), same)


def clips(data: Path) -> Iterator[Path]:
    """Yield the labelled clips, and the street of the demonstration."""
    yield from sorted((data / "nl-clips" / "clips").glob("*"))
    yield from sorted((data / "road-clip").glob("*.mp4"))
    yield Path(__file__).parent / "demo" / "street.mp4"


def _table(by_variant: dict[str, list[Compared]]) -> Table:
    table = Table(title="Passages without rest and with it")
    for column in ("variant", "clips", "frames", "at rest", "without", "with", "that differ"):
        table.add_column(column, justify="left" if column == "variant" else "right")
    for variant, done in by_variant.items():
        sums = (sum(getattr(c, n) for c in done) for n in ("frames", "rested", "always", "resting"))
        differ = [c.clip for c in done if not c.same]
        table.add_row(variant, str(len(done)), *map(str, sums), ", ".join(differ) or "none")
    return table


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=SHARED, show_default=True)
@click.option("--variant", "chosen", type=click.Choice(list(VARIANTS)), multiple=True)
def main(data: Path, chosen: tuple[str, ...]) -> None:
    """Play every clip with rest and without. Exit status 1 where a passage differs."""
    cv2.setNumThreads(1)
    models = Models(threads=1)
    try:
        eyes = wiring_eyes.eyes(models)
        by_variant = {
            name: [compare(clip, VARIANTS[name], *eyes) for clip in clips(data)]
            for name in chosen or VARIANTS
        }
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    Console().print(_table(by_variant))
    if not all(c.same for done in by_variant.values() for c in done):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

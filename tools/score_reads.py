"""Score the models on labelled footage: single frames, and whole vehicles in replay.

Reads the layout of ../shared/data: `boxes.csv` (boxes on single frames), `clips.csv` (vehicles).
Prints aggregates alone: plates of real footage appear nowhere.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.capture.clip import open_clip
from edge.config import Models, Reading
from edge.daemon import wiring
from edge.passage.passage import Desk, ReadingPolicy
from edge.passage.tracker import Tracker
from edge.ports import PlateDetector, PlateReader
from edge.replay.truth import Vehicle, read_truth, same, score
from edge.types import Box, Detection, Frame, Passage
from edge.vision.rectify import overlap

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("nl-clips", "road-clip")
MATCH = 0.4
START = datetime(2028, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled plate on one frame; `certain` is false where the label itself lags."""

    vehicle: Vehicle
    box: Box
    certain: bool


@dataclass(frozen=True, slots=True)
class Frames:
    """Single frames: boxes found, texts exact, and boxes where no plate is labelled."""

    plates: int
    found: int
    exact: int
    frames: int
    false_boxes: int


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Whole vehicles: right, announced twice, and passages that match no vehicle."""

    vehicles: int
    right: int
    duplicated: int
    other: int
    other_settled: int


def labels(folder: Path) -> dict[str, dict[int, list[Labelled]]]:
    """Return the labelled plates by clip and frame."""
    found: dict[str, dict[int, list[Labelled]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "boxes.csv").open(newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            x, y, w, h = (float(row[name]) for name in ("x", "y", "w", "h"))
            label = Labelled(
                Vehicle(row["plate_text"], row["country"]),
                Box(x, y, x + w, y + h),
                row["box_ok"] == "1",
            )
            found[row["file"]][int(row["frame"])].append(label)
    return found


def score_frames(folder: Path, finder: PlateDetector, text: PlateReader) -> Frames:
    """Score every labelled frame by itself."""
    total = Frames(0, 0, 0, 0, 0)
    for file, frames in track(labels(folder).items(), "Frames", console=Console(stderr=True)):
        for frame in open_clip(folder / file, START).frames():
            if frame.index in frames:
                total = _added(total, _one_frame(frame, frames[frame.index], finder, text))
    return total


def _one_frame(
    frame: Frame, plates: Sequence[Labelled], finder: PlateDetector, text: PlateReader
) -> Frames:
    detections = finder.detect(frame.image)
    readings = text.read(frame.image, detections)
    certain = [p for p in plates if p.certain]
    return Frames(
        plates=len(certain),
        found=sum(1 for p in certain if _best(p, detections) >= MATCH),
        exact=sum(1 for p in certain if any(same(r.text, p.vehicle) for r in readings)),
        frames=1,
        false_boxes=sum(1 for d in detections if all(overlap(d.box, p.box) < 0.1 for p in plates)),
    )


def _best(plate: Labelled, detections: Sequence[Detection]) -> float:
    return max((overlap(d.box, plate.box) for d in detections), default=0.0)


def _added(a: Frames, b: Frames) -> Frames:
    return Frames(*(getattr(a, n) + getattr(b, n) for n in Frames.__slots__))


def score_vehicles(folder: Path, finder: PlateDetector, text: PlateReader) -> Vehicles:
    """Score the vehicles of every clip: the final plate of each, in full replay."""
    with (folder / "clips.csv").open(newline="", encoding="utf-8") as f:
        clips = sorted({row["file"] for row in csv.DictReader(f)})
    total = Vehicles(0, 0, 0, 0, 0)
    for file in track(clips, "Vehicles", console=Console(stderr=True)):
        truth = read_truth(folder / "clips.csv", folder / file)
        passages = list(_passages(folder / file, finder, text))
        got = score(passages, truth)
        stray = [p for p in passages if not any(same(p.plate, v) for v in truth)]
        settled = sum(1 for p in stray if p.doubt is None)
        new = Vehicles(got.vehicles, got.right, got.duplicated, got.wrong, settled)
        total = Vehicles(*(getattr(total, n) + getattr(new, n) for n in Vehicles.__slots__))
    return total


def _passages(clip: Path, finder: PlateDetector, text: PlateReader) -> Iterator[Passage]:
    policy = Reading()
    desk = Desk(ReadingPolicy(policy.min_confidence, policy.min_frames))
    tracker = Tracker(policy.gone_after_s)
    for frame in open_clip(clip, START).frames():
        for due in tracker.update(frame, text.read(frame.image, finder.detect(frame.image))):
            yield from filter(None, [desk.announce(due)])
    for due in tracker.finish():
        yield from filter(None, [desk.announce(due)])


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"


def _table(name: str, frames: Frames | None, vehicles: Vehicles) -> Table:
    table = Table(title=name, show_header=False)
    if frames is not None:
        table.add_row("boxes found (IoU 0.4)", _share(frames.found, frames.plates))
        table.add_row("text exact, single frames", _share(frames.exact, frames.plates))
        per_frame = frames.false_boxes / max(1, frames.frames)
        table.add_row("boxes without a label, per frame", f"{per_frame:.3f}")
    table.add_row("vehicles right in replay", _share(vehicles.right, vehicles.vehicles))
    table.add_row("vehicles announced twice", str(vehicles.duplicated))
    table.add_row("passages of no labelled vehicle", str(vehicles.other))
    table.add_row("of these settled", str(vehicles.other_settled))
    return table


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Labelled footage.")
@click.option("--set", "sets", multiple=True, default=SETS, show_default=True)
@click.option("--threads", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(data: Path, sets: tuple[str, ...], threads: int, as_json: bool) -> None:
    """Score the shipped models on labelled footage."""
    missing = [name for name in sets if not (data / name / "clips.csv").exists()]
    if missing:
        raise click.ClickException(
            f"No labelled footage in {data / missing[0]}. Name its folder with --data."
        )
    models = Models(threads=threads)
    finder, text = wiring.detector(models), wiring.reader(models)
    facts = {}
    for name in sets:
        folder = data / name
        has_boxes = (folder / "boxes.csv").exists()
        frames = score_frames(folder, finder, text) if has_boxes else None
        vehicles = score_vehicles(folder, finder, text)
        facts[name] = {"frames": frames and asdict(frames), "vehicles": asdict(vehicles)}
        if not as_json:
            Console().print(_table(name, frames, vehicles))
    if as_json:
        click.echo(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()

"""Fit how often the vote over a reader's readings is right, and pin it beside the reader.

Draws synthetic plates, photographs each several times (some frames share their light and their
angle, as those of one vehicle do), reads them with the shipped reader and votes as the box does.
Half of the tracks fit the curve, the other half measures it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

import click
import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.errors import BoxError
from edge.passage.calibration import SUFFIX, Calibration, Fitted, Grounds, fitted
from edge.passage.finding import find, open_question
from edge.passage.plate import fits_country
from edge.replay.truth import Vehicle, same
from edge.types import Box, Detection, Image, Point, Reading
from edge.vision.reader import FastPlateReader
from tools.synth.crops import draw_crop, draw_reading_spec
from tools.synth.plates import PlateSpec

MOST_FRAMES, LONG = 8, 6
NEW_VIEW = 0.3  # chance that a frame has light and angle of its own
RIM_PX = (3, 8)  # a drawn crop has this much to spare above and beside the plate
SURE = 0.99
LEVELS = (0.95, 0.98, SURE, 0.995)
EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
RIDGE = 1e-2
DRAFT, ENOUGH = ".new", 4096
LEAST = 20  # wrong tracks, and right ones, without which a curve is guesswork
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One track: what spoke for its vote, and whether plate and country were right.

    `frames`: how many gave any text; where none did, no passage is covered.
    `fair`: in weather that a box meets on most days; the rest is as harsh as in training.
    `lines` of the plate: of two there are far more here than on any road.
    """

    grounds: Grounds
    right: bool
    open: bool
    truth: str
    country: str | None
    frames: int
    fair: bool
    lines: int


def draw_track(rng: np.random.Generator, fair: bool) -> tuple[PlateSpec, list[Image]]:
    """Draw one plate that its country could issue, and some crops of it, (h, w, 3) uint8 BGR."""
    spec = draw_reading_spec(rng)
    while not fits_country(spec.text, spec.country):
        spec = draw_reading_spec(rng)
    crops, view = [], draw_crop(spec, rng, easy=fair)
    for frame in range(int(rng.integers(1, MOST_FRAMES + 1))):
        if frame and rng.random() < NEW_VIEW:
            view = draw_crop(spec, rng, easy=fair)
        crops.append(seen_again(view, rng))
    return spec, crops


def seen_again(view: Image, rng: np.random.Generator) -> Image:
    """Photograph a view a moment later: moved a little, nearer or farther, a little other light."""
    high, wide = view.shape[0] - 2 * RIM_PX[0], view.shape[1] - 2 * RIM_PX[1]
    top, left = (int(rng.integers(0, 2 * rim + 1)) for rim in RIM_PX)
    cut = view[top : top + high, left : left + wide].astype(np.float32)
    lit = cut * np.exp(rng.normal(0, 0.1)) + rng.normal(0, 5)
    noisy = np.clip(lit + rng.normal(0, 5 * rng.random(), cut.shape), 0, 255).astype(np.uint8)
    scale = float(rng.uniform(0.5, 1.0))
    small = cv2.resize(noisy, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def judged(reader: FastPlateReader, seed: int, tracks: int) -> Iterator[Judged]:
    """Yield what the vote made of each of some random tracks."""
    for number in range(tracks):
        fair = number % 4 >= 2
        spec, crops = draw_track(np.random.default_rng((seed, number)), fair)
        readings = [read for crop in crops if (read := _read(reader, crop)).text]
        yield _judged(spec, readings, fair)


def _read(reader: FastPlateReader, crop: Image) -> Reading:
    """Read a crop, as wide as any: how large a drawn plate was is not known."""
    corners = (Point(0, 0), Point(100, 0), Point(100, 24), Point(0, 24))
    return reader.read_crop(crop, Detection(Box(0, 0, 100, 24), corners, 1.0))


def _judged(spec: PlateSpec, readings: Sequence[Reading], fair: bool) -> Judged:
    found = find(readings)
    return Judged(
        found.grounds,
        same(found.vote.text, Vehicle(spec.text, spec.country)),
        open_question(found) is not None,
        spec.country,
        found.origin.country,
        len(readings),
        fair,
        spec.lines,
    )


def refuse_few(tracks: Sequence[Judged]) -> None:
    """Refuse to fit on tracks that are nearly all right or nearly all wrong."""
    right = sum(t.right for t in tracks)
    wrong = len(tracks) - right
    if min(right, wrong) < LEAST:
        raise click.ClickException(
            f"Half of the tracks that gave any text are {wrong} wrong and {right} right ones, and "
            f"a curve needs {LEAST} of each. Draw more with --tracks."
        )


def fit(tracks: Sequence[Judged]) -> Calibration:
    """Fit the curve; a ground that would speak against itself is left out."""
    names = [field.name for field in fields(Calibration)]
    matrix = np.array([(1.0, *t.grounds) for t in tracks], np.float64)
    right = np.array([t.right for t in tracks], np.float64)
    kept = list(range(len(names)))
    while True:
        weights = _logistic(matrix[:, kept], right)
        worst = min(range(1, len(kept)), key=lambda i: weights[i], default=0)
        if worst == 0 or weights[worst] >= 0:
            break
        del kept[worst]
    values = dict.fromkeys(names, 0.0) | dict(
        zip((names[i] for i in kept), np.round(weights, 4).tolist(), strict=True)
    )
    return Calibration(**values)


def _logistic(matrix: Floats, right: Floats) -> Floats:
    """Fit a logistic regression by Newton's steps, held small by a ridge."""
    weights = np.zeros(matrix.shape[1])
    for _ in range(50):
        shares = 1 / (1 + np.exp(-np.clip(matrix @ weights, -30, 30)))
        slope = matrix.T @ (right - shares) - RIDGE * weights
        bend = (matrix.T * (shares * (1 - shares))) @ matrix + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights = weights + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(weights)


@dataclass(frozen=True, slots=True)
class Bin:
    """Tracks of like confidence: how many, how sure on average, how often right."""

    low: float
    high: float
    tracks: int
    confidence: float
    right: float


def reliability(confidence: Floats, right: Floats) -> list[Bin]:
    """Return the bins that hold any track."""
    places = np.digitize(confidence, EDGES[1:-1])
    return [
        Bin(
            EDGES[place],
            EDGES[place + 1],
            int(among.sum()),
            float(confidence[among].mean()),
            float(right[among].mean()),
        )
        for place in range(len(EDGES) - 1)
        if (among := places == place).any()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: how far off the bins are, by their size."""
    total = sum(b.tracks for b in bins)
    return sum(b.tracks * abs(b.confidence - b.right) for b in bins) / total


def report(tracks: Sequence[Judged], curve: Calibration) -> tuple[Table, list[str]]:
    """Describe how honest a curve is on tracks that it was not fitted on."""
    confidence = np.array([curve.probability(t.grounds) if t.frames else 0.0 for t in tracks])
    right = np.array([t.right for t in tracks], np.float64)
    read = np.array([t.frames > 0 for t in tracks])
    bins = reliability(confidence[read], right[read])
    table = Table("confidence", "tracks", "stated", "right")
    for b in bins:
        table.add_row(f"{b.low}-{b.high}", str(b.tracks), f"{b.confidence:.4f}", f"{b.right:.4f}")
    lines = [f"expected calibration error {calibration_error(bins):.4f}"]
    lines += [f"{int((~read).sum())} of {len(tracks)} tracks gave no text: none of them is covered"]
    lines += [_above(level, confidence, right) for level in LEVELS]
    fair = np.array([t.fair for t in tracks])
    readings = sum(t.frames for t in tracks if t.fair)
    lines += [f"of these in fair weather, {fair.sum()} tracks of {readings} readings:"]
    lines += [_above(level, confidence[fair], right[fair]) for level in LEVELS]
    again = np.array([t.frames > 1 for t in tracks])
    lines += [f"of those that two frames and more gave text for, {again.sum()} tracks:"]
    lines += [_above(SURE, confidence[again], right[again])]
    rows = np.array([t.lines for t in tracks])
    long = np.array([t.frames >= LONG for t in tracks])
    for count, called in ((1, "one line"), (2, "two lines")):
        lined = rows == count
        lines += [f"of plates of {called}, {lined.sum()} tracks:"]
        lines += [_above(level, confidence[lined], right[lined]) for level in LEVELS]
        lined &= long
        lines += [f"of those that {LONG} frames and more gave text for, {lined.sum()} tracks:"]
        lines += [_above(SURE, confidence[lined], right[lined])]
    settled = [t for t, sure in zip(tracks, confidence, strict=True) if sure >= SURE and not t.open]
    wrong = sum(not t.right for t in settled)
    return table, [
        *lines,
        f"and without any other doubt: {len(settled) / len(tracks):.1%} covered, {wrong} wrong",
        _countries([t for t in tracks if t.truth in ("NL", "BE")]),
    ]


def _above(level: float, confidence: Floats, right: Floats) -> str:
    sure = confidence >= level
    wrong = int((1 - right[sure]).sum())
    share = wrong / max(1, int(sure.sum()))
    covered = sure.sum() / max(1, len(sure))
    return f"at {level} and above: {covered:.1%} covered, {wrong} wrong ({share:.3%})"


def _countries(tracks: Sequence[Judged]) -> str:
    right = sum(t.country == t.truth for t in tracks)
    wrong = sum(t.country not in (t.truth, None) for t in tracks)
    total = max(1, len(tracks))
    return (
        f"country of Dutch and Belgian plates: {right / total:.1%} right, {wrong / total:.2%} wrong"
    )


def write(path: Path, content: Fitted) -> None:
    """Write the calibration beside its reader, whole or not at all.

    Raises ModelError when no box would take it.
    """
    encoded = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
    fitted(encoded, content.reader_sha256)
    draft = path.with_suffix(DRAFT)
    try:
        draft.write_bytes(encoded)
        draft.replace(path)
    except OSError as e:
        raise _unwritable(draft, e) from e


def refuse_unwritable(path: Path) -> None:
    """Refuse, before the long run, a place where the calibration could not be written."""
    draft = path.with_suffix(DRAFT)
    try:
        draft.write_bytes(bytes(ENOUGH))
        draft.unlink()
    except OSError as e:
        raise _unwritable(draft, e) from e


def _unwritable(draft: Path, e: OSError) -> click.ClickException:
    with suppress(OSError):
        draft.unlink()
    return click.ClickException(
        f"{draft} cannot be written ({e.strerror}). Free some space, or copy the models to a "
        "folder of your own and name its manifest with --manifest."
    )


@click.command()
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    default=MODELS_FOLDER / "manifest.toml",
    help="Of the reader. Default: the models of this repository, whose curve is written over.",
)
@click.option("--reader", "name", default=Models().reader, show_default=True)
@click.option(
    "--tracks",
    type=click.IntRange(min=100),
    default=20_000,
    show_default=True,
    help="About 75 a second on one idle core.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
def main(manifest: Path, name: str, tracks: int, seed: int) -> None:
    """Fit the confidence of the vote for one reader, over the one that lies beside it."""
    cv2.setNumThreads(1)
    console = Console(stderr=True)
    try:
        reader = wiring_eyes.reader(Models(manifest=manifest, reader=name, threads=1))
        target = reader.model.path.with_suffix(SUFFIX)
        refuse_unwritable(target)
        drawn = judged(reader, seed, tracks)
        found = list(track(drawn, "Reading tracks", total=tracks, console=console))
        fitting = [t for t in found[::2] if t.frames]
        refuse_few(fitting)
        curve = fit(fitting)
        table, lines = report(found[1::2], curve)
        Console().print(table, *lines, sep="\n", highlight=False)
        sha256 = reader.model.sha256
        write(target, Fitted(reader_sha256=sha256, calibration=curve, tracks=tracks, seed=seed))
    except BoxError as e:
        raise click.ClickException(str(e)) from e


if __name__ == "__main__":
    main()

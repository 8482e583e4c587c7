"""Score detectors and readers: python -m tools.score_reads [--set NAME] [--peer] [--plots DIR]."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import click
import cv2
import msgspec
from rich.console import Console

from edge.cli.finite import Finite
from edge.config import Models
from edge.daemon import wiring_eyes
from edge.errors import BoxError, ModelError
from edge.passage.passage import ReadingPolicy
from tools.peers import PAIR, CctReader, YoloDetector
from tools.score_reads.looking import UNCALIBRATED, Eyes
from tools.score_reads.scoring import SYNTHETIC, Scores, score_set
from tools.score_reads.tables import facts, table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SETS = ("nl-clips", "road-clip", "eu-crops-eval", "ro-dashcam-train", "es-scenes-eval")
OURS = Models()


def chosen(models: Models, peer: bool) -> list[Eyes]:
    """Open our models and, beside them, the peer's.

    Raises ModelError.
    """
    own = Eyes("ours", wiring_eyes.detector(models), wiring_eyes.reader(models), trusted(models))
    if not peer:
        return [own]
    threads = models.threads
    return [own, Eyes(PAIR, YoloDetector(threads=threads), CctReader(threads=threads))]


def trusted(models: Models) -> ReadingPolicy:
    """Return when a box trusts this reader; one that nobody calibrated yet is scored as it is."""
    try:
        return replace(UNCALIBRATED, calibration=wiring_eyes.calibration(models))
    except ModelError as e:
        Console(stderr=True).print(f"Vehicles are scored without a calibration. {e}")
        return UNCALIBRATED


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Where the sets lie.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    default=SETS,
    show_default=True,
    help="A folder of --data, or `synthetic`. One ending in -train is scored on what it holds out.",
)
@click.option(
    "--synthetic",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Crops of the synthetic set.",
)
@click.option("--peer", is_flag=True, help=f"Beside ours, score {PAIR}.")
@click.option("--detector", default=OURS.detector, show_default=True, help="In the manifest.")
@click.option("--reader", default=OURS.reader, show_default=True, help="In the manifest.")
@click.option("--manifest", type=click.Path(path_type=Path), default=OURS.manifest)
@click.option(
    "--threshold",
    "detector_threshold",
    type=Finite(0, 1),
    default=OURS.detector_threshold,
    show_default=True,
)
@click.option("--threads", default=1, show_default=True)
@click.option(
    "--json", "as_json", type=click.File("w", lazy=False), help="Write the figures; - prints them."
)
@click.option(
    "--plots", type=click.Path(path_type=Path, file_okay=False), help="Folder for the pictures."
)
def main(
    data: Path,
    sets: tuple[str, ...],
    synthetic: int,
    peer: bool,
    as_json: TextIO | None,
    plots: Path | None,
    **models: object,
) -> None:
    """Score the models on labelled pictures and clips; no plate is shown, counts alone are."""
    cv2.setNumThreads(1)
    _make(plots)
    try:
        pairs = chosen(msgspec.convert(models, Models), peer)
        scored = dict(_scored([data / name for name in sets], pairs, synthetic))
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    except msgspec.ValidationError as e:
        raise click.UsageError(str(e)) from e
    _tell(scored, as_json)
    if plots is not None:
        _draw(scored, plots)


def _scored(folders: list[Path], pairs: list[Eyes], drawn: int) -> Iterator[tuple[str, Scores]]:
    missing = [f for f in folders if not f.is_dir() and f.name != SYNTHETIC]
    if missing:
        raise click.ClickException(
            f"There is no labelled set {missing[0]}. Name its folder with --data and --set."
        )
    for folder in folders:
        yield folder.name, score_set(folder, pairs, drawn)


def _tell(scored: dict[str, Scores], as_json: TextIO | None) -> None:
    if as_json is not None:
        _write(as_json, json.dumps(facts(scored), indent=1))
    if as_json is None or as_json.name not in ("-", "<stdout>"):
        for name, scores in scored.items():
            Console().print(table(name, scores))


def _write(file: TextIO, text: str) -> None:
    try:
        file.write(text)
        file.flush()
    except OSError as e:
        raise click.ClickException(
            f"{file.name} cannot be written ({e.strerror}). Name another file with --json."
        ) from e


def _make(plots: Path | None) -> None:
    """Make the folder before minutes are spent."""
    try:
        if plots is not None:
            plots.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise click.ClickException(
            f"No folder can be made at {plots} ({e.strerror}). Name another with --plots."
        ) from e


def _draw(scored: dict[str, Scores], folder: Path) -> None:
    try:
        from tools.score_reads.plots import draw  # an extra: tables need none
    except ImportError as e:
        raise click.ClickException(
            "Plots need matplotlib, which is not installed. Install the extra `dev`."
        ) from e
    for name, scores in scored.items():
        draw(name, scores, folder)


if __name__ == "__main__":
    main()

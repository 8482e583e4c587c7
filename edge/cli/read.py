"""`anpr-edge read`: the plates in pictures."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from edge.capture.clip import read_image
from edge.cli.printable import printable
from edge.config import Models, load
from edge.daemon.inforce import models_in_force
from edge.daemon.wiring_eyes import calibration, eyes
from edge.errors import CaptureError
from edge.passage.calibration import Calibration, rounded_down
from edge.passage.finding import find
from edge.passage.vote import vote
from edge.types import Box, Detection, Image, Point, Reading
from edge.vision.detector import OnnxDetector
from edge.vision.golden import is_plate
from edge.vision.reader import FastPlateReader
from edge.vision.tiles import find_everywhere

CROP_WIDTH_PX, LONG_CROP_WIDTH_PX = 400, 2000
CROP_ASPECT, LONG = (1.2, 7.0), 2.2
"""Width in heights of what may be but a plate; from LONG on no camera's frame is so long."""
CROP_CONFIDENCE = 0.5
GUESS = 0.5
"""Confidence below which a reading is called a guess."""


@click.command()
@click.argument(
    "images",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="IMAGE...",
)
@click.option("--config", type=click.Path(path_type=Path), help="Use the models of this box.toml.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per image.")
def read(images: tuple[Path, ...], config: Path | None, as_json: bool) -> None:
    """Read the plates in pictures: text, country, and how likely the whole text is right.

    All three are what a box makes of this one picture; a passage gathers many. What is called a
    guess the box holds for more likely wrong than right. --json tells the plate's place in pixels
    as well, how sure the vote is of each character (no calibrated figure), and as `read_as` the
    text before syntax corrected it. A picture that may be nothing but a plate, at most 400 pixels
    wide or longer than a camera's frame for its height, is read as a whole, too, and the surer
    counts; one larger than a camera's frame is searched in tiles.
    """
    models = Models() if config is None else models_in_force(load(config))
    looking, curve = eyes(models), calibration(models)
    console = Console(stderr=True)
    # On a terminal the sentences show how far it is; a bar would stand in their lines.
    quiet = as_json or len(images) == 1 or sys.stdout.isatty() or not console.is_terminal
    shown = images if quiet else track(images, "Reading", console=console)
    faults = 0
    for path in shown:
        try:
            found = [_described(r, curve) for r in readings_in(read_image(path), *looking)]
        except CaptureError as e:
            click.echo(_line(f"anpr-edge: {e}"), err=True)
            faults += 1
            continue
        if as_json:
            click.echo(json.dumps({"file": str(path), "readings": found}))
        else:
            click.echo(_line(f"{path}: {_sentence(found)}"))
    sys.exit(1 if faults else 0)


def readings_in(image: Image, finder: OnnxDetector, text: FastPlateReader) -> list[Reading]:
    """Return the readings in a picture, best plate first."""
    found = [r for r in text.read(image, find_everywhere(image, finder.detect)) if is_plate(r)]
    whole = _as_a_crop(image, text)
    return max(found, whole, key=_surest)


def _surest(readings: list[Reading]) -> float:
    return max((vote([reading]).confidence for reading in readings), default=0.0)


def _as_a_crop(image: Image, text: FastPlateReader) -> list[Reading]:
    height, width = image.shape[:2]
    long = width / height
    widest = LONG_CROP_WIDTH_PX if long >= LONG else CROP_WIDTH_PX
    if width > widest or not CROP_ASPECT[0] <= long <= CROP_ASPECT[1]:
        return []
    corners = (Point(0, 0), Point(width, 0), Point(width, height), Point(0, height))
    reading = text.read_crop(image, Detection(Box(0, 0, width, height), corners, 0.0))
    return [reading] if vote([reading]).confidence >= CROP_CONFIDENCE else []


def _described(reading: Reading, curve: Calibration) -> dict[str, Any]:
    """Tell a reading as the passage would that rests on it alone."""
    found = find([reading])
    return {
        "plate": found.vote.text,
        "read_as": found.read_as,
        "country": found.origin.country,
        "confidence": round(curve.probability(found.grounds), 4),
        "chars": [round(p, 4) for p in found.vote.chars],
        "box": [round(v, 1) for v in reading.detection.box],
    }


def _sentence(found: list[dict[str, Any]]) -> str:
    if not found:
        return "no plate found"
    return ", ".join(
        f"{r['plate']} ({'a guess, ' * (r['confidence'] < GUESS)}"
        f"{r['country'] or 'country unknown'}, {rounded_down(r['confidence']):.2f})"
        for r in found
    )


def _line(told: str) -> str:
    """Keep what a file is called within one line: it is shown, and never obeyed."""
    return printable(told).replace("\n", "\\n")

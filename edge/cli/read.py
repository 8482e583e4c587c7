"""`anpr-edge read`: the plates in pictures."""

import json
import sys
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from edge.capture.clip import read_image
from edge.cli.printable import in_a_line
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

CROP_WIDTH_PX = 400
CROP_ASPECT = (1.2, 7.0)
"""Width in heights of what may be but a plate."""
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
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object per image, and of one that cannot be read its error.",
)
def read(images: tuple[Path, ...], config: Path | None, as_json: bool) -> None:
    """Read the plates in pictures: text, country, and how likely the whole text is right.

    All three are what a box makes of this one picture; a passage gathers many. What is called a
    guess the box holds for more likely wrong than right. --json tells the plate's place in pixels
    as well, how sure the vote is of each character (no calibrated figure), and as `read_as` the
    text before syntax corrected it. A picture that may be nothing but a plate is read as a whole,
    too, and the surer counts; one larger than a camera's frame is searched in tiles.
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
            click.echo(in_a_line(f"anpr-edge: {e}"), err=True)
            if as_json:
                click.echo(json.dumps({"file": str(path), "error": str(e)}))
            faults += 1
            continue
        if as_json:
            click.echo(json.dumps({"file": str(path), "readings": found}))
        else:
            click.echo(in_a_line(f"{path}: {_sentence(found)}"))
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
    if not CROP_ASPECT[0] <= width / height <= CROP_ASPECT[1]:
        return []
    corners = (Point(0, 0), Point(width, 0), Point(width, height), Point(0, height))
    reading = text.read_crop(_shrunk(image), Detection(Box(0, 0, width, height), corners, 0.0))
    # A street read as one plate may spell a letter surely, but never the whole of it.
    sure = min(vote([reading]).confidence, reading.whole) >= CROP_CONFIDENCE
    return [reading] if sure and is_plate(reading) else []


def _shrunk(image: Image) -> Image:
    """Make a picture no wider than what was read as a whole in training and measuring."""
    height, width = image.shape[:2]
    if width <= CROP_WIDTH_PX:
        return image
    size = (CROP_WIDTH_PX, round(height * CROP_WIDTH_PX / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


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

"""Make synthetic plates, road scenes and street clips: python -m tools.make_plates VERB."""

from __future__ import annotations

import csv
import math
import re
import tempfile
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from edge.cli.finite import Finite
from edge.errors import BoxError
from tools.synth.clips import CAST, FPS, LANES, Actor, shoot
from tools.synth.crops import draw_crop
from tools.synth.glyphs import font_files
from tools.synth.plates import PlateSpec, draw_spec
from tools.synth.scenes import Scene, Wardrobe, draw_clutter, draw_scene
from tools.synth.styles import COUNTRIES
from tools.synth.vehicles import KINDS

CLIP_SECONDS = 12.0
SCENE_SIZE = (1280, 720)
CROP_HEADER = ("file", "plate_text", "country", "lines", "style")
SCENE_HEADER = (
    "file", "plate_text", "country", "lines", "style", "visible",
    "x0", "y0", "x1", "y1", "tl_x", "tl_y", "tr_x", "tr_y", "br_x", "br_y", "bl_x", "bl_y",
)  # fmt: skip
NEEDED = ("plate_text", "country", "kind", "lane", "enters_s", "speed_m_s")

PLATE = re.compile(r"[A-Z0-9]{2,10}")

Verb = Callable[..., None]


def spoken(verb: Verb) -> Verb:
    """Turn faults that a person can act on into one sentence and exit code 2."""

    @wraps(verb)
    def wrapped(**options: object) -> None:
        try:
            font_files()
            verb(**options)
        except BoxError as fault:
            raise click.UsageError(str(fault)) from fault
        except OSError as fault:
            raise click.UsageError(
                f"{fault.filename or 'The output'} cannot be written ({fault.strerror}); "
                "choose a folder that you may write to."
            ) from fault

    return wrapped


def empty_folder(path: Path) -> Path:
    """Make the folder, or refuse one that already holds files."""
    if path.exists() and not path.is_dir():
        raise click.UsageError(f"{path} is a file; give a folder to --out.")
    if path.is_dir() and any(path.iterdir()):
        raise click.UsageError(f"{path} is not empty; empty it or give another folder to --out.")
    path.mkdir(parents=True, exist_ok=True)
    return path


def progress() -> Progress:
    """A progress bar on the error stream, so that output can be piped."""
    return Progress(console=Console(stderr=True))


@click.group()
def main() -> None:
    """Make synthetic plates, road scenes and street clips."""


def common(verb: Verb) -> Verb:
    """Options of the verbs that fill a folder."""
    for option in (
        click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True),
        click.option("--out", type=click.Path(path_type=Path), required=True),
        click.option("--count", type=click.IntRange(1, 1_000_000), required=True),
    ):
        verb = option(verb)
    return verb


@main.command()
@common
@click.option("--country", help="Only plates of this country, two letters.")
@spoken
def crops(count: int, out: Path, seed: int, country: str | None) -> None:
    """Plate crops as the reader sees them, with crops.csv."""
    folder, rng = empty_folder(out), np.random.default_rng(seed)
    rows = []
    with progress() as bar:
        for number in bar.track(range(count), description="crops"):
            spec = _spec(rng, country)
            name = f"crop_{number:06d}.png"
            write_image(folder / name, draw_crop(spec, rng))
            rows.append((name, spec.text, spec.country, spec.lines, spec.style))
    write_rows(folder / "crops.csv", CROP_HEADER, rows)


def _spec(rng: np.random.Generator, country: str | None) -> PlateSpec:
    """A random plate, or a sentence about an unknown country."""
    try:
        return draw_spec(rng, country)
    except KeyError as unknown:
        raise click.UsageError(
            f"No plates are known for country {country}; give two letters such as NL or BE."
        ) from unknown


@main.command()
@common
@click.option(
    "--clutter",
    type=Finite(0, 1),
    default=0.2,
    show_default=True,
    help="Share of pictures full of what is not a plate: lettering, lamps, grids.",
)
@spoken
def scenes(count: int, out: Path, seed: int, clutter: float) -> None:
    """Road scenes as the detector sees them, with scenes.csv."""
    folder, rng = empty_folder(out), np.random.default_rng(seed)
    wardrobe = Wardrobe(rng, plates=min(120, 8 * count), vehicles=min(40, 4 * count))
    rows: list[Sequence[object]] = []
    with progress() as bar:
        for number in bar.track(range(count), description="scenes"):
            draw = draw_clutter if rng.random() < clutter else draw_scene
            scene, name = draw(rng, SCENE_SIZE, wardrobe), f"scene_{number:06d}.png"
            write_image(folder / name, scene.image)
            rows += scene_rows(name, scene)
    write_rows(folder / "scenes.csv", SCENE_HEADER, rows)


def scene_rows(name: str, scene: Scene) -> list[Sequence[object]]:
    """One row of the truth for every plate of a scene."""
    rows: list[Sequence[object]] = []
    for plate in scene.plates:
        spec = plate.spec
        places = [f"{value:.1f}" for value in (*plate.box, *plate.corners.ravel())]
        rows.append((name, spec.text, spec.country, spec.lines, spec.style,
                     f"{plate.visible:.2f}", *places))  # fmt: skip
    return rows


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The MP4 to write.")
@click.option("--truth", type=click.Path(path_type=Path), required=True, help="The CSV to write.")
@click.option(
    "--vehicles",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"CSV with {', '.join(NEEDED)}; the demo's own vehicles without it.",
)
@click.option("--seconds", type=Finite(0.1, 120), default=CLIP_SECONDS, show_default=True)
@click.option(
    "--fineness",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="Draw so many times larger, then shrink.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@spoken
def clip(out: Path, truth: Path, vehicles: Path | None, seconds: float, fineness: int,
         seed: int) -> None:  # fmt: skip
    """A street clip from a fixed roadside camera, and where each plate is readable."""
    cast = read_cast(vehicles) if vehicles else CAST
    for path in (out, truth):
        path.parent.mkdir(parents=True, exist_ok=True)
    with progress() as bar, tempfile.TemporaryDirectory(dir=out.parent) as aside:
        task = bar.add_task("frames", total=round(seconds * FPS))
        half = Path(aside) / out.name
        shoot(half, truth, cast, seconds, seed, lambda: bar.advance(task), fineness)
        half.replace(out)


def read_cast(path: Path) -> tuple[Actor, ...]:
    """The vehicles of a clip from CSV; every fault names its line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
    except (UnicodeDecodeError, csv.Error) as e:
        raise click.UsageError(f"{path} is no CSV in UTF-8. Save it as such.") from e
    if not rows or not set(NEEDED) <= set(rows[0]):
        raise click.UsageError(f"{path} needs a header with {', '.join(NEEDED)} and one row each.")
    return tuple(_actor(path, number, row) for number, row in enumerate(rows, start=2))


def _actor(path: Path, line: int, row: dict[str, str]) -> Actor:
    """One vehicle from one row."""
    if row["kind"] not in KINDS or row["lane"] not in LANES:
        raise click.UsageError(
            f"{path} line {line}: kind is one of {', '.join(KINDS)} and lane one of "
            f"{', '.join(LANES)}."
        )
    try:
        enters, speed = float(row["enters_s"]), float(row["speed_m_s"])
    except (TypeError, ValueError) as unreadable:
        raise click.UsageError(
            f"{path} line {line}: enters_s and speed_m_s are numbers."
        ) from unreadable
    if not (math.isfinite(enters) and math.isfinite(speed)):
        raise click.UsageError(f"{path} line {line}: enters_s and speed_m_s are finite.")
    if not PLATE.fullmatch(row["plate_text"] or "") or row["country"] not in COUNTRIES:
        raise click.UsageError(
            f"{path} line {line}: plate_text is 2 to 10 of A to Z and 0 to 9, and country one of "
            f"{', '.join(COUNTRIES)}."
        )
    return Actor(row["plate_text"], row["country"], row["kind"], row["lane"], enters, speed,
                 name=row.get("name", ""), seed=line)  # fmt: skip


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write one picture, or say why not."""
    if not cv2.imwrite(str(path), image):
        raise OSError(5, "the picture was not written", str(path))


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a header and rows as CSV."""
    with path.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()

"""Draw the golden pictures of a release of models: what a box must read before it uses them.

Pictures and plates are made up (tools.synth, by a seed). Kept are those that every detector and
every reader of the manifest together read exactly as they were drawn, by day and at night, of one
plate and of two: a box may be set to any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import click
import cv2
import msgspec
import numpy as np
from rich.console import Console
from rich.progress import Progress

from edge.cli.finite import Finite
from edge.config import Models
from edge.daemon import wiring_eyes
from edge.daemon.inforce import MANIFEST
from edge.daemon.model_gate import Eyes, looked
from edge.errors import BoxError, ModelError
from edge.types import Image
from edge.vision.golden import (
    FEWEST,
    FILE,
    MOST,
    OVERLAP,
    SLOWER,
    GoldenPicture,
    GoldenPlate,
    Goldens,
    misread,
)
from edge.vision.model import read_manifest
from tools.synth.glyphs import font_files
from tools.synth.scenes import Scene, ScenePlate, Wardrobe, draw_scene

SCENE_SIZE, VIEW_SIZE = (1280, 720), (768, 432)
WHOLE, NARROWEST_PX, MARGIN_PX = 0.98, 55, 4
DARK = 60
MOST_DRAWN = 60
"""So many scenes are drawn for each picture asked for, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A part of a scene, all its plates in it, and whether it is night there."""

    image: Image
    plates: tuple[GoldenPlate, ...]

    @property
    def dark(self) -> bool:
        """True at night."""
        return float(self.image.mean()) < DARK

    @property
    def texts(self) -> frozenset[str]:
        """What the plates say."""
        return frozenset(plate.text for plate in self.plates)


def views(scene: Scene) -> Iterator[View]:
    """Yield the parts of a scene that hold one plate, or two, whole and nothing of another."""
    alone = ((plate,) for plate in scene.plates)
    for chosen in (*combinations(scene.plates, 2), *alone):
        left, top = corner(scene, chosen)
        right, bottom = left + VIEW_SIZE[0], top + VIEW_SIZE[1]
        seen = [plate for plate in scene.plates if meets(plate, (left, top, right, bottom))]
        if len(seen) == len(chosen) and all(
            whole(plate, (left, top, right, bottom)) for plate in chosen
        ):
            image = np.ascontiguousarray(scene.image[top:bottom, left:right])
            yield View(image, tuple(golden(plate, left, top) for plate in chosen))


def corner(scene: Scene, chosen: Sequence[ScenePlate]) -> tuple[int, int]:
    """Return the top left of a view with the plates about its middle."""
    boxes = np.array([plate.box for plate in chosen])
    rows, columns = scene.image.shape[:2]
    middle = (boxes[:, :2].min(axis=0) + boxes[:, 2:].max(axis=0)) / 2
    room = np.array([columns, rows]) - VIEW_SIZE
    left, top = np.clip(middle - np.array(VIEW_SIZE) / 2, 0, room).astype(int).tolist()
    return left, top


def meets(plate: ScenePlate, view: tuple[int, int, int, int]) -> bool:
    """True when some of a plate lies in a view."""
    box = plate.box
    return box[2] > view[0] and box[0] < view[2] and box[3] > view[1] and box[1] < view[3]


def whole(plate: ScenePlate, view: tuple[int, int, int, int]) -> bool:
    """True when all of a plate lies in a view, unhidden and large enough to be read."""
    x0, y0, x1, y1 = plate.box
    inside = x0 >= view[0] + MARGIN_PX and y0 >= view[1] + MARGIN_PX
    inside = inside and x1 <= view[2] - MARGIN_PX and y1 <= view[3] - MARGIN_PX
    return inside and plate.visible >= WHOLE and x1 - x0 >= NARROWEST_PX


def golden(plate: ScenePlate, left: int, top: int) -> GoldenPlate:
    """Return a plate as it stands in a view."""
    x0, y0, x1, y1 = np.round(np.array(plate.box) - [left, top, left, top], 1).tolist()
    return GoldenPlate(text=plate.spec.text, box=(x0, y0, x1, y1), country=plate.spec.country)


def drawn(seed: int, scenes: int) -> Iterator[View]:
    """Yield the views of so many scenes."""
    rng = np.random.default_rng(seed)
    wardrobe = Wardrobe(rng, plates=120, vehicles=40)
    for _ in range(scenes):
        yield from views(draw_scene(rng, SCENE_SIZE, wardrobe))


def every_pair(manifest: Path) -> list[Eyes]:
    """Open each detector of a manifest with each reader. Raises ModelError."""
    entries = read_manifest(manifest).values()
    names = {
        task: [entry.name for entry in entries if entry.task == task] for task in ("detect", "read")
    }
    if not all(names.values()):
        raise ModelError(f"{manifest} has no detector, or no reader.", "Add it: tools.add_model.")
    finders = [wiring_eyes.detector(Models(manifest=manifest, detector=n)) for n in names["detect"]]
    readers = [wiring_eyes.reader(Models(manifest=manifest, reader=n)) for n in names["read"]]
    return [(finder, reader) for finder in finders for reader in readers]


def gathered(
    offered: Iterator[View], pairs: Sequence[Eyes], count: int, tell: Callable[[int, int], None]
) -> list[View]:
    """Return so many views that all models read as drawn, no plate twice among them.

    A quarter at least is of the night, a quarter at least of two plates; `tell` hears how many
    were kept of how many that were read.
    Raises ModelError when too few are read right.
    """
    kept: list[View] = []
    tried = 0
    for view in offered:
        if len(kept) == count:
            break
        if not wanted(view, kept, count):
            continue
        tried += 1
        if all(read_right(view, pair) for pair in pairs):
            kept.append(view)
        tell(len(kept), tried)
    if len(kept) < count:
        raise ModelError(
            f"Of {tried} pictures the models read {len(kept)} exactly as drawn, and {count} are "
            "asked for, some of them at night and some with two plates; nothing is written.",
            "Train the models further, or try another --seed.",
        )
    return kept


def wanted(view: View, kept: Sequence[View], count: int) -> bool:
    """True when a view shows no plate again and leaves room for those of a rarer kind."""
    if any(view.texts & other.texts for other in kept) or len(view.texts) < len(view.plates):
        return False
    then = [*kept, view]
    nights, pairs = sum(v.dark for v in then), sum(len(v.plates) > 1 for v in then)
    missing = max(0, count // 4 - nights) + max(0, count // 4 - pairs)
    return len(then) + missing <= count


def read_right(view: View, pair: Eyes) -> bool:
    """True when a detector and a reader together read a view as it was drawn."""
    return misread(view.plates, looked(pair, view.image, "a drawn picture"), OVERLAP) is None


def write(folder: Path, kept: Sequence[View], slower: float) -> None:
    """Write the pictures and `golden.json`, last, so that it names only what is there."""
    pictures = []
    for number, view in enumerate(kept, start=1):
        name = f"golden-{number:02}.png"
        if not cv2.imwrite(str(folder / name), view.image):
            raise OSError(5, "the picture was not written", str(folder / name))
        pictures.append(GoldenPicture(file=name, plates=view.plates))
    goldens = Goldens(pictures=tuple(pictures), iou=OVERLAP, slower=slower)
    encoded = msgspec.json.format(msgspec.json.encode(goldens), indent=2)
    (folder / FILE).write_bytes(encoded + b"\n")


@click.command(help=__doc__)
@click.option(
    "--models",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="Folder of the release: its manifest.toml and all that it names.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--count", type=click.IntRange(FEWEST, MOST), default=8, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=2, show_default=True)
@click.option(
    "--slower",
    type=Finite(1, 10),
    default=SLOWER,
    show_default=True,
    help="How many times as long a look may take as with the models a box has.",
)
def main(models: Path, out: Path, count: int, seed: int, slower: float) -> None:
    """Draw, read, keep what was read right, and write it."""
    try:
        font_files()
        pairs = every_pair(models / MANIFEST)
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("drawing", total=count)

            def tell(kept: int, tried: int) -> None:
                bar.update(task, completed=kept, description=f"{kept} of {tried} kept")

            kept = gathered(drawn(seed, MOST_DRAWN * count), pairs, count, tell)
        out.mkdir(parents=True, exist_ok=True)
        write(out, kept, slower)
    except BoxError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        cause = f"{error.filename or out} cannot be written ({error.strerror})."
        raise click.ClickException(f"{cause} Name a folder that you may write to.") from error
    plates = sum(len(view.plates) for view in kept)
    click.echo(f"{out}: {count} pictures of {plates} plates, {sum(v.dark for v in kept)} at night.")


if __name__ == "__main__":
    main()

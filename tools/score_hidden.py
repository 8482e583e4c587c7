"""How surely a reader reads plates of which a part is hidden, as a box reads them.

Drawn plates that no training saw, each in full view and behind every cover of `tools.synth.covers`.
Whoever cannot know what stands there should not be sure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.config import Models
from edge.daemon import wiring_eyes
from edge.errors import ModelError
from edge.types import NO_DETECTION
from edge.vision.reader import FastPlateReader
from tools.reader_sets import Crop, held_out_synthetic
from tools.synth.covers import COVERS, Cover, hidden

OURS = Models(threads=1)
SURE = 0.98
SEED = 77


@dataclass(frozen=True, slots=True)
class Counted:
    """Plates behind one cover: all, those read exactly, those read surely, of these wrong."""

    cover: str
    plates: int
    exact: int
    sure: int
    wrong: int


def counted(reader: FastPlateReader, crops: Sequence[Crop], cover: Cover | None) -> Counted:
    """Read every crop behind a cover, or in full view."""
    rng = np.random.default_rng(SEED)
    exact, sure = list[bool](), list[bool]()
    for crop in crops:
        image = crop.image if cover is None else hidden(crop.image, cover, rng)
        found = reader.read_crop(image, NO_DETECTION)
        exact.append(found.text == crop.text)
        sure.append(found.whole >= SURE)
    wrong = sum(s and not e for s, e in zip(sure, exact, strict=True))
    name = "nothing" if cover is None else cover.__name__
    return Counted(name, len(crops), sum(exact), sum(sure), wrong)


def table(rows: Iterator[Counted]) -> Table:
    """Show counts as a person reads them."""
    shown = Table("hidden by", "exact", f"surely read (whole >= {SURE:g})", "of these wrong")
    for row in rows:
        share = f"{row.exact / row.plates:.1%}"
        shown.add_row(row.cover, share, str(row.sure), str(row.wrong))
    return shown


@click.command(help=__doc__)
@click.option("--reader", default=OURS.reader, show_default=True, help="In the manifest.")
@click.option("--manifest", type=click.Path(path_type=Path), default=OURS.manifest)
@click.option("--plates", type=click.IntRange(min=1), default=1500, show_default=True)
def main(reader: str, manifest: Path | None, plates: int) -> None:
    """Draw, hide, read and count."""
    try:
        ours = wiring_eyes.reader(Models(threads=1, reader=reader, manifest=manifest))
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    console = Console(stderr=True)
    with console.status("drawing"):
        crops = list(held_out_synthetic(plates))
    covers = track((None, *COVERS), "reading", console=console)
    Console().print(table(counted(ours, crops, cover) for cover in covers))


if __name__ == "__main__":
    main()

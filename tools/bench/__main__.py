"""`make bench`: what each stage of a box costs, beside the field's models; processes; changes.

Milliseconds are this machine's. Ratios against a peer measured in the same run travel between
machines.
"""

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from edge.errors import BoxError
from tools.bench.parts import PARTS, measured
from tools.bench.ready import Asked
from tools.bench.table import tables
from tools.large_registry import FOLDER

CLIP = Path(__file__).parents[1] / "demo" / "street.mp4"


@click.command()
@click.option(
    "--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Default: all."
)
@click.option(
    "--clip", type=click.Path(path_type=Path, exists=True), default=CLIP, show_default=True
)
@click.option(
    "--frames",
    type=click.IntRange(min=1),
    default=150,
    show_default=True,
    help="Frames of the clip to play.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Calls of each model.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    multiple=True,
    default=sorted({1, os.cpu_count() or 1}),
    show_default="1, and all cores",
    help="Of the models; may be given more than once.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Of two lanes of traffic, for whole processes.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where boxes are made: on the disk to be measured.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(parts: tuple[str, ...], as_json: bool, **asked: object) -> None:
    """Measure a box, stage by stage, beside the peers' models where they are at hand."""
    wanted = Asked(**asked)  # type: ignore[arg-type]
    try:
        wanted.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=wanted.folder, prefix="bench-") as made:
            found = measured(parts or tuple(PARTS), wanted, Path(made))
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
        return
    console = Console()
    for table in tables(found.figures):
        console.print(table)
    for sentence in found.left_out:
        console.print(sentence)


if __name__ == "__main__":
    main()

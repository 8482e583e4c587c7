"""`make bench`: what each stage of a box costs, beside the field's models; processes; changes.

Milliseconds are this machine's. Ratios against a peer measured in the same run travel between
machines. With a history each run is kept, drawn, and compared with those before it.
"""

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console

from edge.errors import BoxError
from tools.bench.compare import compared
from tools.bench.history import History, Run, add, read_history, run_of
from tools.bench.page import Told, write_page
from tools.bench.parts import PARTS, measured
from tools.bench.process import machine
from tools.bench.ready import Asked
from tools.bench.table import tables
from tools.demo.__main__ import Step
from tools.large_registry import FOLDER

CLIP = Path(__file__).parents[1] / "demo" / "street.mp4"
FINDING = 1


@click.command()
@click.option(
    "--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Default: all of them."
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
    help="Where boxes are made, on the disk to be measured.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="HTML, with plots.")
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON lines: this run is added to those in it.",
)
@click.option(
    "--compare", is_flag=True, help="Exit with 1 when a figure is worse than in the history."
)
def main(
    parts: tuple[str, ...],
    as_json: bool,
    page: Path | None,
    history: Path | None,
    compare: bool,
    **asked: object,
) -> None:
    """Measure a box, stage by stage, beside the peers' models where they are at hand.

    Exit status: 0 measured, 1 nothing can be measured, or with --compare a figure is worse, 2
    misuse. What is asked and not met is told, and changes no status.
    """
    if compare and history is None:
        raise click.UsageError("--compare needs a --history to compare with.")
    try:
        before = History((), ()) if history is None else read_history(history)
        run, left_out = _measured(parts, Asked(**asked))  # type: ignore[arg-type]
        told = Told(run, before.runs, compared(run, before.runs), left_out)
        _tell(told, as_json)
        if history is not None:
            add(history, told.run)
        if page is not None:
            write_page(page, told)
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    for sentence in (*before.faults, *told.compared.remarks) if history is not None else ():
        click.echo(sentence, err=True)
    if compare:
        _judge(told)


def _measured(parts: Sequence[str], asked: Asked) -> tuple[Run, Sequence[str]]:
    """Return the run, and what was left out of it."""
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
        here = machine(asked.folder)
        with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bench-") as made:
            found = measured(parts or tuple(PARTS), asked, Path(made))
    except OSError as e:
        where = f"Nothing can be measured in {asked.folder}: {e}."
        raise click.ClickException(f"{where} Name another folder with --folder.") from e
    except Step as e:
        raise click.ClickException(f"Nothing can be measured in {asked.folder}: {e}") from e
    return run_of(found.figures, here, asked.of), found.left_out


def _tell(told: Told, as_json: bool) -> None:
    if as_json:
        about = msgspec.to_builtins(told.run)
        worse = [str(one) for one in told.compared.worse]
        click.echo(json.dumps(about | {"left_out": told.left_out, "worse": worse}, indent=2))
        return
    console = Console()
    for table in tables(told.run.figures):
        console.print(table)
    console.print(f"Measured on {told.run.machine}: {told.run.of}.", soft_wrap=True)
    for sentence in told.left_out:
        console.print(sentence, soft_wrap=True)


def _judge(told: Told) -> None:
    """Tell what is worse, and exit with 1 where anything is."""
    for one in told.compared.worse:
        click.echo(str(one), err=True)
    if told.compared.worse:
        sys.exit(FINDING)
    if told.compared.figures:
        click.echo(f"None of {told.compared.figures} figures is worse.", err=True)


if __name__ == "__main__":
    main()

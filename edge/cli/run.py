"""`anpr-edge run`: the daemon."""

from functools import partial
from pathlib import Path

import click

from edge.config import DEFAULT_PATH, load
from edge.daemon.run import run_box


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
def run(config: Path) -> None:
    """Watch the camera, decide, and keep signed records in the outbox, until stopped.

    Holds the camera and the signing key, and needs no network: `uplink` has that.
    """
    run_box(load(config), partial(load, config))

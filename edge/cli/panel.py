"""`anpr-edge panel`: the technician's page."""

import sys
from pathlib import Path

import click

from edge.config import DEFAULT_PATH, load
from edge.panel.serve import serve
from edge.settings import Settings

FINDING = 1


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--wanted", is_flag=True, help="Only tell, by exit status, whether there is one.")
def panel(config: Path, wanted: bool) -> None:
    """Serve the technician's page over HTTPS, until stopped.

    Holds no key that signs, and opens neither camera, outbox nor casebook: it shows what `run`
    shows it, and leaves what people did for `run` to sign.
    """
    if wanted:
        sys.exit(0 if load(config, "").panel is not None else FINDING)
    serve(Settings(config))

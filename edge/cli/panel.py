"""`anpr-edge panel`: the technician's page."""

from pathlib import Path

import click

from edge.config import DEFAULT_PATH
from edge.panel.serve import serve
from edge.settings import Settings


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
def panel(config: Path) -> None:
    """Serve the technician's page over HTTPS, until stopped.

    Holds no key that signs, and opens neither camera, outbox nor casebook: it shows what `run`
    shows it, and leaves what people did for `run` to sign.
    """
    serve(Settings(config))

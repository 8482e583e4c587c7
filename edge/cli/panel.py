"""`anpr-edge panel`: the technician's page."""

from pathlib import Path

import click

from edge.config import DEFAULT_PATH, load
from edge.errors import ConfigError
from edge.panel.serve import NO_PANEL, serve
from edge.record.keyfile import replace
from edge.record.password import hashed, line_of, new_password
from edge.settings import Settings

MODE = 0o640


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option(
    "--new-password", "new", is_flag=True, help="Make another password, print it once, and end."
)
def panel(config: Path, new: bool) -> None:
    """Serve the technician's page over HTTPS, until stopped.

    Holds no key that signs, and opens neither camera, outbox nor casebook: it shows what `run`
    shows it, and leaves what people did for `run` to sign.
    """
    if new:
        _renew(config)
    else:
        serve(Settings(config))


def _renew(path: Path) -> None:
    wanted = load(path, "").panel
    if wanted is None:
        raise ConfigError(NO_PANEL, "Add [panel]: README, 'The panel'.")
    made = new_password()
    like = wanted.password if wanted.password.exists() else None
    replace(wanted.password, line_of(hashed(made)), MODE, like)
    click.echo(made)

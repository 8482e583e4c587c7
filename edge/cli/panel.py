"""`anpr-edge panel`: the technician's page."""

from pathlib import Path

import click

from edge.config import DEFAULT_PATH, load
from edge.errors import ConfigError, KeyFileError
from edge.panel.serve import NO_PANEL, serve
from edge.provision.credstore import FOLDER, Credstore, opened, there
from edge.record.keyfile import is_credential, locked, replace
from edge.record.password import hashed, line_of, new_password
from edge.settings import Settings

MODE = 0o640
IN_FORCE = "It is in force once the panel starts again: systemctl restart anpr-panel"
ROOT = "Run it as root: sudo anpr-edge panel --new-password"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option(
    "--new-password", "new", is_flag=True, help="Make another password, print it once, and end."
)
@click.option("--credstore", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
def panel(config: Path, new: bool, credstore: Path) -> None:
    """Serve the technician's page over HTTPS, until stopped.

    Holds no key that signs, and opens neither camera, outbox nor casebook: it shows what `run`
    shows it, and leaves what people did for `run` to sign.
    """
    if not new:
        serve(Settings(config))
        return
    with locked(there(config.parent)), opened(credstore) as store:
        click.echo(_renewed(config, store))
    click.echo(IN_FORCE, err=True)


def _renewed(path: Path, store: Credstore) -> str:
    """Return a new password, whose hash is where the panel takes it from at its next start."""
    wanted = load(path, "").panel
    if wanted is None:
        raise ConfigError(NO_PANEL, "Add [panel]: README, 'The panel'.")
    place = wanted.password
    if is_credential(place) and store.clear is None:
        raise KeyFileError("Only root may seal the panel's password.", ROOT)
    made = new_password()
    replace(place, line_of(hashed(made)), MODE, place if place.exists() else None)
    store.keep(place, again=True)
    return made

"""A look at a box whose keys are sealed: it runs in a unit, for which systemd opens them.

Root could open them by itself, and would then have them in clear beside it. In a unit they are
there for the service's user alone, as they are for the daemon, and so what the look proves holds
for the daemon: its rights as well.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from edge.config import load
from edge.daemon import wiring
from edge.errors import BoxError, KeyFileError
from edge.provision.credstore import FOLDER
from edge.provision.services import is_systemd_at_work
from edge.record.keyfile import CREDENTIALS

USER = "anpr-run"
UNIT = (
    *("systemd-run", "--quiet", "--pipe", "--wait", "--collect"),
    *("--description=anpr-edge looks at itself", f"--uid={USER}"),
    *("--working-directory=/", "--property=UMask=0007"),
)
SHUT = "The keys of this box are sealed, and systemd opens them for nobody but root and its units."
OF_THE_MANAGER = 200
"""From here on an exit status is systemd's own (systemd.exec, Process Exit Codes)."""
LOOK = "`journalctl -n 20` says which and why. A box whose keys are lost is made anew: KEYS.md."


def as_service(verb: Callable[..., None]) -> Callable[..., None]:
    """Let a verb of flags alone look as the service does, where keys of the box are sealed."""

    @wraps(verb)
    def look(config: Path, **flags: bool) -> None:
        names = [] if CREDENTIALS in os.environ else _named(config)
        if names and os.geteuid() != 0:
            raise KeyFileError(SHUT, f"Run it as root: sudo anpr-edge {verb.__name__}")
        if is_systemd_at_work() and (there := [name for name in names if (FOLDER / name).exists()]):
            sys.exit(_in_unit(there, config))
        verb(config=config, **flags)

    return look


def _named(path: Path) -> list[str]:
    """Return the names of the credentials that a look opens."""
    try:
        config = load(path)
    except BoxError:
        return []  # the look itself says it better
    place = wiring.key_place(config)
    paths = (
        *(place.signing, place.next_path),
        *(config.keys.storage, config.access.token_key, config.uplink.key),
    )
    names = [path.name.partition("credential:")[2] for path in paths if path is not None]
    return [name for name in names if name]


def _in_unit(names: list[str], config: Path) -> int:
    """Run the verb at hand again, in a unit with these credentials; return its exit status.

    Raises KeyFileError where there could be no such unit.
    """
    at_hand = click.get_current_context()
    flags = [p.opts[0] for p in at_hand.command.params if at_hand.params.get(str(p.name)) is True]
    loads = [f"--property=LoadCredentialEncrypted={name}:{FOLDER / name}" for name in names]
    verb = [str(at_hand.info_name), f"--config={config.absolute()}", *flags]
    try:
        done = subprocess.run(
            [*UNIT, *loads, "--", sys.executable, "-IB", "-m", "edge.cli.main", *verb], check=False
        )
    except OSError as e:
        raise KeyFileError(f"{UNIT[0]} did not run ({e.strerror}).", LOOK) from e
    if done.returncode >= OF_THE_MANAGER:
        cause = f"systemd could not open the sealed keys (exit status {done.returncode})."
        raise KeyFileError(cause, LOOK)
    return done.returncode

"""`anpr-edge provision`: a box is made in one command, and proves what it is."""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from edge.cli.check import examined
from edge.cli.finite import Finite
from edge.cli.looks import Item, described, lines
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, parse
from edge.errors import BoxError, ConfigError
from edge.provision.credstore import FOLDER, opened, there
from edge.provision.dossier import BUNDLE, write_bundle
from edge.provision.first_updates import Updated, first_updates
from edge.provision.kit import TEMPLATE, Kit
from edge.provision.site import Site, folder
from edge.provision.steps import Step, Wishes, steps
from edge.record.jwk import fingerprint
from edge.record.keyfile import locked

DIRECTORY = click.Path(path_type=Path, file_okay=False)
LATER = "Look at the sources and the clock, and run this again."
UMASK = 0o022
"""The services read what is not secret, whatever the umask of the technician is."""


def pairs(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return NAME=VALUE pairs as they were given."""
    cut = [pair.partition("=") for pair in given]
    if any(not name or not equals for name, equals, _ in cut):
        raise click.BadParameter("write NAME=VALUE.")
    return {name: value for name, _, value in cut}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--kit", type=DIRECTORY, help="What the maintainer gave: template, keys, updates.")
@click.option("--box", help="The id of this box; with --kit.")
@click.option(
    "--set",
    "given",
    multiple=True,
    callback=pairs,
    metavar="NAME=VALUE",
    help="What the kit's template leaves open; repeatable.",
)
@click.option(
    "--exchange",
    required=True,
    type=DIRECTORY,
    help="Folder, such as that of a stick, for the request, the answer, the label, the bundle.",
)
@click.option(
    "--wait",
    "wait_s",
    type=Finite(0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for the registrar's answer.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--replace-config", is_flag=True, help="The kit's configuration in place of one.")
@click.option("--new-password", is_flag=True, help="Another password for the panel.")
@click.option("--credstore", type=DIRECTORY, default=FOLDER, show_default=True)
def provision(
    config: Path,
    kit: Path | None,
    box: str | None,
    given: dict[str, str],
    exchange: Path,
    wait_s: float,
    dry_run: bool,
    replace_config: bool,
    new_password: bool,
    credstore: Path,
) -> None:
    """Make this box: configuration, keys, the platform's answer, first updates, and the proof.

    What is there is never overwritten. A run that was cut, or waits for the registrar, is run
    again. The private keys are made here and stay here. Exit status: 0 the box is made and its
    check is fine, 1 something is missing and named. The handbook is deploy/PROVISION.md.
    """
    os.umask(UMASK)
    wishes = Wishes(replace_config, new_password, wait_s)
    if not dry_run:
        folder(config.parent)
        folder(exchange)
    with locked(there(config.parent)), opened(credstore) as store:
        text = _text(config, kit, box, given)
        site = Site(
            config=parse(config, text),
            path=config,
            text=text,
            kit=None if kit is None else Kit(kit),
            exchange=exchange,
            store=store,
            clock=SystemClock(),
        )
        fine = _rehearse(site, wishes) if dry_run else _make(site, wishes)
    sys.exit(0 if fine else 1)


def _text(path: Path, kit: Path | None, box: str | None, given: Mapping[str, str]) -> str:
    """Return the configuration as it shall be: the kit's for this box, or the one that is there."""
    if kit is not None and Kit(kit).file(TEMPLATE) is not None:
        if box is None:
            raise click.UsageError("With a --kit that has a box.toml: --box names this box.")
        return Kit(kit).configuration(box, given)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        cause = f"There is no configuration {path} that can be read ({type(e).__name__})."
        raise ConfigError(cause, "Name the folder of the kit: --kit FOLDER --box ID.") from e
    if box is not None and (found := parse(path, text).box.id) != box:
        raise ConfigError(f"{path} is that of box {found}, not {box}.", "Correct --box.")
    return text


def _rehearse(site: Site, wishes: Wishes) -> bool:
    """Tell what stands and what would be done; what cannot be known yet would be done."""
    is_sure = True
    for step in steps(site, wishes):
        try:
            said = step.stands()
        except BoxError:
            if is_sure:
                raise
            said = None
        is_sure = is_sure and said is not None
        click.echo(f"would  {step.name}: {step.would}" if said is None else _line(step, said))
    click.echo(f"would  updates, check, bundle: look for updates, write {site.paper(BUNDLE)}")
    return True


def _make(site: Site, wishes: Wishes) -> bool:
    for step in steps(site, wishes):
        said = step.stands()
        click.echo(f"done   {step.name}: {step.act()}" if said is None else _line(step, said))
    updated = first_updates(site)
    click.echo(f"{'done ' if updated.fault is None else 'fault'}  updates: {updated.says}")
    items = [*_commissioned(updated), *examined(site.path)]
    for item in items:
        if item.remedy is not None or item.warnings:
            click.echo("\n".join(lines(item)))
    check = [described(item) for item in items]
    bundle = write_bundle(site, updated, check)
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    click.echo(f"done   bundle: {bundle}\n       sha256 {digest}")
    fine = all(item["ok"] for item in check)
    kid = site.place.load().key_id
    click.echo(f"Box {site.box} is {'made' if fine else 'NOT FINE'}: key {fingerprint(kid)}")
    return fine


def _commissioned(updated: Updated) -> list[Item]:
    if updated.fault is None:
        return []
    return [Item("first updates", updated.fault, LATER)]


def _line(step: Step, said: str) -> str:
    return f"there  {step.name}: {said}"

"""`show` and `check`: what is published, and whether a box would believe it."""

import json
from pathlib import Path

import click

from tools.publish.boxview import examined
from tools.publish.described import as_json, as_text
from tools.publish.options import FILE, repo, repository_of
from tools.publish.roles import ROOT


@click.command()
@repo
@click.option("--json", "in_json", is_flag=True, help="One JSON object.")
def show(folder: Path, in_json: bool) -> None:
    """Tell what is published, to whom, what is withdrawn or waits, who signs, until when."""
    repository = repository_of(folder)
    if in_json:
        click.echo(json.dumps(as_json(repository), indent=2))
    else:
        click.echo("\n".join(as_text(repository)))


@click.command()
@repo
@click.option("--root", type=FILE, help="The root.json of a box; the first one where not given.")
def check(folder: Path, root: Path | None) -> None:
    """Prove every file as a box would that has not seen the repository yet."""
    repository = repository_of(folder)
    for line in examined(folder, root or repository.path(ROOT, 1)):
        click.echo(line)
    click.echo("A box would take it.")

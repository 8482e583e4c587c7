"""`refresh` and `prune`: what is done day by day."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from tools.publish.commit import Pen, commit
from tools.publish.described import moment
from tools.publish.options import (
    days,
    finish_earlier,
    online,
    repo,
    repository_of,
    with_pen,
)
from tools.publish.pruning import left_over, remove
from tools.publish.repository import Repository
from tools.publish.roles import LIFETIMES, OFFLINE, TIMESTAMP

SOON = 0.15
"""Which part of its lifetime is left when a role should be signed anew."""


@click.command()
@with_pen(online, days)
def refresh(
    repository: Repository,
    pen: Pen,
) -> None:
    """Sign snapshot and timestamp anew, for cron; needs the online key only.

    Also publishes what waits in staged/ and has its signatures. Warns of roles that run out soon.
    """
    with repository.locked():
        finish_earlier(repository, pen)
        commit(repository, {}, pen)
        until = repository.published(TIMESTAMP).signed.expires
        soon = running_out(repository, pen.now)
    for warning in soon:
        click.echo(warning, err=True)
    click.echo(f"Valid until {moment(until)}.")


def running_out(repository: Repository, now: datetime) -> list[str]:
    """Return which offline roles must be signed anew before long."""
    found = []
    for role in OFFLINE:
        expires = repository.published(role).signed.expires
        if expires - now < timedelta(days=LIFETIMES[role] * SOON):
            found.append(f"{role} runs out at {moment(expires)}: sign it anew with `renew {role}`.")
    return found


@click.command()
@repo
@click.option(
    "--days",
    "age",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="What is younger stays: a box may be fetching it.",
)
def prune(folder: Path, age: int) -> None:
    """Delete targets and metadata that no release and no staged version needs any more."""
    repository = repository_of(folder)
    with repository.locked():
        gone = remove(left_over(repository), age)
    click.echo(f"{len(gone)} files deleted.")

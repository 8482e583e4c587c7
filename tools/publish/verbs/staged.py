"""`sign`, `complete`, `discard`: versions that wait for the signatures of holders elsewhere."""

from pathlib import Path

import click

from edge.errors import UpdateError
from tools.publish import commit
from tools.publish.described import described
from tools.publish.options import (
    days,
    keys,
    online,
    repo,
    repository_of,
    with_pen,
)
from tools.publish.repository import Document, Repository
from tools.publish.roles import OFFLINE
from tools.publish.signing import lacks, refuse_idle, sign_draft


@click.command()
@click.argument("role", type=click.Choice(OFFLINE))
@with_pen(keys)
def sign(role: str, repository: Repository, pen: commit.Pen) -> None:
    """Add a holder's signature to the version of ROLE that waits in staged/.

    Shows what is signed. A holder elsewhere needs a copy of the repository, and brings back
    staged/ROLE.json.
    """
    if not pen.signers:
        raise click.UsageError("Give --key FILE.")
    with repository.locked():
        waiting(repository, role)
        drafts = repository.all_staged()
        click.echo("\n".join(described(repository, role, drafts[role])))
        used = sign_draft(repository, drafts, role, pen.signers)
        refuse_idle(pen.signers, used, f"{role} that has not signed yet")
        repository.stage(role, drafts[role])
        left = lacks(repository, drafts).get(role)
    click.echo(f"Signed; {left}." if left else f"Signed; {role} has its signatures: `complete`.")


def waiting(repository: Repository, role: str) -> Document:
    """Return what waits of a role. Raises UpdateError."""
    document = repository.staged(role)
    if document is None:
        cause = f"No version of {role} waits for signatures."
        raise UpdateError(cause, "`show` tells what does.")
    return document


@click.command()
@with_pen(online, days)
def complete(
    repository: Repository,
    pen: commit.Pen,
) -> None:
    """Publish all that waits in staged/; refused while a signature is missing."""
    with repository.locked():
        for done in commit.complete(repository, pen):
            click.echo(f"Published {done}.")


@click.command()
@click.argument("role", type=click.Choice(OFFLINE))
@repo
def discard(role: str, folder: Path) -> None:
    """Drop the version of ROLE that waits in staged/, with its signatures."""
    repository = repository_of(folder)
    with repository.locked():
        version = waiting(repository, role).signed.version
        repository.unstage(role)
    click.echo(f"{role} version {version} is dropped; what is published stays.")

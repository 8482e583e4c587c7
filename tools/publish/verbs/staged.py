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
    passphrases,
    pen_of,
    repo,
    repository_of,
)
from tools.publish.repository import Document, Repository
from tools.publish.roles import OFFLINE
from tools.publish.signing import lacks, refuse_idle, sign_draft


@click.command()
@click.argument("role", type=click.Choice(OFFLINE))
@repo
@keys
@passphrases
def sign(
    role: str, folder: Path, keys: tuple[Path, ...], passphrase_files: tuple[Path, ...]
) -> None:
    """Add a holder's signature to the version of ROLE that waits in staged/.

    Shows what is signed. A holder elsewhere needs a copy of the repository, and brings back
    staged/ROLE.json.
    """
    if not keys:
        raise click.UsageError("Give --key FILE.")
    repository = repository_of(folder)
    pen = pen_of(keys, (), passphrase_files, {})
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
@repo
@online
@passphrases
@days
def complete(
    folder: Path,
    online_keys: tuple[Path, ...],
    passphrase_files: tuple[Path, ...],
    days: dict[str, int],
) -> None:
    """Publish all that waits in staged/; refused while a signature is missing."""
    repository = repository_of(folder)
    pen = pen_of((), online_keys, passphrase_files, days)
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

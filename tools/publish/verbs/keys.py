"""`key`, `init`, `rotate`, `renew`: who may sign, and for how long."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from securesystemslib.signer import Key

from edge.errors import UpdateError
from edge.update.releases import FAMILIES
from tools.publish.ceremony import exchanged, first_drafts, next_draft, rotated
from tools.publish.commit import Pen
from tools.publish.family import refuse_waiting
from tools.publish.keys import Signers, is_public, load_public, load_signers, make_key
from tools.publish.options import (
    FILE,
    asker,
    days,
    finish_earlier,
    pairs,
    passphrases,
    read_passphrase,
    repo,
    sign_and_publish,
    signing,
)
from tools.publish.repository import Repository
from tools.publish.roles import OFFLINE, ROLES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, delegator_of

MAJORITY = 2


@click.command()
@click.option("--out", type=FILE, required=True, help="Private key to write; .pub goes beside it.")
@click.option("--passphrase", "ask", is_flag=True, help="Ask for a passphrase to lock it with.")
@click.option("--passphrase-file", type=FILE, help="Lock it with the first line of a file.")
def key(out: Path, ask: bool, passphrase_file: Path | None) -> None:
    """Make a key: Ed25519, mode 0600; a key that exists is never overwritten."""
    secret = read_passphrase(passphrase_file) if passphrase_file else None
    if ask and secret is None:
        prompt = f"Passphrase of {out}"
        secret = str(click.prompt(prompt, hide_input=True, confirmation_prompt=True)).encode()
    made = make_key(out, secret)
    click.echo(f"Key {made} is in {out}; whoever sets up the roles needs {out}.pub only.")


def read_thresholds(
    _: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, int]:
    """Read ROLE=NUMBER pairs."""
    return pairs(given, str(option.name))


KEY_HELP = "Key of {0}: the private file of a holder in the room, or the .pub of one elsewhere."


def role_key(role: str) -> click.Option:
    """Return the option for the keys of a role."""
    return click.Option(
        [f"--{role}-key", f"{role}_keys"], type=FILE, multiple=True, help=KEY_HELP.format(role)
    )


class Ceremony(click.Command):
    """A command with an option for the keys of every offline role."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.params[1:1] = [role_key(role) for role in OFFLINE]


@click.command(cls=Ceremony)
@repo
@click.option(
    "--online-key",
    "online_keys",
    type=FILE,
    multiple=True,
    help=KEY_HELP.format("snapshot and timestamp"),
)
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    metavar="ROLE=N",
    callback=read_thresholds,
    help="How many keys of a role must sign; 1 for one key, else 2.",
)
@passphrases
@days
def init(
    folder: Path,
    online_keys: tuple[Path, ...],
    thresholds: dict[str, int],
    passphrase_files: tuple[Path, ...],
    days: dict[str, int],
    **role_keys: tuple[Path, ...],
) -> None:
    """The key ceremony: name the keys of every role, and begin an empty repository.

    What signatures of holders elsewhere are missing waits in staged/: see `sign`, `complete`.
    """
    repository = Repository(folder)
    files = {role: role_keys[f"{role}_keys"] for role in OFFLINE}
    files |= {SNAPSHOT: online_keys, TIMESTAMP: online_keys}
    public, signers = opened(files, passphrase_files)
    with repository.locked():
        refuse_begun(repository)
        usual = {role: min(MAJORITY, max(1, len(public[role]))) for role in ROLES}
        usual |= {SNAPSHOT: 1, TIMESTAMP: 1}
        pen = Pen(signers, days)
        drafts = first_drafts(repository, public, usual | thresholds, pen)
        if sign_and_publish(repository, drafts, pen):
            click.echo(f"{folder} is ready; boxes need {repository.path(ROOT, 1)}.")


def refuse_begun(repository: Repository) -> None:
    """Raise UpdateError where a ceremony took place; one that was cut short is begun anew."""
    if repository.exists or set(OFFLINE) <= repository.all_staged().keys():
        cause = f"{repository.folder} holds a repository already."
        raise UpdateError(cause, "Name another folder; `complete` ends a ceremony that waits.")


def opened(
    files: dict[str, tuple[Path, ...]], passphrase_files: tuple[Path, ...]
) -> tuple[dict[str, list[Key]], Signers]:
    """Return the public keys of each role, and what signs. Raises KeyFileError."""
    every = {path for paths in files.values() for path in paths}
    private = {path for path in every if not is_public(path)}
    ask = asker(passphrase_files)
    known = {path: load_signers([path], ask) for path in sorted(private)}
    ids: dict[Path, Key] = {path: load_public(path) for path in every - private}
    ids |= {path: one.public_key for path, held in known.items() for one in held.values()}
    public = {role: [ids[path] for path in paths] for role, paths in files.items()}
    return public, {key: one for held in known.values() for key, one in held.items()}


@click.command()
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))
@click.option("--add", "added", type=FILE, multiple=True, help=".pub of a new key; repeatable.")
@click.option("--remove", "removed", multiple=True, metavar="PUB|ID", help="Key to revoke.")
@click.option("--threshold", type=click.IntRange(1), help="How many must sign from now on.")
@signing
def rotate(
    roles: tuple[str, ...],
    added: tuple[Path, ...],
    removed: tuple[str, ...],
    threshold: int | None,
    repository: Repository,
    pen: Pen,
) -> None:
    """Change the keys of ROLES: new ones in, old ones out, which are thereby revoked.

    The keys of root, targets, snapshot and timestamp are named by root, those of a family by
    targets: their holders sign, and so do the role's own. A new root needs the old keys of root
    and the new ones. After a theft of the online key rotate snapshot and timestamp together:
    then a box forgets what versions the thief made up.
    """
    if not (added or removed or threshold):
        raise click.UsageError("Give --add, --remove or --threshold; `renew` changes no key.")
    new = [load_public(path) for path in added]
    old = [key_id(given) for given in removed]
    with repository.locked():
        finish_earlier(repository, pen)
        refuse_staged(repository, roles)
        change = partial(exchanged, added=new, removed=old, threshold=threshold)
        drafts = rotated(repository, roles, change, pen)
        if sign_and_publish(repository, drafts, pen):
            click.echo(f"The keys of {', '.join(roles)} are changed.")


def key_id(given: str) -> str:
    """Return the id of a key that is given as its file, or as the id itself."""
    path = Path(given)
    return load_public(path).keyid if path.exists() else given


def refuse_staged(repository: Repository, roles: Sequence[str]) -> None:
    """Raise UpdateError where one of these roles, or who names its keys, waits already."""
    for role in roles:
        for one in (delegator_of(role), role):
            refuse_waiting(repository, one)


@click.command()
@click.argument("roles", nargs=-1, required=True, type=click.Choice((ROOT, TARGETS, *FAMILIES)))
@signing
def renew(
    roles: tuple[str, ...],
    repository: Repository,
    pen: Pen,
) -> None:
    """Sign ROLES anew, unchanged, before they run out; `show` tells when that is."""
    with repository.locked():
        finish_earlier(repository, pen)
        for role in roles:
            refuse_waiting(repository, role)
        drafts = {role: next_draft(repository, role, pen) for role in roles}
        if sign_and_publish(repository, drafts, pen):
            for role, document in drafts.items():
                click.echo(f"{role} is valid until {document.signed.expires:%Y-%m-%dT%H:%M:%SZ}.")

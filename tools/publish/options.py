"""What the verbs of `tools.publish` ask in common."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import click

from edge.errors import KeyFileError, UpdateError
from tools.publish.commit import Pen, catch_up, commit, holds_online
from tools.publish.keys import Passphrases, load_signers
from tools.publish.repository import Document, Repository
from tools.publish.roles import ONLINE, ROLES, ROOT
from tools.publish.signing import Drafts, lacks, refuse_idle, sign_drafts

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
Command: TypeAlias = Callable[..., None]
Option: TypeAlias = Callable[[Any], Any]
"""What adds an option to a command."""

repo = click.option(
    "--repo",
    "folder",
    type=FOLDER,
    required=True,
    envvar="ANPR_UPDATES",
    show_envvar=True,
    help="The repository: holds metadata/ and targets/.",
)
online = click.option(
    "--online-key",
    "online_keys",
    type=FILE,
    multiple=True,
    help="Key of snapshot and timestamp; without it the new version waits in staged/.",
)
keys = click.option(
    "--key",
    "keys",
    type=FILE,
    multiple=True,
    help="Private key of a holder; repeatable. It signs what it may.",
)
passphrases = click.option(
    "--passphrase-file",
    "passphrase_files",
    type=FILE,
    multiple=True,
    help="File with the passphrase of the keys that have one; else it is asked for.",
)


def read_days(_: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """Read ROLE=NUMBER pairs."""
    return pairs(given, str(option.name))


def pairs(given: tuple[str, ...], name: str) -> dict[str, int]:
    """Return numbers by role. Raises BadParameter."""
    found = {}
    for text in given:
        role, _, number = text.partition("=")
        if role not in ROLES or not number.isdigit() or not 1 <= int(number) <= 36_500:
            wanted = f"ROLE=NUMBER with a role of {', '.join(ROLES)}"
            raise click.BadParameter(f"--{name} {text!r} is not {wanted}.")
        found[role] = int(number)
    return found


days = click.option(
    "--days",
    multiple=True,
    metavar="ROLE=DAYS",
    callback=read_days,
    help="For how long what is signed now is valid, where not the usual time.",
)


def with_pen(*options: Option) -> Option:
    """Return a decorator: it adds options, and gives a verb `repository` and `pen` for them."""

    def decorated(command: Command) -> Command:
        @functools.wraps(command)
        def verb(
            folder: Path,
            keys: tuple[Path, ...] = (),
            online_keys: tuple[Path, ...] = (),
            passphrase_files: tuple[Path, ...] = (),
            days: Mapping[str, int] = MappingProxyType({}),
            **own: Any,  # noqa: ANN401 - whatever the verb itself asks for
        ) -> None:
            repository = repository_of(folder)
            signers = load_signers((*keys, *online_keys), asker(passphrase_files))
            command(repository=repository, pen=Pen(signers, days), **own)

        for option in reversed((repo, *options, passphrases)):
            option(verb)
        return verb

    return decorated


signing = with_pen(keys, online, days)
"""For a verb that makes a new version."""


def repository_of(folder: Path) -> Repository:
    """Return a repository that holds something. Raises UpdateError."""
    found = Repository(folder)
    if not found.exists and not found.all_staged():
        raise UpdateError(f"{folder} holds no updates.", "Correct --repo, or begin with `init`.")
    return found


def asker(files: tuple[Path, ...]) -> Passphrases:
    """Return what asks for passphrases: in files first, then a person at the keyboard."""
    known = [read_passphrase(file) for file in files]

    def ask(path: Path) -> list[bytes]:
        if known:
            return known
        answer: str = click.prompt(f"Passphrase of {path}", hide_input=True, err=True)
        return [answer.encode()]

    return ask


def read_passphrase(file: Path) -> bytes:
    """Return the first line of a file. Raises KeyFileError."""
    try:
        found = file.read_bytes().split(b"\n")[0].strip()
    except OSError as e:
        raise KeyFileError(f"{file} cannot be read ({e.strerror}).", "Correct its path.") from e
    if not found:
        raise KeyFileError(f"{file} holds no passphrase.", "Write it on the first line.")
    return found


def finish_earlier(repository: Repository, pen: Pen) -> None:
    """Publish what a run that was killed, or a holder elsewhere, left ready."""
    for done in catch_up(repository, pen):
        click.echo(f"Published what was ready: {done}.")


def sign_and_publish(repository: Repository, drafts: Drafts, pen: Pen) -> bool:
    """Sign drafts, let them wait, and publish them where nothing is missing; say so."""
    used = sign_drafts(repository, drafts, pen.signers)
    refuse_idle(pen.signers, used | online_ids(repository, drafts), ", ".join(drafts))
    for role, document in drafts.items():
        repository.stage(role, document)
    missing = lacks(repository, repository.all_staged())
    for one in missing.values():
        click.echo(f"Staged: {one}. Next: `sign {one.role} --key FILE`, then `complete`.")
    if not missing and not holds_online(repository, drafts, pen):
        click.echo("Staged and signed. Next: `complete --online-key FILE`.")
    if missing or not holds_online(repository, drafts, pen):
        return False
    commit(repository, repository.all_staged(), pen)
    return True


def online_ids(repository: Repository, drafts: Drafts) -> set[str]:
    """Return the keys of snapshot and timestamp, before and after."""
    roots: list[Document] = [drafts[ROOT]] if ROOT in drafts else []
    if repository.version(ROOT):
        roots.append(repository.published(ROOT))
    return {key for root in roots for role in ONLINE for key in root.signed.roles[role].keyids}

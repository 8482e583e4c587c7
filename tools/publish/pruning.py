"""What lies in a repository and is needed no more."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.publish.repository import Repository, cannot_write
from tools.publish.roles import OFFLINE, ROOT, SNAPSHOT, TIMESTAMP
from tools.publish.signing import Drafts, in_force
from tools.publish.store import place

DAY_S = 86_400


def left_over(repository: Repository) -> Iterator[Path]:
    """Yield files that nothing leads to: old versions, dropped releases, drafts of a killed run."""
    drafts = repository.all_staged()
    needed = {*needed_metadata(repository), *needed_targets(repository, drafts)}
    for folder in (repository.metadata, repository.targets):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path not in needed:
                yield path


def needed_metadata(repository: Repository) -> Iterator[Path]:
    """Yield what the timestamp leads to, and every root: an old box walks them all."""
    yield from repository.metadata.glob("*.root.json")
    for role in (*OFFLINE, SNAPSHOT, TIMESTAMP):
        if role != ROOT:
            yield repository.path(role, repository.version(role))


def needed_targets(repository: Repository, drafts: Drafts) -> Iterator[Path]:
    """Yield the targets that published or staged families vouch for."""
    for role in OFFLINE:
        for document in (in_force(repository, {}, role), in_force(repository, drafts, role)):
            if document is not None and role != ROOT:
                for target in document.signed.targets.values():
                    yield place(repository, target)


def remove(paths: Iterable[Path], age_days: int) -> list[Path]:
    """Delete files that were last written so many days ago; return which. Raises UpdateError."""
    before = time.time() - age_days * DAY_S
    gone = []
    for path in paths:
        try:
            if path.stat().st_mtime <= before:
                path.unlink()
                gone.append(path)
        except OSError as e:
            raise cannot_write(path, e) from e
    return gone

"""The repository on the disk: what is published, what waits in `staged`, and who may write.

    metadata/N.root.json ... timestamp.json   what a box sees: the timestamp leads to all of it
    targets/<family>/<hash>.<name>            what it fetches
    staged/ROLE.json                          a version that is not published yet
    .work/                                    what is being proven; empty between the commands

Every file is written beside its place, brought to the disk and renamed there.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Timestamp

from edge.errors import UpdateError
from edge.storefile import fsync_folder
from tools.publish.roles import OFFLINE, ROOT, SNAPSHOT, TIMESTAMP

Document: TypeAlias = Metadata[Any]
"""Signed metadata of some role."""
SPOILED = "Restore the repository from its copy: it was changed by another hand."


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder of updates, as its maintainer holds it."""

    folder: Path

    @property
    def metadata(self) -> Path:
        """Where what is signed lies."""
        return self.folder / "metadata"

    @property
    def targets(self) -> Path:
        """Where what is fetched lies."""
        return self.folder / "targets"

    @property
    def staged_folder(self) -> Path:
        """Where versions wait for signatures."""
        return self.folder / "staged"

    @property
    def exists(self) -> bool:
        """True when something is published."""
        return (self.metadata / "timestamp.json").exists()

    def version(self, role: str) -> int:
        """Return the published version of a role, 0 where there is none. Raises UpdateError."""
        if role == ROOT:
            found = (path.name.split(".")[0] for path in self.metadata.glob("*.root.json"))
            return max((int(name) for name in found if name.isdigit()), default=0)
        if not self.exists:
            return 0
        if role == TIMESTAMP:
            return int(self.published(TIMESTAMP).signed.version)
        if role == SNAPSHOT:
            timestamp: Timestamp = self.published(TIMESTAMP).signed
            return timestamp.snapshot_meta.version
        snapshot: Snapshot = self.published(SNAPSHOT).signed
        meta = snapshot.meta.get(f"{role}.json")
        return 0 if meta is None else meta.version

    def published(self, role: str) -> Document:
        """Return what is published of a role. Raises UpdateError."""
        version = 0 if role == TIMESTAMP else self.version(role)
        if not self.exists and (role == TIMESTAMP or not version):
            cause = f"{self.folder} holds no published updates."
            raise UpdateError(cause, "Correct --repo, or begin with `init` and `complete`.")
        return read_document(self.path(role, version))

    def root(self, version: int) -> Root:
        """Return one version of the root. Raises UpdateError."""
        found: Root = read_document(self.path(ROOT, version)).signed
        return found

    def path(self, role: str, version: int) -> Path:
        """Return where a version of a role lies."""
        name = f"{role}.json" if role == TIMESTAMP else f"{version}.{role}.json"
        return self.metadata / name

    def staged(self, role: str) -> Document | None:
        """Return what waits of a role; None also for what was published meanwhile."""
        path = self.staged_folder / f"{role}.json"
        if not path.exists():
            return None
        found = read_document(path)
        return found if found.signed.version > self.version(role) else None

    def all_staged(self) -> dict[str, Document]:
        """Return what waits, by role. Raises UpdateError."""
        found = {role: self.staged(role) for role in OFFLINE}
        return {role: document for role, document in found.items() if document is not None}

    def stage(self, role: str, document: Document) -> None:
        """Let a version wait. Raises UpdateError."""
        write_durably(self.staged_folder / f"{role}.json", document.to_bytes())

    def unstage(self, role: str) -> None:
        """Drop what waits of a role. Raises UpdateError."""
        try:
            (self.staged_folder / f"{role}.json").unlink(missing_ok=True)
        except OSError as e:
            raise cannot_write(self.staged_folder, e) from e

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from writing. Raises UpdateError where another does."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context((self.folder / ".lock").open("w"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                cause = f"Another tools.publish is at work on {self.folder}."
                raise UpdateError(cause, "Wait until it has ended, then repeat this.") from e
            except OSError as e:
                raise cannot_write(self.folder, e) from e
            yield

    @contextmanager
    def workroom(self) -> Iterator[Path]:
        """Lend an empty folder to who holds the lock; what a killed one left there goes.

        Raises UpdateError.
        """
        room = self.folder / ".work"
        try:
            shutil.rmtree(room, ignore_errors=True)
            room.mkdir()
        except OSError as e:
            raise cannot_write(room, e) from e
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)


def read_document(path: Path) -> Document:
    """Return signed metadata from its file. Raises UpdateError."""
    try:
        return Metadata.from_bytes(path.read_bytes())
    except OSError as e:
        raise UpdateError(f"{path} cannot be read ({e.strerror}).", SPOILED) from e
    except RepositoryError as e:
        raise UpdateError(f"{path} is no metadata of a repository.", SPOILED) from e


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises UpdateError."""
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            settle(file, draft, path)
    except OSError as e:
        raise cannot_write(path, e) from e


def settle(file: IO[bytes], draft: Path, path: Path) -> None:
    """Bring a finished draft to the disk and to its place. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())
    draft.rename(path)
    fsync_folder(path.parent)


def cannot_write(path: Path, error: OSError) -> UpdateError:
    """Return what a failed write means to a person."""
    cause = f"{error.filename or path} cannot be written ({error.strerror})."
    return UpdateError(cause, "Free some space or correct the rights, then repeat the command.")

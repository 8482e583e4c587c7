"""A TUF client that also keeps what TUF forgets: floors, and a clock that is never in the past.

What comes over a source is proven in three steps: by tuf's own client (signatures, thresholds,
versions, expiry by the system's clock), by the floors, and by the expiry at the latest moment
that is known to have been.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import cast

from tuf.api.exceptions import DownloadError, ExpiredMetadataError, RepositoryError, StorageError
from tuf.api.metadata import Metadata, Root, Signed, TargetFile, Targets
from tuf.ngclient import Updater

from edge.errors import SourceError, UpdateError
from edge.types import ClockReading
from edge.update.fetch import Source
from edge.update.files import ROOM
from edge.update.floors import ROOT, TARGETS, TOP, Floors, Mark, raised, refuse_lower
from edge.update.releases import INDEX, Family, Releases, read_releases

INDEX_BYTES = 4 << 20
LOOK = "Look at that source; the box tries again at the next sync."
SIGN_AGAIN = (
    "The publisher must sign it again. If that was done, somebody shows an old state, or the "
    "clock of this box is wrong."
)


class Client:
    """One visit to one source; nothing it gives was not proven."""

    def __init__(self, source: Source, cache: Path, root: bytes, clock: ClockReading) -> None:
        """Believe `root` first of all; `cache` holds nothing that cannot be fetched again.

        Raises SourceError, UpdateError.
        """
        self.source, self._cache, self._clock = source, cache, clock
        source.patience.begin(0)
        with self._proving():
            cache.mkdir(parents=True, exist_ok=True)
            address = f"{source.name}/metadata"
            self._tuf = Updater(str(cache), address, fetcher=source.fetcher, bootstrap=root)

    def refresh(self, floors: Floors) -> Floors:
        """Prove the state of the repository; return the floors from now on.

        Raises SourceError, UpdateError.
        """
        self.source.patience.begin(0)
        with self._proving():
            self._tuf.refresh()
            held = self._held()
        return admitted(floors, held, self._clock)

    def index(self, family: Family, floors: Floors) -> tuple[Releases, Floors]:
        """Prove the index of a family; return it, and the floors from now on.

        Raises SourceError, UpdateError.
        """
        self.source.patience.begin(0)
        path = f"{family}/{INDEX}"
        with self._proving():
            self._tuf.get_targetinfo(path)
            held = self._held(family)
        floors = admitted(floors, held, self._clock)
        info = self._target(family, path)
        if info.length > INDEX_BYTES:
            raise SourceError(f"The index of {family} has {info.length} bytes.", LOOK)
        with self._proving():
            content = b"".join(self._stream(info))
            info.verify_length_and_hashes(content)
        return read_releases(content, family), floors

    def expires(self) -> datetime:
        """Return until when the state that was proven may be believed."""
        return self._held()["timestamp"].expires

    def length(self, family: Family, path: str) -> int:
        """Return how many bytes a target of a family has. Raises SourceError."""
        return self._target(family, path).length

    def fetch(self, family: Family, path: str, to: Path) -> None:
        """Write a target to a file, proven and on the disk.

        Raises SourceError, UpdateError.
        """
        info = self._target(family, path)
        with self._proving():
            with to.open("wb") as file:
                for chunk in self._stream(info):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            with to.open("rb") as file:
                info.verify_length_and_hashes(file)

    def _stream(self, info: TargetFile) -> Iterator[bytes]:
        return self.source.fetch(f"targets/{info.get_prefixed_paths()[0]}", info.length)

    def _target(self, family: Family, path: str) -> TargetFile:
        """Return a target that the role of its family signed: no other role speaks for it."""
        with self._proving():
            role = cast(Targets, self._held(family)[family])
            found = role.targets.get(path)
            if found is None or self._tuf.get_targetinfo(path) != found:
                raise RepositoryError(f"the role {family} has no target {path}")
            return found

    def _held(self, *families: Family) -> dict[str, Signed]:
        """Return what tuf proved, as it keeps it: it has no other way to tell."""
        return {
            role: cast(Signed, Metadata.from_file(str(self._cache / f"{role}.json")).signed)
            for role in (*TOP, *families)
        }

    @contextmanager
    def _proving(self) -> Iterator[None]:
        """Tell in our words what went wrong with the source, or with the disk of the box."""
        name = self.source.name
        try:
            yield
        except DownloadError as e:
            reason = str(e).rstrip(".") or "it took too long"
            raise SourceError(f"{name} gives nothing: {reason}.", LOOK) from e
        except ExpiredMetadataError as e:
            raise SourceError(f"{name} has run out: {e}.", SIGN_AGAIN) from e
        except (RepositoryError, StorageError, ValueError, LookupError) as e:
            raise SourceError(f"{name} cannot be trusted: {e}.", LOOK) from e
        except OSError as e:
            raise UpdateError(f"An update cannot be kept ({e.strerror or e}).", ROOM) from e


def is_root(content: bytes) -> bool:
    """True for what a publisher signed as the keys to begin with."""
    try:
        return isinstance(Metadata.from_bytes(content).signed, Root)
    except RepositoryError:
        return False


def admitted(floors: Floors, held: Mapping[str, Signed], clock: ClockReading) -> Floors:
    """Return the floors once these roles are neither older than before nor expired.

    Raises SourceError. A clock that is not trusted raises no floor.
    """
    seen = marks(held)
    refuse_lower(floors, seen)
    latest = max(floors.clock, clock.now)
    for role, signed in held.items():
        if signed.expires <= latest:
            cause = f"Its {role} metadata ran out at {signed.expires:%Y-%m-%dT%H:%M:%SZ}."
            raise SourceError(cause, SIGN_AGAIN)
    return raised(floors, seen, clock.now if clock.trusted else floors.clock)


def marks(held: Mapping[str, Signed]) -> dict[str, Mark]:
    """Return the version of each role and the keys that those above it give it."""
    root, targets = cast(Root, held[ROOT]), cast(Targets, held[TARGETS])
    return {
        role: Mark(
            signed.version,
            tuple(sorted((root if role in TOP else targets).get_delegated_role(role).keyids)),
        )
        for role, signed in held.items()
    }

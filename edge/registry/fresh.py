"""The registry as it lies there now: a newer file takes over without a restart.

Proving a registry of millions of vehicles takes seconds. It is done on a thread of its own while
the old one answers; a new one that is refused changes nothing. One that stands no longer (it was
withdrawn) answers nothing from that moment on, whatever comes after it.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from edge.closing import Closing
from edge.errors import RegistryError
from edge.registry.cache import AbsentRegistry, RegistryCache
from edge.registry.seal import Identity, identity, seal_of
from edge.types import Facts, Passage, Snapshot

log = logging.getLogger(__name__)
NONE_YET = "No registry was opened yet."
WITHDRAWN = "The registry was withdrawn, and no other answers yet."
Found: TypeAlias = tuple[Identity | None, Identity | None]
"""The registry and its seal, as they are on the disk."""


class FreshRegistry(Closing):
    """Answers from the newest registry at a path that is whole; implements `Registry`."""

    def __init__(
        self,
        path: Path,
        token_key: bytes,
        admit: Callable[[RegistryCache, RegistryCache | None], None] = lambda _new, _now: None,
        stands: Callable[[Path], bool] = lambda _: True,
    ) -> None:
        """Open what lies there; without one every look-up says why, until one comes.

        `admit` raises RegistryError for a registry that is whole and may not be used, beside the
        one that answers now; `stands` says whether the file of that one may still be used.
        """
        self._path, self._key, self._admit, self._stands = path, token_key, admit, stands
        self._refused: str | None = None
        self._tried = self._found()
        self._current: RegistryCache | AbsentRegistry = AbsentRegistry(NONE_YET)
        self._current = self._opened()
        self._next: RegistryCache | AbsentRegistry | None = None
        self._leaving: RegistryCache | None = None
        self._opening: threading.Thread | None = None

    @property
    def refused(self) -> str | None:
        """Why the registry that lies there is not the one that answers; None where it is.

        Where none answers while one is opened it is None: there is no reason yet.
        """
        self.look()
        if isinstance(self._current, RegistryCache):
            return self._refused
        return self._current.reason if self._opening is None else None

    @property
    def snapshot(self) -> Snapshot | None:
        """Which registry answers now."""
        self.look()
        return self._current.snapshot

    def rows(self, *tables: str) -> int | None:
        """Return with how many rows of these tables the registry that answers was built.

        None: it cannot be read.
        """
        if isinstance(self._current, AbsentRegistry):
            return None
        try:
            return sum(map(self._current.rows, tables))
        except RegistryError:
            return None

    def facts(self, passage: Passage) -> Facts:
        """Return what the registry holds for the plate at the moment it was first seen."""
        self.look()
        return self._current.facts(passage)

    def look(self) -> None:
        """Take over what was opened meanwhile, and begin to open what is new; never waits."""
        if self._opening is not None and not self._opening.is_alive():
            self._take_over()
        if isinstance(self._current, RegistryCache) and not self._stands(self._current.path):
            self._leaving, self._current = self._current, AbsentRegistry(WITHDRAWN)
        if self._opening is None and self._leaving is not None:
            self._leave()
        if self._opening is None and (found := self._found()) != self._tried:
            self._tried = found
            self._opening = threading.Thread(target=self._open_next, daemon=True)
            self._opening.start()

    def wait(self) -> None:
        """Wait until a registry that is being opened has been taken over or refused."""
        if self._opening is not None:
            self._opening.join()
            self._take_over()

    def close(self) -> None:
        """Let go of the files."""
        self.wait()
        self._leave()
        _close(self._current)

    def _leave(self) -> None:
        """Close one that was withdrawn, once no other is held against it any more."""
        _close(self._leaving)
        self._leaving = None

    def _open_next(self) -> None:
        self._next = self._opened()

    def _opened(self) -> RegistryCache | AbsentRegistry:
        try:
            # A folder on the way may be a link that is switched: file and seal are of one version.
            cache = RegistryCache.open(self._path.resolve(), self._key)
        except RegistryError as e:
            return AbsentRegistry(e.cause)
        try:
            self._admit(cache, _sound(self._current))
        except RegistryError as e:
            cache.close()
            return AbsentRegistry(e.cause)
        return cache

    def _take_over(self) -> None:
        came, self._next, self._opening = self._next, None, None
        if isinstance(came, RegistryCache):
            _close(self._current)
            self._current, self._refused = came, None
            log.info("registry %s took over", came.snapshot.id)
        elif came is not None:
            self._refused = came.reason
            log.warning("a new registry was refused: %s", came.reason)

    def _found(self) -> Found:
        return _identity(self._path), _identity(seal_of(self._path))


def _identity(path: Path) -> Identity | None:
    try:
        return identity(path.stat())
    except OSError:
        return None


def _sound(registry: RegistryCache | AbsentRegistry) -> RegistryCache | None:
    """Return what another may be held against: not what is written over in its place."""
    if isinstance(registry, AbsentRegistry) or registry.watch.changed():
        return None
    return registry


def _close(registry: RegistryCache | AbsentRegistry | None) -> None:
    if isinstance(registry, RegistryCache):
        registry.close()

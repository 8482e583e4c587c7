"""What a registry of the updates must show before it is put in force."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from edge.daemon.gate import Gate
from edge.daemon.intake import Stated
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.update.releases import REGISTRY


@dataclass(frozen=True, slots=True)
class RegistryGate:
    """A registry is opened whole with the key of the box, and asked for its canaries."""

    gate: Gate
    token_key: bytes

    def __call__(self, folder: Path, replaces: Path | None, rollback: bool) -> Stated:
        """Return what the registry says of itself. Raises RegistryError.

        The way back from a withdrawn registry is measured by its canaries alone.
        """
        with RegistryCache.open(folder / REGISTRY, self.token_key) as cache:
            if rollback:
                self.gate.ask_canaries(cache)
                self.gate.allow_back(cache)
            else:
                with self._in_force(replaces) as in_force:
                    self.gate.weigh(cache, in_force)
            found = cache.snapshot
        ages = {"vehicles": found.vehicles_as_of, "exemptions": found.exemptions_as_of}
        return Stated(found.sha256, ages, found.id)

    def _in_force(self, folder: Path | None) -> AbstractContextManager[RegistryCache | None]:
        """Open the registry that is to be replaced; one that is broken keeps no other away."""
        if folder is None:
            return nullcontext()
        try:
            return RegistryCache.open(folder / REGISTRY, self.token_key)
        except RegistryError:
            return nullcontext()

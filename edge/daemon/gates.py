"""What each family must show before a version of it is put in force: nothing comes without."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.access.pack import packs_of
from edge.daemon.gate import Gate
from edge.daemon.inforce import MANIFEST
from edge.daemon.intake import Stated
from edge.errors import PackError
from edge.registry.cache import RegistryCache
from edge.update.releases import REGISTRY
from edge.vision.model import checked_model

PUBLISH = "The publisher must publish it again; the packs in force stay."


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
                self.gate.weigh(cache)
            found = cache.snapshot
        ages = {"vehicles": found.vehicles_as_of, "exemptions": found.exemptions_as_of}
        return Stated(found.sha256, ages)


@dataclass(frozen=True, slots=True)
class PacksGate:
    """Every pack is loaded and proven, and the zones of the box have their law in them."""

    laws: Callable[[Path], object]

    def __call__(self, folder: Path, replaces: Path | None, rollback: bool) -> None:
        """Raise PackError or ConfigError for packs that this box cannot decide by."""
        if not packs_of(folder):
            raise PackError("The release holds no rule pack.", PUBLISH)
        self.laws(folder)


@dataclass(frozen=True, slots=True)
class ModelsGate:
    """The models that the box runs are those that their manifest pins."""

    names: tuple[str, ...]

    def __call__(self, folder: Path, replaces: Path | None, rollback: bool) -> None:
        """Raise ModelError for a model that is missing or another one."""
        for name in self.names:
            checked_model(folder / MANIFEST, name)

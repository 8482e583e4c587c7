"""What the document is made from, gathered once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from edge.access.rules import Law
from edge.config import Config, Zone
from edge.daemon import wiring, wiring_law
from edge.daemon.inforce import packs_in_force
from edge.errors import BoxError
from edge.record.keys import load_public
from edge.types import Snapshot


@dataclass(frozen=True, slots=True)
class Basis:
    """A configuration, its law, and what else could be read where the document is made.

    `platform_key` is the id of the public key, `snapshot` the registry; None: not readable here.
    """

    config: Config
    laws: tuple[Law, ...]
    made_on: date
    platform_key: str | None = None
    snapshot: Snapshot | None = None

    def zones(self) -> Iterator[tuple[Zone, Law]]:
        """Yield each zone as it is configured, and the law that holds there."""
        yield from zip(self.config.zones, self.laws, strict=True)


def gathered(config: Config, made_on: date) -> Basis:
    """Return what can be known of a box here; of keys nothing but their public ids.

    Raises ConfigError or PackError when no law can be told.
    """
    laws = wiring_law.laws(config.zones, packs_in_force(config))
    return Basis(config, laws, made_on, _platform_key(config), _snapshot(config))


def _platform_key(config: Config) -> str | None:
    try:
        return load_public(config.keys.platform).kid
    except BoxError:  # on a desk there may be no keys: the document says so
        return None


def _snapshot(config: Config) -> Snapshot | None:
    try:
        with wiring.registry(config) as registry:
            return registry.snapshot
    except BoxError:
        return None

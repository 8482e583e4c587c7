"""Here a configuration becomes a box that looks for updates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from edge import BUILT, __version__
from edge.access.pack import packs_of
from edge.config import Config
from edge.daemon.gates import RegistryGate
from edge.daemon.inforce import MANIFEST, followed, packs_in_force
from edge.daemon.intake import Gate, Stated
from edge.daemon.model_gate import ModelGate
from edge.daemon.pack_gate import PackGate
from edge.daemon.stepback import StepBack
from edge.daemon.sync import Sync
from edge.daemon.wiring import registry_gate
from edge.daemon.wiring_eyes import eyes
from edge.daemon.wiring_law import laws
from edge.errors import ConfigError
from edge.ports import Clock
from edge.registry.delta import apply_delta
from edge.registry.token import load_key
from edge.update.choice import cohort_of
from edge.update.releases import Family
from edge.update.shelf import shelved


def sync(config: Config, clock: Clock, sources: tuple[str, ...] = (), again: bool = False) -> Sync:
    """Put together what looks for updates, at the sources given or those of the configuration.

    Raises ConfigError for a box that was given no root, or no source.
    """
    updates = config.updates
    if updates is None:
        cause = "This box follows no updates: its configuration has no [updates]."
        raise ConfigError(cause, "Add [updates] with `root` and `sources`: README.")
    if not (sources or updates.sources):
        raise ConfigError("updates.sources is empty.", "Name a source there, or with --from.")
    gates = _gates(config, clock)
    return Sync(
        state=config.box.state,
        sources=sources or updates.sources,
        root=updates.root,
        cohort=cohort_of(config.box.id) if updates.cohort is None else updates.cohort,
        clock=clock,
        built=BUILT,
        gates={family: gates[family]() for family in followed(config)},
        until=partial(usable_until, config),
        under=f"{__version__} {config.sha256} {packs_in_force(config)}",
        again=again,
        apply_delta=apply_delta,
    )


def _gates(config: Config, clock: Clock) -> dict[Family, Callable[[], Gate]]:
    return {
        "registry": lambda: partial(_let_in, config),
        "packs": lambda: PackGate(config.zones, laws, clock),
        "models": lambda: ModelGate(config.models, eyes),
    }


def _let_in(config: Config, folder: Path, replaces: Path | None, rollback: bool) -> Stated:
    """Send a registry through its gate, which is made of the law in force at that moment.

    Raises BoxError, for law that cannot be read too: that must not keep its successor away.
    """
    gate = RegistryGate(registry_gate(config), load_key(config.access.token_key))
    return gate(folder, replaces, rollback)


def step_back(config: Config, clock: Clock) -> StepBack:
    """Put together what goes back from packs or models that do not start."""
    starts: dict[Family, Callable[[Path | None], object]] = {
        "packs": lambda folder: (packs_of(folder), laws(config.zones, folder)),
        "models": lambda folder: eyes(
            msgspec.structs.replace(config.models, manifest=folder and folder / MANIFEST)
        ),
    }
    return StepBack(
        config.box.state, {name: starts[name] for name in followed(config) if name in starts}, clock
    )


def usable_until(config: Config, family: Family, folder: Path) -> datetime | None:
    """Return until when the law in force lets a version be used; None where it sets no end.

    Raises BoxError.
    """
    if family == "models":
        return None
    if family == "packs":
        last = min(law.pack.expires for law in laws(config.zones, folder))
        return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    packs = [law.pack for law in laws(config.zones, packs_in_force(config))]
    allowed = {
        "vehicles": min(pack.max_age_vehicles_h for pack in packs),
        "exemptions": min(pack.max_age_exemptions_h for pack in packs),
    }
    as_of = shelved(folder).as_of
    return min(
        (as_of[name] + timedelta(hours=h) for name, h in allowed.items() if name in as_of),
        default=None,
    )

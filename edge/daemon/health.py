"""How a box stands, as signed records: what is active on it, what waits, what is left."""

import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from edge.casebook.casebook import Casebook
from edge.feed.outbox import Outbox
from edge.ports import Clock, Signer
from edge.record.active import Active, ActivePack, ActiveRegistry, Burden, Fitness, Updates
from edge.record.envelope import seal
from edge.record.housing import TriggerCounts
from edge.record.testimony import Testimony
from edge.registry.fresh import FreshRegistry
from edge.types import Envelope

EVERY_S = 600.0


def untold() -> Fitness | None:
    """Tell nothing of the box as hardware."""
    return None


class Health:
    """Tells how the box stands: at the start, at every change of a version, and every so often."""

    def __init__(
        self,
        *,
        registry: FreshRegistry,
        packs: tuple[ActivePack, ...],
        updates: Callable[[], Updates | None],
        state: Path,
        clock: Clock,
        testimony: Testimony,
        signer: Signer,
        outbox: Outbox,
        casebook: Casebook,
        triggers: Callable[[], TriggerCounts | None] = lambda: None,
        fitness: Callable[[], Fitness | None] = untold,
        every_s: float = EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
        free: Callable[[Path], int | None] | None = None,
    ) -> None:
        """Be due now."""
        self._registry, self._packs, self._updates = registry, packs, updates
        self._state, self._clock, self._testimony, self._signer = state, clock, testimony, signer
        self._outbox, self._casebook = outbox, casebook
        self._triggers, self._fitness = triggers, fitness
        self._every_s, self._monotonic, self._free = every_s, monotonic, free or disk_free
        self._told: Active | None = None
        self._due = monotonic()

    def look(self) -> Envelope | None:
        """Sign a record if one is due, now durable; None where there is nothing to tell."""
        active = Active(
            registry=self._active_registry(), packs=self._packs, updates=self._updates()
        )
        if versions(active) == self._told and self._monotonic() < self._due:
            return None
        envelope = self._tell(active)
        self._told, self._due = versions(active), self._monotonic() + self._every_s
        return envelope

    def _tell(self, active: Active) -> Envelope:
        now, link = self._clock.read(), self._outbox.next_link()
        gathered = burden(self._outbox, self._casebook, self._state, now.now)
        gathered = msgspec.structs.replace(
            gathered,
            disk_free=self._free(self._state),
            triggers=self._triggers(),
            fitness=self._fitness(),
        )
        message = self._testimony.health(active, gathered, now, link)
        envelope = seal(message, self._signer)
        self._casebook.enter(envelope, None, ())
        self._outbox.append(envelope)
        return envelope

    def _active_registry(self) -> ActiveRegistry | None:
        found = self._registry.snapshot
        if found is None:
            return None
        return ActiveRegistry(
            id=found.id,
            sha256=found.sha256,
            vehicles_as_of=found.vehicles_as_of,
            exemptions_as_of=found.exemptions_as_of,
            vehicles=self._registry.rows("vehicles", "plain"),
            exemptions=self._registry.rows("exemptions"),
        )


def burden(outbox: Outbox, casebook: Casebook, state: Path, now: datetime) -> Burden:
    """Return what has gathered on a box."""
    backlog = outbox.backlog()
    oldest = backlog.oldest_at
    # Both moments are this box's own: one that was set back in between makes no age.
    age_s = None if oldest is None else max(0.0, round((now - oldest).total_seconds(), 1))
    return Burden(
        waiting=backlog.records,
        waiting_s=age_s,
        held=len(casebook.held()),
        disk_free=disk_free(state),
        waiting_bytes=backlog.size_bytes,
        dropped=backlog.dropped,
    )


def versions(active: Active) -> Active:
    """Return what is told at once when it changes: not that another sync found the same."""
    if active.updates is None:
        return active
    found = msgspec.structs.replace(active.updates, synced_at=None, reached_at=None)
    return msgspec.structs.replace(active, updates=found)


def disk_free(folder: Path) -> int | None:
    """Return how many bytes are left where a folder is; None where the system cannot say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None

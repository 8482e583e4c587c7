"""What a new registry must show before a box works with it: RULES 7, R000-33."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.rules import Law, RulePack, Zone
from edge.errors import RegistryError
from edge.registry.accepted import (
    KEEP,
    WayBack,
    accepted,
    allows_back,
    read_accepted,
    refuse_lesser,
    write_accepted,
)
from edge.registry.cache import RegistryCache
from edge.registry.schema import Canary
from edge.registry.vanished import Refused, Vanished, read_refused, refuse_vanished, vanished

SPARE = timedelta(days=366)
EVERYWHERE = Zone("canary", "canary", "", date.min)
"""A zone in force on any day: a canary is asked what the law says, not where."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets a registry in, or raises RegistryError that says why not.

    `kept` is where the last one let in is written down; `packs` decide on the canaries.
    """

    packs: Sequence[RulePack]
    kept: Path
    max_shrink: float
    max_lost: float = 0.005

    def __call__(self, cache: RegistryCache, in_force: RegistryCache | None = None) -> None:
        """Refuse what is older, shrunken, lost exemptions, or gives a canary another outcome."""
        new, before = accepted(cache), read_accepted(self.kept)
        self.weigh(cache, in_force)
        if before != new:
            write_accepted(self.kept, new)

    def weigh(self, cache: RegistryCache, in_force: RegistryCache | None = None) -> None:
        """Refuse as a call does, and accept nothing: it is not in force yet.

        Of what was accepted last only the size is kept: which exemptions are gone can be told only
        beside the registry in force, None where there is none at hand. So it is written down.
        """
        new, before = accepted(cache), read_accepted(self.kept)
        if before is not None and before != new and not allows_back(self._way_back, before, new):
            refuse_lesser(new, before, self.max_shrink)
            if (lost := self._lost(cache, in_force)) is not None:
                refuse_vanished(lost, cache.snapshot.id, self.max_lost)
        self.ask_canaries(cache)

    def _lost(self, cache: RegistryCache, in_force: RegistryCache | None) -> Vanished | None:
        """Return which exemptions are gone; after a restart what was found before it."""
        note, sha256 = self.kept.with_name("registry.refused.json"), cache.snapshot.sha256
        if in_force is None:
            return read_refused(note, sha256)
        found = vanished(in_force, cache)
        if found.gone > found.may_be(self.max_lost):
            with suppress(RegistryError):  # refused it is all the same
                write_accepted(note, Refused(sha256, found))
        return found

    def ask_canaries(self, cache: RegistryCache) -> None:
        """Refuse a registry that gives a made-up vehicle another outcome."""
        canaries = cache.canaries()
        for pack in self.packs:
            refuse_other_outcomes(cache, pack, [c for c in canaries if is_of(c, pack)])

    def allow_back(self, cache: RegistryCache) -> None:
        """Let one registry follow the withdrawn one that was accepted last, though it be lesser.

        What was accepted last is not touched: it belongs to the daemon, which may start on the
        withdrawn one until the very moment that the other takes its place.
        """
        before = read_accepted(self.kept)
        if before is not None:
            step = WayBack(before.snapshot.sha256, accepted(cache).snapshot.sha256)
            write_accepted(self._way_back, step)

    @property
    def _way_back(self) -> Path:
        return self.kept.with_name("registry.way-back.json")


def is_of(canary: Canary, pack: RulePack) -> bool:
    """True when a pack can say what must become of a canary."""
    return canary.jurisdiction == pack.jurisdiction


def refuse_other_outcomes(cache: RegistryCache, pack: RulePack, canaries: Sequence[Canary]) -> None:
    """Raise RegistryError unless every made-up vehicle has the outcome that it must have."""
    if not canaries:
        cause = f"Registry {cache.snapshot.id} has no canary of jurisdiction {pack.jurisdiction}."
        raise RegistryError(cause, KEEP)
    law = Law(pack, EVERYWHERE)
    for canary in canaries:
        at = moment_of(canary)
        facts = cache.facts_of(canary.token, at)
        if facts.snapshot is not None:  # its day is not today
            fresh = replace(facts.snapshot, vehicles_as_of=at, exemptions_as_of=at)
            facts = replace(facts, snapshot=fresh)
        found = decide(desk_passage(canary.country, at), facts, law, desk_clock(at)).outcome
        if found != canary.outcome:
            cause = (
                f"A canary of registry {cache.snapshot.id} is {found} and must be "
                f"{canary.outcome} by pack {pack.id}."
            )
            raise RegistryError(cause, KEEP)


def moment_of(canary: Canary) -> datetime:
    """Return the moment at which a canary is asked. Raises RegistryError."""
    try:
        found = datetime.fromtimestamp(canary.at, UTC)
        _ = found - SPARE, found + SPARE  # the law adds to it, and tells it in local time
        return found
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise RegistryError("A canary of the registry is of no moment.", KEEP) from error

"""Recorded traffic judged again, by the rules of its own day and of another (R004-91). Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from edge.access.assembly import in_zone
from edge.access.calendar import civil_day
from edge.access.records import standing
from edge.access.rules import Law, RulePack, Zone
from edge.access.whatif import Prospect, any_time_before, prospect
from edge.counts.recorded import prospect_of, scope_in
from edge.counts.vehicle import Scope, scope_of
from edge.counts.words import NOT_ACTIVE, START
from edge.record.message import PassageRecord
from edge.types import Facts, Outcome


@dataclass(slots=True)
class Shares:
    """The passages of one zone in scope: as recorded, judged again, and on the other day."""

    scope: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    then: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)

    def add(self, record: PassageRecord, again: Prospect, then: Prospect) -> None:
        """Add one passage in scope."""
        self.recorded[NOT_ACTIVE if record.rule == START else record.outcome] += 1
        self.again[again.verdict.outcome] += 1
        self.then[then.verdict.outcome] += 1
        if then.verdict.outcome is Outcome.REVIEW:
            self.open[" or ".join(sorted(then.outcomes))] += 1


def columns(shares: Shares) -> dict[str, Counter[str]]:
    """Return the three ways in which a passage was judged."""
    return {"recorded": shares.recorded, "again": shares.again, "then": shares.then}


def law_of(record: PassageRecord, packs: Sequence[RulePack], own: Sequence[Law]) -> Law | None:
    """Return the law that a record was decided by, in its zone; the zones of a box come first."""
    for law in own:
        if law.zone.id == record.zone:
            return law
    pack = next((pack for pack in packs if pack.id == record.pack.id), None)
    if pack is None:
        return None
    unknown = Zone(record.zone, record.zone, "", date.min)
    return in_zone(pack, pack.zones.get(record.zone, unknown))


def judge(record: PassageRecord, law: Law, day: date, facts: Facts | None, shares: Shares) -> None:
    """Add one passage to the shares of its zone.

    Raises ValueError for a vehicle in words that no register writes.
    """
    vehicle = None if facts is None else facts.vehicle
    scope = scope_in(record, law) if vehicle is None else scope_of(vehicle, law.pack)
    shares.scope[scope] += 1
    if scope is not Scope.IN:
        return
    seen_on = civil_day(record.seen_first, law.pack.timezone)
    if vehicle is None or facts is None:
        days = [prospect_of(record, law, when) for when in (seen_on, day)]
    else:
        grants = standing(facts.exemptions, record.seen_first, seen_on, law, vehicle.ref)
        born = any_time_before(seen_on)
        days = [prospect(vehicle, born, grants, when, law.pack) for when in (seen_on, day)]
    shares.add(record, *days)

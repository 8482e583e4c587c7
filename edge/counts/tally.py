"""From one decided passage to tallies: one-way figures, each value from a closed list. Pure.

What each figure counts, and of which passages, stands in README.md beside this file.
"""

from collections.abc import Iterator
from datetime import datetime

from edge.access.calendar import DAY_EXEMPTION, civil_day
from edge.access.records import standing
from edge.access.rules import Law, RulePack
from edge.access.whatif import PHASES, any_time_before, prospect
from edge.counts.hour import hour_of
from edge.counts.vehicle import (
    UNKNOWN,
    Scope,
    class_of,
    fuel_of,
    kind_of,
    scope_of,
    size_of,
    word,
    year_of,
)
from edge.counts.words import (
    CAMERA,
    CANDIDATES,
    COUNTRIES,
    DATA,
    NOT_ACTIVE,
    OPENED,
    READ,
    START,
    marks,
    rule_word,
    what_if_figure,
)
from edge.passage.plate import bound_to_trailer
from edge.record.message import ResolutionRecord
from edge.types import Consequence, Decision, Facts, Outcome, Passage, Tally, Vehicle

Counted = tuple[str, str]
"""A figure and the value that one passage adds to it."""


def tallies(
    passage: Passage, facts: Facts | None, decision: Decision, law: Law
) -> tuple[Tally, ...]:
    """Return everything that one passage in one zone adds to the figures of its hour."""
    hour = hour_of(passage.seen_first)
    counted = counted_of(passage, facts, decision, law)
    return tuple(Tally(decision.zone, hour, figure, value) for figure, value in counted)


def tallies_of_resolution(record: ResolutionRecord, at: datetime) -> tuple[Tally, ...]:
    """Return what the end of a held candidate adds to the hour in which it ended.

    Withdrawn and expired ones are counted by the outcome of the last decision.
    """
    consequence = word(record.consequence, list(Consequence))
    outcome = word(record.outcome, list(Outcome))
    ended = {
        "released": (
            "warning_candidates" if consequence == Consequence.WARN else "sanction_candidates",
            "released",
        ),
        "withdrawn": ("withdrawn_candidates", outcome),
        "expired": ("expired_candidates", outcome),
    }
    counted = [ended[record.state]] if record.state in ended else []
    return tuple(Tally(record.zone, hour_of(at), figure, value) for figure, value in counted)


def counted_of(
    passage: Passage, facts: Facts | None, decision: Decision, law: Law
) -> list[Counted]:
    """Return the figures that a passage adds to, each with one value of it."""
    vehicle = identified(passage, facts, decision)
    scope = place_of(passage, vehicle, decision, law.pack)
    counted = [("operation", "announced"), ("passages", scope.value)]
    if settled(passage, decision):
        counted.append(("operation", "settled"))
    country = word(passage.country, COUNTRIES) if passage.country else UNKNOWN
    if scope is Scope.UNKNOWN:
        reason = why_unknown(passage, facts, decision)
        counted += [("unknown_scope_reason", reason), ("unknown_scope_country", country)]
    if vehicle is None or facts is None or scope is not Scope.IN:
        return counted
    counted += [("country", country), ("direction", passage.direction.value)]
    counted += vehicle_figures(vehicle, law.pack)
    counted += decision_figures(decision, kind_of(vehicle, law.pack), law.pack)
    return counted + list(what_if(passage, vehicle, facts, decision, law))


def settled(passage: Passage, decision: Decision) -> bool:
    """True when the plate may stand for a vehicle."""
    return passage.doubt is None and decision.rule != READ


def identified(passage: Passage, facts: Facts | None, decision: Decision) -> Vehicle | None:
    """Return the vehicle, where the plate is beyond doubt and the registry knows it."""
    if facts is None or facts.fault is not None or not settled(passage, decision):
        return None
    return facts.vehicle


def place_of(
    passage: Passage, vehicle: Vehicle | None, decision: Decision, pack: RulePack
) -> Scope:
    """Return whether the passage is in scope, by the category alone: the zone may yet begin."""
    if settled(passage, decision) and bound_to_trailer(passage.country, passage.plate):
        return Scope.OUT
    return Scope.UNKNOWN if vehicle is None else scope_of(vehicle, pack)


def why_unknown(passage: Passage, facts: Facts | None, decision: Decision) -> str:
    """Return why it cannot be known whether the zone concerns the vehicle."""
    if not settled(passage, decision):
        return READ
    if decision.rule == "CLOCK":
        return decision.rule
    if passage.blind is not None:
        return CAMERA
    if facts is None or facts.fault is not None or facts.snapshot is None:
        return "REGISTRY"
    return "MISS" if facts.vehicle is None else "CATEGORY"


def vehicle_figures(vehicle: Vehicle, pack: RulePack) -> list[Counted]:
    """Return what is counted of the vehicle itself (R000-07)."""
    return [
        ("kind", kind_of(vehicle, pack)),
        ("class", class_of(vehicle, pack)),
        ("fuel", fuel_of(vehicle, pack)),
        ("first_registration_year", year_of(vehicle)),
    ]


def decision_figures(decision: Decision, kind: str, pack: RulePack) -> list[Counted]:
    """Return what is counted of the answer: the outcome, its reason, what follows, its marks."""
    outcome = NOT_ACTIVE if decision.rule == START else decision.outcome.value
    counted = [("outcome", outcome), (f"outcome_{size_of(kind)}", outcome)]
    if decision.outcome is Outcome.REVIEW:
        counted.append(("review_reason", rule_word(decision.rule, pack)))
    if decision.outcome in OPENED:
        counted.append(("exemption_type", rule_word(decision.rule, pack)))
    if decision.outcome in OPENED and decision.rule == DAY_EXEMPTION:
        counted.append(("day_exemption", "used"))
    if pack.enforced and decision.consequence in CANDIDATES:
        counted.append((CANDIDATES[decision.consequence], "decided"))
    named = {word(mark, marks(pack)) for mark in decision.marks}
    return counted + [("mark", name) for name in sorted(named)]


def what_if(
    passage: Passage, vehicle: Vehicle, facts: Facts, decision: Decision, law: Law
) -> Iterator[Counted]:
    """Yield the outcome of the same vehicle on the first day of every phase (R004-91)."""
    seen_on = civil_day(passage.seen_first, law.pack.timezone)
    grants = standing(facts.exemptions, passage.seen_first, seen_on, law, vehicle.ref)
    for day in PHASES.get(law.pack.jurisdiction, ()):
        found = prospect(vehicle, any_time_before(seen_on), grants, day, law.pack)
        # A date of first registration that cannot be is as doubtful on any other day.
        outcome = Outcome.REVIEW if decision.rule == DATA else found.verdict.outcome
        yield what_if_figure(day), outcome.value

"""What would change an answer: one fact that were known or otherwise, or one record. Pure.

Every alternative was decided by `decide` before it is named; nothing here knows a rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple, TypeAlias

from edge.access.decide import signs_of
from edge.access.desk import desk_passage
from edge.access.evaluate import DERIVED_NORM, OPEN, evaluated
from edge.access.outlook import Inquiry
from edge.access.possible import places
from edge.access.records import GRANTED, standing
from edge.access.rules import RecordType
from edge.access.trials import FACTS, Value
from edge.types import Consequence, Decision, Exemption, Outcome, Vehicle

ANY_ENDING = "X"
"""Stands for the star of a type that speaks of any ending."""
OTHERWISE = ("euro_norm", "stage", "body_codes", "first_registration")
"""Known facts that a register may hold wrongly, or that another vehicle of the fleet has."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """An input that leads to another answer, and that answer.

    `fact` is the name of a fact on the command line, or "zero_emission", "registry" (a fresh
    one) or "record". It helps when it is one of `values`, or else lies in [`low`, `below`);
    None is open. `rules` are all that give this answer, where what is unknown leaves several.
    `unknown`: it is not known today. `until`: a record may be asked for so long.
    """

    fact: str
    outcome: Outcome
    consequence: Consequence
    rules: tuple[str, ...]
    values: tuple[Value, ...] = ()
    low: Value | None = None
    below: Value | None = None
    unknown: bool = False
    until: datetime | None = None


Answer: TypeAlias = Decision | Alternative


class Tried(NamedTuple):
    """The answer to another input, and every rule that gives it to what the vehicle may be."""

    decision: Decision
    rules: tuple[str, ...]


def what_would_change(inquiry: Inquiry) -> tuple[Alternative, ...]:
    """Return what would lead to another answer, the most realistic first.

    Nothing where the vehicle may drive already, or where a fact cannot help.
    """
    now, vehicle = inquiry.decided(), inquiry.facts.vehicle
    if now.outcome in OPEN or vehicle is None:
        return ()
    in_doubt = now.outcome is Outcome.REVIEW or DERIVED_NORM in now.marks
    missing = tuple(unknown_facts(inquiry, vehicle, now)) if in_doubt else ()
    if now.consequence is Consequence.NONE or vehicle.category is None:
        return missing  # nothing is held against it, or hardly anything is known
    others = (
        fresh(inquiry, now),
        records(inquiry, vehicle, now),
        (found for fact in OTHERWISE for found in otherwise(inquiry, vehicle, now, fact)),
        electric(inquiry, vehicle, now),
    )
    return (*missing, *(found for kind in others for found in kind))


def unknown_facts(inquiry: Inquiry, vehicle: Vehicle, now: Decision) -> Iterator[Alternative]:
    """Yield, for each fact that is not known, what each of its values would lead to."""
    for fact, trial in FACTS.items():
        if trial.known(vehicle):
            continue
        spans = spanned(fact, inquiry, vehicle)
        if any(effect(span) != effect(now) for span in spans):
            yield from (replace(span, unknown=True) for span in spans)


def otherwise(
    inquiry: Inquiry, vehicle: Vehicle, now: Decision, fact: str
) -> Iterator[Alternative]:
    """Yield the values of a known fact that would help, the smallest step first."""
    if not FACTS[fact].known(vehicle):
        return
    for span in spanned(fact, inquiry, vehicle):
        # Any vehicle is exempt once it is old enough: no answer to a inquiry about this one.
        ageing = fact == "first_registration" and span.outcome is Outcome.EXEMPT
        if better(span, now) and not ageing:
            yield span


def better(then: Answer, now: Decision) -> bool:
    """True for access, for what a person need not judge, and for a permission to be had."""
    buyable = now.outcome is Outcome.NO_ACCESS and then.outcome is Outcome.PERMIT_POSSIBLE
    return then.outcome in OPEN or then.consequence is Consequence.NONE or buyable


def fresh(inquiry: Inquiry, now: Decision) -> Iterator[Alternative]:
    """Yield the answer of a registry made just now, where that differs."""
    if (old := inquiry.facts.snapshot) is None:
        return
    newest = replace(old, vehicles_as_of=inquiry.now, exemptions_as_of=inquiry.now)
    then = tried(replace(inquiry, facts=replace(inquiry.facts, snapshot=newest)))
    if effect(then.decision) != effect(now):
        yield named("registry", [(("fresh",), then)])


def electric(inquiry: Inquiry, vehicle: Vehicle, now: Decision) -> Iterator[Alternative]:
    """Yield the answer for a zero-emission vehicle, where that is access."""
    clean = replace(vehicle, fuels=frozenset({"electric"}), zero_emission=True, hybrid_class="none")
    then = asked(inquiry, clean)
    if better(then.decision, now):
        yield named("zero_emission", [(("yes",), then)])


def records(inquiry: Inquiry, vehicle: Vehicle, now: Decision) -> Iterator[Alternative]:
    """Yield the types of records that would open access, by outcome and time to ask for them.

    A type that is meant for groups to which this vehicle cannot belong is not proposed.
    """
    groups = {group for group, *_ in places(vehicle, inquiry.law.pack)}
    found = [
        (kind, then)
        for kind in inquiry.law.pack.types
        if kind.code != "*" and (not kind.meant_for or kind.meant_for & groups)
        if better((then := registered(inquiry, kind)).decision, now)
    ]
    found.sort(key=urgency)
    for _, group in groupby(found, urgency):
        kinds = list(group)
        hours = kinds[0][0].request_hours
        until = None if hours is None else inquiry.at + timedelta(hours=hours)
        types = [((kind.code,), then) for kind, then in kinds]
        yield replace(named("record", types), until=until)


def urgency(found: tuple[RecordType, Tried]) -> tuple[bool, float, bool, tuple[str, str]]:
    """Sort records by what may still be asked for afterwards, then permissions, exemptions."""
    kind, (then, _) = found
    late = kind.request_hours or 0.0
    return not late, late, then.outcome is Outcome.EXEMPT, effect(then)


def registered(inquiry: Inquiry, kind: RecordType) -> Tried:
    """Decide with one more record: granted, for this zone, in force from this moment on."""
    code = kind.code.replace("*", ANY_ENDING)
    scope = frozenset({inquiry.law.zone.id})
    record = Exemption("trial", "trial", code, GRANTED, scope, inquiry.at, None, inquiry.at)
    facts = replace(inquiry.facts, exemptions=(*inquiry.facts.exemptions, record))
    return tried(replace(inquiry, facts=facts))


def asked(inquiry: Inquiry, vehicle: Vehicle) -> Tried:
    """Decide with another vehicle."""
    return tried(replace(inquiry, facts=replace(inquiry.facts, vehicle=vehicle)))


def tried(inquiry: Inquiry) -> Tried:
    """Decide, and name the rules of all combinations that share the answer, not of one of them."""
    then, law, facts = inquiry.decided(), inquiry.law, inquiry.facts
    if facts.vehicle is None:
        return Tried(then, (then.rule,))
    grants = standing(facts.exemptions, inquiry.at, inquiry.day, law, facts.vehicle.ref)
    signs = signs_of(desk_passage(inquiry.country, inquiry.at, inquiry.plate), law)
    derive = DERIVED_NORM in then.marks
    results = evaluated(facts.vehicle, grants, inquiry.day, law.pack, signs, derive).values()
    rules = dict.fromkeys(one.rule for one in results if one.outcome is then.outcome)
    # An answer that no combination gave (no zone yet, old data, several answers) has its own rule.
    return Tried(then, tuple(rules) if then.rule in rules else (then.rule,))


def named(fact: str, answers: Sequence[tuple[tuple[Value, ...], Tried]]) -> Alternative:
    """Return the alternative of values that all lead to the same answer."""
    (_, (first, _)), *_ = answers
    rules = tuple(dict.fromkeys(rule for _, then in answers for rule in then.rules))
    values = tuple(value for alike, _ in answers for value in alike)
    return Alternative(fact, first.outcome, first.consequence, rules, values)


def spanned(fact: str, inquiry: Inquiry, vehicle: Vehicle) -> list[Alternative]:
    """Return what the values of a fact lead to: as ranges where they have an order."""
    trial = FACTS[fact]
    others = trial.values(vehicle, inquiry.law.pack, inquiry.day)
    answers = [(values, asked(inquiry, other)) for values, other in others]
    if not trial.ordered:
        answers.sort(key=lambda answer: effect(answer[1].decision))
    alike = groupby(answers, lambda answer: effect(answer[1].decision))
    runs = [named(fact, list(run)) for _, run in alike]
    if not trial.ordered or not runs:
        return runs
    starts = [run.values[0] for run in runs]
    return [
        replace(run, values=(), low=low, below=below)
        for run, low, below in zip(runs, [None, *starts[1:]], [*starts[1:], None], strict=True)
    ]


def effect(answer: Answer) -> tuple[str, str]:
    """Return what matters of an answer, in the order in which answers are listed."""
    return answer.outcome, answer.consequence

"""What the law says of a vehicle: base tables, exemptions, and the set of 1.3. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter

from edge.access.calendar import anniversary
from edge.access.condition import NO_SIGNS, Point, Signs
from edge.access.possible import apart, points
from edge.access.records import Grant
from edge.access.rules import FAIL_SAFE, OUTSIDE, Row, RulePack, Verdict
from edge.types import Consequence, Outcome, Vehicle

OPEN = frozenset({Outcome.FREE_ACCESS, Outcome.EXEMPT, Outcome.PERMITTED, Outcome.OUT_OF_SCOPE})
ACCUSING = frozenset({Outcome.PERMIT_POSSIBLE, Outcome.NO_ACCESS})
DERIVED_NORM, TWO_DATES = "derived_norm", "two_dates"
AXES = {
    "group": "vehicle group (category, kind or mass)",
    "category": "category",
    "first": "date of first registration",
    "energy": "fuel",
    "norm": "Euro norm or stage",
    "power": "engine power",
    "codes": "body codes",
}
REST = {axis: attrgetter(*(name for name in ("day", *AXES) if name != axis)) for axis in AXES}
"""All inputs but one."""


def judge(
    vehicle: Vehicle, grants: Sequence[Grant], day: date, pack: RulePack, signs: Signs = NO_SIGNS
) -> Verdict:
    """Evaluate every possible combination and join the results (RULES 1.3)."""
    verdict = weighed_up(vehicle, grants, day, pack, signs)
    used, registered = vehicle.first_known_use, vehicle.first_registration
    if used is None or registered is None or not apart(used, registered, day.toordinal(), pack):
        return verdict
    return of_two_dates(verdict, vehicle, grants, day, pack, signs)


def weighed_up(
    vehicle: Vehicle, grants: Sequence[Grant], day: date, pack: RulePack, signs: Signs
) -> Verdict:
    """Join the results; a norm that nobody registered may follow from the date (F-AMB-10).

    What rests on such a norm accuses nobody by itself: a person looks.
    """
    verdict = joined(evaluated(vehicle, grants, day, pack, signs), vehicle, pack)
    if verdict.rule != "SET" or not derivable(vehicle, pack):
        return verdict
    by_date = joined(evaluated(vehicle, grants, day, pack, signs, derive=True), vehicle, pack)
    return verdict if by_date.outcome is Outcome.REVIEW else presumed(by_date)


def presumed(verdict: Verdict) -> Verdict:
    """Return an answer as one that rests on a derived norm: an accusation is for a person."""
    by_hand = Consequence.MANUAL if verdict.outcome in ACCUSING else verdict.consequence
    return replace(verdict, consequence=by_hand, marks=(*verdict.marks, DERIVED_NORM))


def derivable(vehicle: Vehicle, pack: RulePack) -> bool:
    """True when the pack lets the date of first registration stand for a norm not registered."""
    registered = vehicle.euro is not None or vehicle.eev
    return not registered and pack.answer("onbekende_norm") == "afleiden"


def of_two_dates(
    verdict: Verdict,
    vehicle: Vehicle,
    grants: Sequence[Grant],
    day: date,
    pack: RulePack,
    signs: Signs,
) -> Verdict:
    """Flag an answer that the other date of the register would change (F-AMB-05, F-AMB-06).

    Whatever the pack says, nobody is accused on one date whom the other clears.
    """
    by_hand = pack.answer("twee_data") == "nazicht"
    for known in {vehicle.first_known_use, vehicle.first_registration}:
        other = replace(vehicle, first_registration=known, first_known_use=None)
        then = weighed_up(other, grants, day, pack, signs).outcome
        if then is not verdict.outcome:
            cleared = verdict.outcome in ACCUSING and then in OPEN
            reason = (
                "The register knows two dates of first use, and they lead to different answers."
            )
            marks = (*verdict.marks, TWO_DATES)
            return replace(
                doubt("F-AMB-06", reason) if by_hand or cleared else verdict, marks=marks
            )
    return verdict


def evaluated(
    vehicle: Vehicle,
    grants: Sequence[Grant],
    day: date,
    pack: RulePack,
    signs: Signs,
    derive: bool = False,
) -> dict[Point, Verdict]:
    """Return the answer to every combination that the vehicle may stand for."""
    possible = points(vehicle, day.toordinal(), pack, signs, derive)
    return {at: weighed(answer(at, grants, pack), at, pack) for at in possible}


def joined(results: dict[Point, Verdict], vehicle: Vehicle, pack: RulePack) -> Verdict:
    """Return the one answer that all combinations share, or a review that says why not."""
    if not results or (vehicle.category is None and all(at.group == OUTSIDE for at in results)):
        return misfit(vehicle, pack)  # that no group is left does not prove another category
    verdicts = list(results.values())
    if len(verdicts) == 1:
        return verdicts[0]
    outcomes = {verdict.outcome for verdict in verdicts}
    if len(outcomes) > 1:
        return undecided(results, outcomes)
    by_hand = any(verdict.consequence is Consequence.MANUAL for verdict in verdicts)
    marks = dict.fromkeys(mark for verdict in verdicts for mark in verdict.marks)
    consequence = Consequence.MANUAL if by_hand else verdicts[0].consequence
    return replace(all_named(verdicts), consequence=consequence, marks=tuple(marks))


def all_named(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the first of answers that agree; its reason names the other rules, its source all.

    `rule` stays the name of one row: counts, quotations and later readers look it up.
    """
    first, *_ = verdicts
    others = sorted({verdict.rule for verdict in verdicts} - {first.rule})
    if not others:
        return first
    reason = f"{first.reason} For what else it may be, the same follows from {', '.join(others)}."
    sources = dict.fromkeys(verdict.source for verdict in verdicts)
    return replace(first, reason=reason, source="; ".join(sources))


def misfit(vehicle: Vehicle, pack: RulePack) -> Verdict:
    """Send to review what no group holds: an open question of the law, or data that contradict."""
    for question in pack.questions:
        named = question.touches.when.categories if question.touches is not None else ()
        if question.by_hand and named and (vehicle.category or "").startswith(named):
            return doubt(question.id, question.english, question.source)
    return doubt("DATA", "The registry's data fit no vehicle that the rules know.")


def weighed(verdict: Verdict, at: Point, pack: RulePack) -> Verdict:
    """Let open questions of the law mark an answer, or have a person look before it accuses."""
    if not pack.weighed:
        return verdict
    touching = [question for touch, question in pack.weighed if touch.holds(at)]
    marks = tuple(question.mark for question in touching if question.mark)
    by_hand = next((question for question in touching if question.by_hand), None)
    if by_hand is not None and verdict.outcome in ACCUSING:
        verdict = doubt(by_hand.id, by_hand.english, by_hand.source)
    return replace(verdict, marks=(*verdict.marks, *marks)) if marks else verdict


def undecided(results: dict[Point, Verdict], outcomes: set[Outcome]) -> Verdict:
    """Send to review what the unknown inputs leave open; nobody need look if all is access."""
    words = ", ".join(sorted(outcomes - {Outcome.REVIEW}))
    mattering = " and ".join(AXES[axis] for axis in AXES if matters(axis, results))
    return Verdict(
        Outcome.REVIEW,
        "SET",
        f"Not known or not certain: {mattering or 'several inputs'}; possible: {words}.",
        FAIL_SAFE,
        Consequence.NONE if outcomes <= OPEN else Consequence.MANUAL,
    )


def matters(axis: str, results: dict[Point, Verdict]) -> bool:
    """True when two combinations that differ on this axis alone have different outcomes."""
    seen: dict[tuple[object, ...], Outcome] = {}
    for at, verdict in results.items():
        if seen.setdefault(REST[axis](at), verdict.outcome) is not verdict.outcome:
            return True
    return False


def answer(at: Point, grants: Sequence[Grant], pack: RulePack) -> Verdict:
    """Answer one fully known combination in the order of RULES 1.4 steps 5 to 10."""
    if at.group == OUTSIDE:
        return Verdict(Outcome.OUT_OF_SCOPE, "SCOPE", pack.outside_reason, pack.outside_source)
    base = base_row(at, pack)
    if base.outcome is Outcome.FREE_ACCESS:
        return stated(base, at)
    counting = [grant for grant in grants if not ended(grant, at, pack)]
    if (grant := granted(Outcome.EXEMPT, counting, at, pack)) is not None:
        return registered(grant)
    listed = listed_row(at, counting, pack)
    if listed is not None and lifts(listed, base, pack):
        return stated(listed, at)
    if (grant := granted(Outcome.PERMITTED, counting, at, pack)) is not None:
        return registered(grant)
    if base.outcome is Outcome.PERMITTED:
        return stated(base, at)
    return unsettled(listed, counting, pack) or stated(base, at)


def base_row(at: Point, pack: RulePack) -> Row:
    """Return the first row of the group's table that speaks; the proof says there is one."""
    return next(row for row in pack.tables[at.group] if row.when.holds(at))


def listed_row(at: Point, grants: Sequence[Grant], pack: RulePack) -> Row | None:
    """Return the automatic exemption, the widest first; a type 5 permission ends it (2.5)."""
    if any(grant.type.replaces_list for grant in grants):
        return None
    rows = [row for row in pack.exemptions if row.when.holds(at)]
    return min(rows, key=lambda row: not row.lifts_all, default=None)


def lifts(listed: Row, base: Row, pack: RulePack) -> bool:
    """True when an automatic exemption answers the denial of a row (F-AMB-09)."""
    lifts_norm = pack.answer("lijst_en_norm") == "lijst_heft_norm_op"
    return listed.lifts_all or base.ze_duty or lifts_norm


def granted(outcome: Outcome, grants: Sequence[Grant], at: Point, pack: RulePack) -> Grant | None:
    """Return a record that gives this outcome beyond doubt."""
    sure = pack.answer("na_wettelijk_einde") == "geldig"
    for grant in grants:
        if grant.type.outcome is outcome and not grant.doubt and (sure or not beyond(grant, at)):
            return grant
    return None


def ended(grant: Grant, at: Point, pack: RulePack) -> bool:
    """True when a record is past the legal end of its type and the pack says that this ends it."""
    return pack.answer("na_wettelijk_einde") == "ongeldig" and beyond(grant, at)


def beyond(grant: Grant, at: Point) -> bool:
    """True when the record outlives the legal end of its type (F-AMB-26, R004-58)."""
    last_day, years = grant.type.last_day.get(at.group), grant.type.years_after_first
    late = last_day is not None and at.day > last_day
    return late or (years is not None and at.day >= anniversary(at.first, years))


def unsettled(listed: Row | None, grants: Sequence[Grant], pack: RulePack) -> Verdict | None:
    """Send to review what an exemption may or may not lift."""
    if listed is not None and pack.answer("lijst_en_norm") == "nazicht":
        return doubt(
            "F-AMB-09",
            "The vehicle is on the list of exempt types, but it is not clear that the list "
            "also lifts the Euro norm or stage.",
            listed.source,
        )
    return next(doubted(grants), None)


def doubted(grants: Sequence[Grant]) -> Iterator[Verdict]:
    """Yield a review for every record that did not open the zone beyond doubt."""
    for grant in grants:
        cause = grant.doubt or "it outlives the legal end of its type"
        yield doubt(grant.type.code, f"Registered: {grant.type.reason}; but {cause}.")


def stated(row: Row, at: Point) -> Verdict:
    """Return the answer of a row."""
    return Verdict(row.outcome, row.id, row.reason, row.source, None, row.marks(at.day))


def registered(grant: Grant) -> Verdict:
    """Return the answer of a registered record."""
    kind = grant.type
    reason = f"Registered for this zone and moment: {kind.reason}."
    return Verdict(kind.outcome, kind.code, reason, kind.source, None, grant.marks)


def doubt(rule: str, reason: str, source: str = FAIL_SAFE) -> Verdict:
    """Return a review by a person."""
    return Verdict(Outcome.REVIEW, rule, reason, source, Consequence.MANUAL)

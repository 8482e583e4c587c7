"""What the law says of a vehicle: base tables, exemptions, and the set of 1.3. Pure."""

from collections.abc import Sequence
from datetime import date

from edge.access.condition import Point
from edge.access.possible import points
from edge.access.records import Grant
from edge.access.rules import FAIL_SAFE, OUTSIDE, Row, RulePack, Verdict
from edge.types import Consequence, Outcome, Vehicle

OPEN = frozenset({Outcome.FREE_ACCESS, Outcome.EXEMPT, Outcome.PERMITTED, Outcome.OUT_OF_SCOPE})
AXES = {
    "group": "vehicle group (category, kind or mass)",
    "category": "category",
    "first": "date of first registration",
    "energy": "fuel",
    "norm": "Euro norm or stage",
    "power": "engine power",
    "codes": "body codes",
}


def judge(vehicle: Vehicle, grants: Sequence[Grant], day: date, pack: RulePack) -> Verdict:
    """Evaluate every possible combination and join the results (RULES 1.3)."""
    results = {at: answer(at, grants, pack) for at in points(vehicle, day.toordinal(), pack)}
    if not results:
        return doubt("DATA", "The registry's data fit no vehicle that the rules know.")
    verdicts = list(results.values())
    outcomes = {verdict.outcome for verdict in verdicts}
    if len(outcomes) == 1:
        return verdicts[0]
    return undecided(results, outcomes)


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
    rest = [name for name in ("day", *AXES) if name != axis]
    for at, verdict in results.items():
        place = tuple(getattr(at, name) for name in rest)
        if seen.setdefault(place, verdict.outcome) is not verdict.outcome:
            return True
    return False


def answer(at: Point, grants: Sequence[Grant], pack: RulePack) -> Verdict:
    """Answer one fully known combination in the order of RULES 1.4 steps 5 to 10."""
    if at.group == OUTSIDE:
        return Verdict(Outcome.OUT_OF_SCOPE, "SCOPE", pack.outside_reason, pack.outside_source)
    base = base_row(at, pack)
    if base.outcome is Outcome.FREE_ACCESS:
        return stated(base, at)
    if (grant := granted(Outcome.EXEMPT, grants, at)) is not None:
        return registered(grant)
    listed = listed_row(at, grants, pack)
    if listed is not None and (listed.lifts_all or base.ze_duty):
        return stated(listed, at)
    if (grant := granted(Outcome.PERMITTED, grants, at)) is not None:
        return registered(grant)
    if base.outcome is Outcome.PERMITTED:
        return stated(base, at)
    return unsettled(at, listed, grants) or stated(base, at)


def base_row(at: Point, pack: RulePack) -> Row:
    """Return the first row of the group's table that speaks; the proof says there is one."""
    return next(row for row in pack.tables[at.group] if row.when.holds(at))


def listed_row(at: Point, grants: Sequence[Grant], pack: RulePack) -> Row | None:
    """Return the automatic exemption, the widest first; a type 5 permission ends it (2.5)."""
    if any(grant.type.replaces_list for grant in grants):
        return None
    rows = [row for row in pack.exemptions if row.when.holds(at)]
    return min(rows, key=lambda row: not row.lifts_all, default=None)


def granted(outcome: Outcome, grants: Sequence[Grant], at: Point) -> Grant | None:
    """Return a record that gives this outcome beyond doubt."""
    for grant in grants:
        if grant.type.outcome is outcome and not grant.doubt and not beyond(grant, at):
            return grant
    return None


def beyond(grant: Grant, at: Point) -> bool:
    """True when the record outlives the legal end of its type (F-AMB-26)."""
    last_day = grant.type.last_day.get(at.group)
    return last_day is not None and at.day > last_day


def unsettled(at: Point, listed: Row | None, grants: Sequence[Grant]) -> Verdict | None:
    """Send to review what an exemption may or may not lift."""
    if listed is not None:
        return doubt(
            "F-AMB-09",
            "The vehicle is on the list of exempt types, but it is not clear that the list "
            "also lifts the Euro norm or stage.",
            listed.source,
        )
    for grant in grants:
        cause = grant.doubt or "it outlives the legal end of its type"
        return doubt(grant.type.code, f"Registered: {grant.type.reason}; but {cause}.")
    return None


def stated(row: Row, at: Point) -> Verdict:
    """Return the answer of a row."""
    return Verdict(row.outcome, row.id, row.reason, row.source, None, row.marks(at.day))


def registered(grant: Grant) -> Verdict:
    """Return the answer of a registered record."""
    kind = grant.type
    reason = f"Registered for this zone and moment: {kind.reason}."
    return Verdict(kind.outcome, kind.code, reason, kind.source)


def doubt(rule: str, reason: str, source: str = FAIL_SAFE) -> Verdict:
    """Return a review by a person."""
    return Verdict(Outcome.REVIEW, rule, reason, source, Consequence.MANUAL)

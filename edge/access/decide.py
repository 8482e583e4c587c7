"""May this vehicle drive here? One answer, in the order of RULES 1.4. Pure.

A box never accuses on doubt: whatever is missing, stale, partial or corrupt ends in review.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from edge.access.calendar import civil_day
from edge.access.condition import Signs
from edge.access.evaluate import ACCUSING, doubt, judge
from edge.access.records import standing
from edge.access.rules import FAIL_SAFE, Law, Verdict
from edge.passage.plate import (
    bound_to_trailer,
    bound_to_vehicle,
    may_lack_a_sign,
    of_an_oldtimer,
)
from edge.types import ClockReading, Consequence, Decision, Facts, Outcome, Passage, Snapshot

STEP_S = 2.0
FIRST_CARS = date(1900, 1, 1)


def decide(passage: Passage, facts: Facts | None, law: Law, clock: ClockReading) -> Decision:
    """Decide one passage in one zone, from the facts and the law as given."""
    day = civil_day(passage.seen_first, law.pack.timezone)
    verdict = (
        untimed(passage, clock)
        or unread(passage, law, day)
        or inactive(law, day)
        or towed(passage, law)
        or unseen(passage)
        or expired(law, day)
        or looked_up(passage, facts, law, clock, day)
    )
    return sealed(verdict, law, day, facts.snapshot if facts is not None else None)


def looked_up(
    passage: Passage, facts: Facts | None, law: Law, clock: ClockReading, day: date
) -> Verdict:
    """Decide on what the registry holds: RULES 1.4 steps 3 to 12."""
    if facts is None or facts.fault is not None or facts.snapshot is None:
        cause = facts.fault if facts is not None else None
        return doubt("REGISTRY", f"The registry could not be asked: {cause or 'no snapshot'}.")
    vehicle, signs = facts.vehicle, signs_of(passage, law)
    if vehicle is None:
        return missing(signs, law, facts.snapshot)
    dates = (vehicle.first_registration, vehicle.first_known_use)
    if any(born is not None and not FIRST_CARS <= born <= day for born in dates):
        return doubt("DATA", "The registry dates the first registration where it cannot be.")
    grants = standing(facts.exemptions, passage.seen_first, day, law, vehicle.ref)
    verdict = judge(vehicle, grants, day, law.pack, signs)
    if verdict.outcome not in ACCUSING:
        return verdict
    return stale(facts.snapshot, law, clock.now) or shortened(passage) or verdict


def signs_of(passage: Passage, law: Law) -> Signs:
    """Return what the plate itself tells of its vehicle."""
    foreign = passage.country not in law.pack.countries
    return Signs(foreign, of_an_oldtimer(passage.country, passage.plate))


def missing(signs: Signs, law: Law, snapshot: Snapshot) -> Verdict:
    """Step 4: no record of the vehicle. A foreign one need not be registered (F-AMB-16).

    Of what a deny list leaves out nothing may be known, so nobody is asked to look.
    """
    if snapshot.listed:
        reason = "The registry here is a deny list, and the vehicle is not on it."
        return replace(doubt("MISS", reason), consequence=Consequence.NONE)
    verdict = doubt("MISS", "The vehicle is not in the registry snapshot.")
    if signs.foreign and law.pack.answer("niet_ingeschreven") == "tellen":
        return replace(verdict, consequence=Consequence.NONE)
    return verdict


def untimed(passage: Passage, clock: ClockReading) -> Verdict | None:
    """Without a trusted clock a passage is an aggregate, never a candidate (RULES 7)."""
    if not clock.trusted:
        because = f": {clock.doubt}" if clock.doubt else ""
        reason = f"The clock is not trusted{because}."
    elif stepped(passage, clock):
        reason = "The clock was set while the vehicle was in sight."
    else:
        return None
    return Verdict(Outcome.REVIEW, "CLOCK", reason, FAIL_SAFE, Consequence.NONE)


def stepped(passage: Passage, clock: ClockReading) -> bool:
    """True when the time of day moved otherwise than the monotonic clock since a sighting."""
    sightings = (
        (passage.seen_first, passage.first_monotonic_ns),
        (passage.seen_last, passage.last_monotonic_ns),
    )
    return any(
        abs((clock.now - seen).total_seconds() - (clock.monotonic_ns - steady_ns) / 1e9) > STEP_S
        for seen, steady_ns in sightings
    )


def unread(passage: Passage, law: Law, day: date) -> Verdict | None:
    """Step 1: a doubtful plate, or one without a country, is never looked up (RULES 5.4)."""
    if passage.doubt is not None:
        cause = passage.doubt
    elif passage.country is None:
        cause = "the plate does not tell its country"
    elif not bound_to_vehicle(passage.country, passage.plate):
        cause = "it belongs to a trade, not to a vehicle"
    else:
        return None
    if any(candidate.text in cause for candidate in passage.candidates if candidate.text):
        cause = "more than one reading is possible"
    return Verdict(
        Outcome.REVIEW,
        "READ",
        f"The plate is not settled: {cause}.",
        FAIL_SAFE,
        # Before a zone is in force nothing may be kept for a person to look at (R004-90).
        Consequence.MANUAL if law.zone.active(day) else Consequence.NOT_ENFORCED,
    )


def inactive(law: Law, day: date) -> Verdict | None:
    """Step 2: outside the dates of the zone there is only counting."""
    if law.zone.active(day):
        return None
    return Verdict(
        Outcome.OUT_OF_SCOPE,
        "START",
        f"The zone is not in force on {day.isoformat()}.",
        law.zone.source,
        Consequence.NOT_ENFORCED,
    )


def towed(passage: Passage, law: Law) -> Verdict | None:
    """A trailer's own plate is out of scope: the motor vehicle answers for itself (RULES 5.6)."""
    if not bound_to_trailer(passage.country, passage.plate):
        return None
    return Verdict(Outcome.OUT_OF_SCOPE, "SCOPE", law.pack.outside_reason, law.pack.outside_source)


def unseen(passage: Passage) -> Verdict | None:
    """What a camera shows that moved, froze or is covered accuses nobody (RULES 7)."""
    if passage.blind is None:
        return None
    return doubt("CAMERA", f"The camera could not be believed: {passage.blind}.", FAIL_SAFE)


def expired(law: Law, day: date) -> Verdict | None:
    """A pack outside its own dates leads to review only (RULES 7)."""
    if law.pack.valid_from <= day < law.pack.expires:
        return None
    return doubt("PACK", "The rule pack is not valid on the day of the passage.", FAIL_SAFE)


def stale(snapshot: Snapshot, law: Law, now: datetime) -> Verdict | None:
    """Step 11: data too old, or dated in the future, accuses nobody (RULES 7)."""
    sources = (
        ("exemption", snapshot.exemptions_as_of, law.pack.max_age_exemptions_h),
        ("vehicle", snapshot.vehicles_as_of, law.pack.max_age_vehicles_h),
    )
    for name, as_of, hours in sources:
        if as_of > now:
            return doubt("STALE", f"The {name} data is dated in the future.", FAIL_SAFE)
        if now - as_of > timedelta(hours=hours):
            return doubt("STALE", f"The {name} data is older than {hours:g} hours.", FAIL_SAFE)
    return None


def shortened(passage: Passage) -> Verdict | None:
    """A plate that may be a longer one of which a sign is hidden accuses nobody (RULES 5.5)."""
    if not may_lack_a_sign(passage.country, passage.plate):
        return None
    return doubt(
        "READ", "The plate is not settled: with one sign more it would be another.", FAIL_SAFE
    )


def sealed(verdict: Verdict, law: Law, day: date, snapshot: Snapshot | None) -> Decision:
    """Tie an answer to the zone, the pack and the snapshot that it rests on."""
    return Decision(
        zone=law.zone.id,
        outcome=verdict.outcome,
        consequence=verdict.consequence or consequence(verdict.outcome, law, day),
        rule=verdict.rule,
        reason=verdict.reason,
        source=verdict.source,
        pack_id=law.pack.id,
        pack_sha256=law.pack.sha256,
        snapshot=snapshot,
        marks=verdict.marks + (("draft",) if law.pack.draft else ()),
    )


def consequence(outcome: Outcome, law: Law, day: date) -> Consequence:
    """Return what follows from an outcome: RULES 1.7."""
    if outcome is Outcome.REVIEW:
        return Consequence.MANUAL
    if outcome not in ACCUSING:
        return Consequence.NONE
    return Consequence.WARN if law.warns(day) else law.pack.accusation

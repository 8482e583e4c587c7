"""Which decisions are held, how long, and when one may leave: RULES 1.7 and 2.6. Pure.

A permit may still be asked for after the passage. So nobody is accused before the window in
which it can has closed, and a registry that was made after that end still knows of none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeAlias

from edge.access.calendar import civil_day, zone_of
from edge.access.decide import stale
from edge.access.evaluate import ACCUSING
from edge.access.records import GRANTED
from edge.access.rules import Law
from edge.record.message import CandidateRef, EvidenceRef
from edge.types import (
    REPLAY,
    ClockReading,
    Consequence,
    Decision,
    Facts,
    Outcome,
    Passage,
    Snapshot,
)

HOLDING = frozenset({Consequence.WARN, Consequence.HOLD48, Consequence.HOLD_DAY})
HELD, ALREADY_HELD, NO_EVIDENCE = "held", "already_held", "no_evidence"
"""Marks of a passage record: a resolution will follow; another one of that day has it already;
none follows, because no picture could be kept."""
TAKEN_BACK = "ingetrokken"
STOOD = "A record that covered the passage was taken back since: nobody is accused on that."
SET_AT_MOST = timedelta(minutes=1)
"""So far a clock that is kept right is set at most."""
SET_SINCE = "The clock was set since by more than a minute: when it passed is not known."
WRONG_THEN = "The clock that dated it was proven wrong: when it passed is not known."
PASSING = frozenset({"REGISTRY", "STALE", "CLOCK", "PACK"})
"""Rules of a review that another registry, pack or clock may lift."""


class State(StrEnum):
    """How a held candidate ends: RULES 2.6."""

    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Dated:
    """By which clock a candidate was dated: what it showed, how long after which boot."""

    boot_id: str
    since_boot_ns: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A candidate that waits, without its plate.

    `t0` is its earliest read, `decision` the one that accused, `rests_on` names everything that
    made it: snapshot, pack, models, configuration. `replayed`: a tester played it. `taken_back`
    names the records that the register had withdrawn by then (keyed): another was withdrawn since.
    `evidence` names its pictures. `dated` is None for one of an older version.
    """

    candidate: CandidateRef
    t0: datetime
    window_end: datetime
    expires_at: datetime
    decision: Decision
    rests_on: tuple[str, ...]
    replayed: bool = False
    taken_back: tuple[str, ...] = ()
    evidence: tuple[EvidenceRef, ...] = ()
    dated: Dated | None = None

    @property
    def zone(self) -> str:
        """The zone it passed in."""
        return self.decision.zone


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done yet, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Redecide:
    """The window has closed and the registry is of a later moment: decide again."""


@dataclass(frozen=True, slots=True)
class End:
    """It ends without another decision, and why."""

    state: State
    reason: str


Step: TypeAlias = Wait | Redecide | End


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended, and the last decision if one was made; what was known stands beside it."""

    state: State
    reason: str
    decision: Decision | None = None
    passage: Passage | None = None
    facts: Facts | None = None


def is_candidate(decision: Decision, law: Law) -> bool:
    """True when a decision accuses and its pack is enforced.

    Without a legal basis no plate is kept (R004-04, R004-90).
    """
    accuses = decision.outcome in ACCUSING and decision.consequence in HOLDING
    return accuses and law.pack.enforced


def daily_limit(law: Law) -> int | None:
    """Return how many candidates one plate may be in a zone and a day; None is any number."""
    return int(law.pack.number("kandidaten_per_dag")) or None


def let_go(decision: Decision) -> Decision:
    """Return the decision on a vehicle that is a candidate of that day already: nothing follows."""
    return _without_consequence(decision, ALREADY_HELD)


def unproven(decision: Decision) -> Decision:
    """Return the decision on a vehicle of which no picture could be kept: nothing follows."""
    return _without_consequence(decision, NO_EVIDENCE)


def _without_consequence(decision: Decision, mark: str) -> Decision:
    return replace(decision, consequence=Consequence.NONE, marks=(*decision.marks, mark))


def kept(decision: Decision) -> Decision:
    """Return the decision with the mark that says that a resolution will follow."""
    return replace(decision, marks=(*decision.marks, HELD))


def held(
    decision: Decision,
    t0: datetime,
    law: Law,
    candidate: CandidateRef,
    rests_on: Sequence[str],
    replayed: bool = False,
    taken_back: Sequence[str] = (),
) -> Held:
    """Return the candidate that a decision makes of a passage first seen at `t0`."""
    longest = timedelta(days=law.pack.number("vasthouden_hoogstens_dagen"))
    dates = (t0, window_end(t0, law), t0 + longest)
    return Held(candidate, *dates, decision, tuple(rests_on), replayed, tuple(taken_back))


def pictured(candidate: Held, evidence: Sequence[EvidenceRef], longest: timedelta) -> Held:
    """Return a candidate with its pictures, which may be kept no longer than so."""
    expires_at = min(candidate.expires_at, candidate.t0 + longest)
    return replace(candidate, evidence=tuple(evidence), expires_at=expires_at)


def withdrawn_records(
    facts: Facts | None, t0: datetime, keyed: Callable[[str, str, date], str]
) -> frozenset[str]:
    """Return the keyed names of the records that the register has withdrawn (ingetrokken)."""
    records = facts.exemptions if facts is not None else ()
    return frozenset(
        keyed("", f"{record.source}/{record.record_id}", t0.date())
        for record in records
        if record.status == TAKEN_BACK
    )


def restored(facts: Facts) -> Facts:
    """Return facts in which every withdrawn record still holds."""
    records = (
        replace(record, status=GRANTED) if record.status == TAKEN_BACK else record
        for record in facts.exemptions
    )
    return replace(facts, exemptions=tuple(records))


def window_end(t0: datetime, law: Law) -> datetime:
    """Return the end of the time in which a permit can still be asked for (UTC).

    Flanders counts hours (R004-55, R004-60); in the Netherlands it is an hour of the next day,
    local time, and a margin in which the register is brought up to date (N-AMB-10).
    """
    pack = law.pack
    if pack.accusation is Consequence.HOLD48:
        return t0 + timedelta(hours=pack.number("vasthouden_uur"))
    nights, hour = divmod(pack.number("vasthouden_tot_uur"), 24)
    day = civil_day(t0, pack.timezone) + timedelta(days=1 + nights)
    minutes = timedelta(hours=hour % 1 + pack.number("vasthouden_marge_uur"))
    return latest(day, int(hour), pack.timezone) + minutes


def latest(day: date, hour: int, timezone: str) -> datetime:
    """Return an hour of a local civil day as UTC; of two, or of none, the later reading."""
    civil = datetime.combine(day, time(hour), zone_of(timezone))
    return max(civil.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def next_step(
    candidate: Held, now: ClockReading, snapshot: Snapshot | None, law: Law | None
) -> Step:
    """Say what is to be done with a candidate; nothing here needs its plate.

    `law` None: this box no longer guards its zone.
    """
    if not now.trusted:
        return Wait("the clock is not trusted")
    if candidate.replayed and now.source != REPLAY:
        return End(State.WITHDRAWN, "It was seen in a replay, not by the camera.")
    if now.now >= candidate.expires_at:
        return End(State.EXPIRED, "It could not be decided within the longest time to hold it.")
    if (reason := misdated(candidate, now)) is not None:
        return End(State.WITHDRAWN, reason)
    if law is None:
        return End(State.WITHDRAWN, "This box no longer guards the zone.")
    if not law.pack.enforced:
        return End(State.WITHDRAWN, "The rule pack is no longer enforced.")
    if now.now < (closes := closing(candidate, law)):
        return Wait("its window is open")
    if (reason := untimely(snapshot, closes, law, now.now)) is not None:
        return Wait(reason)
    return Redecide()


def misdated(candidate: Held, now: ClockReading) -> str | None:
    """Say why the date of a candidate cannot be believed, though the clock is trusted now.

    In one boot the time since then tells by how much the clock was set meanwhile; of another one
    only whether its clock was proven wrong.
    """
    by = candidate.dated
    if by is None:
        return None
    if by.boot_id != now.boot_id:
        return WRONG_THEN if by.boot_id in now.wrong_boots else None
    passed = timedelta(microseconds=(now.since_boot_ns - by.since_boot_ns) / 1000)
    return SET_SINCE if abs(now.now - by.at - passed) > SET_AT_MOST else None


def closing(candidate: Held, law: Law) -> datetime:
    """Return the end of its window; a law that has changed since can only make it later."""
    return max(candidate.window_end, window_end(candidate.t0, law))


def untimely(snapshot: Snapshot | None, closes: datetime, law: Law, now: datetime) -> str | None:
    """Say why a registry or a pack may release nothing now; None when it may.

    A clock that jumped ahead closes no window: the registry is dated elsewhere.
    """
    if not law.pack.valid_from <= civil_day(now, law.pack.timezone) < law.pack.expires:
        return "the rule pack is not valid today"
    if snapshot is None:
        return "there is no registry"
    if snapshot.exemptions_as_of < closes:
        return "the exemption data is older than the end of its window"
    if (doubt := stale(snapshot, law, now)) is not None:
        return doubt.reason
    if now - snapshot.exemptions_as_of > timedelta(
        hours=law.pack.number("vrijgave_max_leeftijd_uur")
    ):
        return "the exemption data is too old to release anything"
    return None


def aged(passage: Passage, now: ClockReading) -> Passage:
    """Return a passage whose steady times are those of this boot.

    Whether the clock was set while it was in sight was judged when it passed; steady times of
    another boot mean nothing today.
    """

    def steady(moment: datetime) -> int:
        return now.monotonic_ns - round((now.now - moment).total_seconds() * 1e9)

    return replace(
        passage,
        first_monotonic_ns=steady(passage.seen_first),
        last_monotonic_ns=steady(passage.seen_last),
    )


def settle(decision: Decision) -> Wait | End:
    """Say how a candidate ends after it was decided again: released only if it still accuses."""
    if decision.outcome in ACCUSING and decision.consequence in HOLDING:
        return End(State.RELEASED, decision.reason)
    if decision.outcome is Outcome.REVIEW and decision.rule in PASSING:
        return Wait(decision.reason)
    return End(State.WITHDRAWN, decision.reason)

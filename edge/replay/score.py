"""A replay set against what really drove by, vehicle by vehicle (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from edge.access.decide import decide
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.passage.plate import bound_to_trailer
from edge.replay.reliability import Claim
from edge.replay.session import Asked, Expected, Noted, Played
from edge.replay.shares import Share
from edge.replay.truth import Driven, Visit, apart, belonging, same
from edge.types import Consequence, Outcome, Passage

MISTIMED_S = 2.0
"""So far a record may be off the time at which its vehicle really was there."""
LATE_S = 5.0
"""So long after it left the picture a vehicle must have been announced."""
ACCUSED = {Consequence.WARN, Consequence.HOLD48, Consequence.HOLD_DAY, Consequence.MANUAL}


class Verdict(StrEnum):
    """What became of one vehicle; the first of these that is true, from the bottom up."""

    RIGHT = "right"
    LATE = "late"
    DUPLICATED = "duplicated"
    WRONG = "wrong"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class VehicleScore:
    """One vehicle of the truth, and what became of it.

    `read` is the plate that was announced, None when none was; `late_s` how long after it left,
    None where the truth does not say when it did; `off_s` how far the time in its record was off.
    `due` is what was due by zone, `decided` what was decided; `agrees` None where no vehicle of the
    truth is known well enough to say.
    """

    visit: Visit
    verdict: Verdict
    read: str | None
    late_s: float | None
    due: Mapping[str, Outcome]
    decided: Mapping[str, Outcome]
    agrees: bool | None
    accused_wrongly: bool
    records: int
    off_s: float | None = None

    @property
    def mistimed(self) -> bool:
        """True when its record tells another time than that at which it was there."""
        return self.off_s is not None and abs(self.off_s) > MISTIMED_S


@dataclass(frozen=True, slots=True)
class Score:
    """All vehicles of a clip or run; `strays` are the passages of no vehicle that is known."""

    vehicles: tuple[VehicleScore, ...]
    strays: tuple[str, ...]
    claims: tuple[Claim, ...]

    def count(self, verdict: Verdict) -> int:
        """Count the vehicles of which that is true."""
        return sum(one.verdict == verdict for one in self.vehicles)

    @property
    def mistimed(self) -> int:
        """Count the vehicles whose record tells another time, whatever else became of them."""
        return sum(one.mistimed for one in self.vehicles)

    @property
    def capture_rate(self) -> Share:
        """Return the share of vehicles of which a passage was made."""
        missed = self.count(Verdict.MISSED)
        return Share(len(self.vehicles) - missed, len(self.vehicles))

    @property
    def read_rate(self) -> Share:
        """Return the share of the captured vehicles that were read right."""
        captured = self.capture_rate.part
        return Share(captured - self.count(Verdict.WRONG), captured)

    @property
    def agreement(self) -> Share:
        """Return the share of vehicles of which was decided what was due to their real plate."""
        known = [one for one in self.vehicles if one.agrees is not None]
        return Share(sum(bool(one.agrees) for one in known), len(known))


def asks(visits: Sequence[Visit]) -> Asked:
    """Return what asks, at the moment of a conclusion, what the real plates were due then."""

    def ask(line: Pipeline, passage: Passage) -> Expected:
        near = [v for v in visits if apart(passage, v) == 0 or same(passage.plate, v.vehicle)]
        return {key: due for visit in near for key, due in _due(line, passage, visit).items()}

    return ask


def _due(line: Pipeline, passage: Passage, visit: Visit) -> Expected:
    if visit.outcome is not None:
        return {(visit.vehicle.plate, law.zone.id): visit.outcome for law in line.laws}
    real, now = _as_read_right(passage, visit), line.clock.read()
    looks = now.trusted and not bound_to_trailer(real.country, real.plate)
    facts = line.registry.facts(real) if looks else None
    plate = visit.vehicle.plate
    return {(plate, law.zone.id): decide(real, facts, law, now).outcome for law in line.laws}


def _as_read_right(passage: Passage, visit: Visit) -> Passage:
    plate = visit.vehicle.plate
    return replace(
        passage,
        plate=plate,
        country=visit.vehicle.iso,
        country_probability=1.0,
        confidence=1.0,
        chars=(1.0,) * len(plate),
        candidates=(),
        doubt=None,
        read_as=None,
        blind=None,
    )


def score(played: Played, visits: Sequence[Visit], late_after_s: float = LATE_S) -> Score:
    """Set a replay against the truth; each passage counts once, however many zones judge it."""
    drawn = list(zip(played.conclusions, played.notes, strict=True))
    passages = list({id(c.passage): c.passage for c, _ in drawn}.values())
    replayed = belonging(passages, visits)
    vehicles = [
        _judged(driven, _of(driven.passages, drawn), late_after_s) for driven in replayed.driven
    ]
    claims = [
        Claim(p.confidence, same(p.plate, d.visit.vehicle))
        for d in replayed.driven
        for p in d.passages
    ]
    claims += [Claim(p.confidence, False) for p in replayed.strays]
    return Score(tuple(vehicles), tuple(p.plate for p in replayed.strays), tuple(claims))


def _of(
    passages: Sequence[Passage], drawn: Sequence[tuple[Conclusion, Noted]]
) -> list[tuple[Conclusion, Noted]]:
    return [(c, note) for c, note in drawn if any(c.passage is p for p in passages)]


def _judged(
    driven: Driven, drawn: Sequence[tuple[Conclusion, Noted]], late_after_s: float
) -> VehicleScore:
    visit, vehicle = driven.visit, driven.visit.vehicle
    told = [one for one in drawn if same(one[0].passage.plate, vehicle)] or list(drawn)
    late_s = _late_s(told, visit)
    due = {
        zone: outcome
        for _, note in drawn
        for (plate, zone), outcome in note.expected.items()
        if plate == vehicle.plate
    }
    decided = {c.decision.zone: c.decision.outcome for c, _ in reversed(told)}
    accused = any(c.decision.consequence in ACCUSED for c, _ in drawn)
    agrees = None if drawn and not due else bool(due) and decided == due
    return VehicleScore(
        visit=visit,
        verdict=_verdict(driven, late_s, late_after_s),
        read=told[0][0].passage.plate if told else None,
        late_s=late_s,
        due=due,
        decided=decided,
        agrees=agrees,
        accused_wrongly=accused and agrees is False,
        records=sum(c.envelope is not None for c, _ in drawn),
        off_s=max((note.off_s for _, note in drawn), key=abs, default=None),
    )


def _late_s(told: Sequence[tuple[Conclusion, Noted]], visit: Visit) -> float | None:
    """Return how long after it was seen last a vehicle was announced; 0 while it was in sight."""
    if not told or visit.left_s is None:
        return None
    return max(0.0, round(told[0][1].at_s - visit.left_s, 3))


def _verdict(driven: Driven, late_s: float | None, late_after_s: float) -> Verdict:
    if not driven.passages:
        return Verdict.MISSED
    if not driven.right:
        return Verdict.WRONG
    if driven.right > 1:
        return Verdict.DUPLICATED
    return Verdict.LATE if late_s is not None and late_s > late_after_s else Verdict.RIGHT

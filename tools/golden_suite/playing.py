"""Plays a street that lies drawn, exactly as `anpr-edge replay RUN --truth` plays a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.cli.staged import Wanted, finished, run_opened
from edge.daemon.pipeline import Conclusion
from edge.errors import RunError
from edge.passage.alignment import evidence
from edge.passage.track import Sighting
from edge.replay.score import LATE_S, Score, VehicleScore
from edge.replay.session import Noted, Played
from edge.replay.truth import belonging, same
from edge.types import Decision, Passage
from tools.golden_suite.box import with_models
from tools.golden_suite.found import Decided, Found, Outcomes
from tools.golden_suite.rehearsal import Rehearsal
from tools.golden_suite.street import Street

PLACES = 4
NEAR_PX, TWO_LINES, LEAST = 70.0, 2.5, -1.5
"""From so wide a plate on, or so high a one of two lines, a reading counts; at least so much."""


@dataclass(frozen=True, slots=True)
class Performance:
    """A street as it was played: what the box made of it, and how that stands to the truth."""

    outcomes: Outcomes
    score: Score
    played: Played


def perform(
    rehearsal: Rehearsal, manifest: Path | None = None, report: Path | None = None
) -> Performance:
    """Play a street, and write what a replay writes into `report`, or beside the street.

    `manifest` names other models than those of the software. Raises BoxError.
    """
    config = None if manifest is None else with_models(rehearsal.folder, manifest)
    out = report or rehearsal.folder / "played"
    wanted = Wanted(out, config, None, rehearsal.truth, LATE_S, None, False, False, True)
    done = finished(run_opened(rehearsal.run, wanted), wanted)
    (played,), (score,) = done.played, done.scores
    if played.fault is not None:
        raise played.fault
    if score is None:
        raise RunError(f"The street {rehearsal.name} has no vehicle.", "Give it one that is due.")
    return Performance(_outcomes(rehearsal.street, played, score), score, played)


def _outcomes(street: Street, played: Played, score: Score) -> Outcomes:
    due = [(n, vehicle) for n, vehicle in enumerate(street.vehicles, 1) if vehicle.due]
    scored = zip(due, score.vehicles, strict=True)
    drawn = list(zip(played.conclusions, played.notes, strict=True))
    passages = list({id(c.passage): c.passage for c, _ in drawn}.values())
    replayed = belonging(passages, [one.visit for one in score.vehicles])
    vehicles = tuple(
        _found(number, one, [pair for pair in drawn if _of(pair[0], own.passages)])
        for ((number, _), one), own in zip(scored, replayed.driven, strict=True)
    )
    return Outcomes(vehicles=vehicles, strays=_listed(replayed.strays, drawn))


def _listed(
    passages: Sequence[Passage], drawn: Sequence[tuple[Conclusion, Noted]]
) -> tuple[str, ...]:
    """Return passages with what was decided of them, a few words each, in order."""
    told = [
        (passage.plate, sorted(c.decision.outcome for c, _ in drawn if c.passage is passage))
        for passage in passages
    ]
    return tuple(sorted(f"{plate} ({', '.join(outcomes)})" for plate, outcomes in told))


def _of(conclusion: Conclusion, passages: Sequence[Passage]) -> bool:
    return any(conclusion.passage is passage for passage in passages)


def _found(number: int, one: VehicleScore, drawn: Sequence[tuple[Conclusion, Noted]]) -> Found:
    passages = {id(conclusion.passage): conclusion.passage for conclusion, _ in drawn}
    right = [pair for pair in drawn if same(pair[0].passage.plate, one.visit.vehicle)]
    told = right or list(drawn)
    if not told:
        return Found(number=number, verdict=str(one.verdict), passages=0)
    (first, note) = told[0]
    passage = first.passage
    of_first = [c.decision for c, _ in told if c.passage is passage]
    return Found(
        number=number,
        verdict=str(one.verdict),
        passages=len(passages),
        others=_listed([other for other in passages.values() if other is not passage], drawn),
        plate=passage.plate,
        country=passage.country,
        direction=str(passage.direction),
        lane=passage.lane,
        wrong_way=passage.wrong_way,
        doubt=passage.doubt,
        sureness=_sureness(note.votes, one.visit.vehicle.plate),
        zones={decision.zone: _decided(decision) for decision in of_first},
    )


def _sureness(votes: Sequence[Sighting], plate: str) -> float | None:
    """Return how well its near readings agree with the real plate, whatever was made of them.

    Far ones are left out, and none counts for more than LEAST: there a grey level more or less,
    as another machine draws it, moves much.
    """
    near = [sighting.reading for sighting in votes if _is_near(sighting)]
    if not near:
        return None
    return round(float(np.maximum(evidence(near, [plate]), LEAST).mean()), PLACES)


def _is_near(sighting: Sighting) -> bool:
    box = sighting.reading.detection.box
    return sighting.weight > 0 and max(box.width, TWO_LINES * box.height) >= NEAR_PX


def _decided(decision: Decision) -> Decided:
    return Decided(
        outcome=str(decision.outcome),
        rule=decision.rule,
        consequence=str(decision.consequence),
        reason=decision.reason,
    )

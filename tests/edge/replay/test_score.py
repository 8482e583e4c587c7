"""What became of each vehicle, from passages made by the real desk."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.capture.clip import Clip
from edge.daemon.pipeline import Conclusion
from edge.replay.footage import Pictures, pictures_of
from edge.replay.runfile import NAME, read_run
from edge.replay.score import Score, Verdict, score
from edge.replay.session import Noted, Played
from edge.replay.truth import Vehicle, Visit
from edge.replay.visits import visits_of
from edge.types import Consequence, Decision, Outcome, Passage
from tests.edge.capture.test_clip import video
from tests.edge.passage.test_passage import announced
from tests.edge.replay.test_runfile import HEAD
from tests.fakes import START, detection, reading

ZONES = ("one", "two")


def passage(plate: str, first: int = 5) -> Passage:
    seen = {i: [reading(plate, detection(x=9.0 * i))] for i in range(first, first + 7)}
    (made,) = announced(seen, first + 35)
    return made


def decision(zone: str, outcome: Outcome, consequence: Consequence) -> Decision:
    return Decision(zone, outcome, consequence, "R", "", "", "p", "0" * 64, None)


def concluded(
    made: Passage,
    at_s: float = 1.0,
    due: Outcome = Outcome.REVIEW,
    real: str | None = None,
    outcome: Outcome = Outcome.REVIEW,
    consequence: Consequence = Consequence.NONE,
) -> list[tuple[Conclusion, Noted]]:
    """Conclude on a passage in two zones."""
    expected = {(real or made.plate, zone): due for zone in ZONES}
    note = Noted(at_s, 0.0, (), expected)
    return [(Conclusion(made, decision(z, outcome, consequence), None), note) for z in ZONES]


def scored(tmp_path: Path, *made: list[tuple[Conclusion, Noted]], visits: list[Visit]) -> Score:
    clip: Pictures = Clip(video(tmp_path / "a.avi", 2), START)
    flat = [one for each in made for one in each]
    conclusions, notes = tuple(c for c, _ in flat), tuple(n for _, n in flat)
    return score(Played(clip, 2, 1.0, conclusions, None, notes), visits)


def visit(plate: str, last: int = 60, left_s: float | None = 4.0) -> Visit:
    return Visit(Vehicle(plate, "NL"), 0, last, left_s=left_s)


def test_each_vehicle_has_one_verdict_however_many_zones_judge_it(tmp_path: Path) -> None:
    found = scored(
        tmp_path,
        concluded(passage("27BXK4")),
        concluded(passage("VDS41K"), at_s=9.5),
        concluded(passage("1KZE410")),
        concluded(passage("1KZE410", 20)),
        concluded(passage("27KZT5"), real="27KZT4"),
        concluded(passage("ZZ99ZZ")),
        visits=[visit(p) for p in ("27BXK4", "VDS41K", "1KZE410", "27KZT4", "88JKL8")],
    )
    verdicts = {one.visit.vehicle.plate: one.verdict for one in found.vehicles}
    assert verdicts == {
        "27BXK4": Verdict.RIGHT,
        "VDS41K": Verdict.LATE,
        "1KZE410": Verdict.DUPLICATED,
        "27KZT4": Verdict.WRONG,
        "88JKL8": Verdict.MISSED,
    }
    assert found.strays == ("ZZ99ZZ",)
    assert (found.capture_rate.part, found.capture_rate.whole) == (4, 5)
    assert (found.read_rate.part, found.read_rate.whole) == (3, 4)
    assert sum(claim.right for claim in found.claims) == 4
    assert len(found.claims) == 6


def test_what_a_wrong_reading_decided_is_held_against_what_was_due(tmp_path: Path) -> None:
    accusing = {"outcome": Outcome.NO_ACCESS, "consequence": Consequence.HOLD48}
    found = scored(
        tmp_path,
        concluded(passage("27KZT5"), due=Outcome.FREE_ACCESS, real="27KZT4", **accusing),
        concluded(passage("27BXK4"), due=Outcome.NO_ACCESS, **accusing),
        visits=[visit("27KZT4"), visit("27BXK4"), visit("88JKL8")],
    )
    wrong, right, missed = found.vehicles
    assert (wrong.agrees, wrong.accused_wrongly) == (False, True)
    assert (right.agrees, right.accused_wrongly) == (True, False)
    assert (missed.agrees, missed.accused_wrongly) == (False, False)
    assert (found.agreement.part, found.agreement.whole) == (1, 3)


def test_a_vehicle_that_was_never_seen_to_leave_is_not_late(tmp_path: Path) -> None:
    found = scored(
        tmp_path, concluded(passage("27BXK4"), at_s=99.0), visits=[visit("27BXK4", left_s=None)]
    )
    assert found.vehicles[0].verdict is Verdict.RIGHT


def test_the_truth_of_a_run_is_that_of_its_clips_in_their_place(tmp_path: Path) -> None:
    for name in ("a.avi", "b.avi"):
        video(tmp_path / name, 30)
    clips = '[[clips]]\nfile = "a.avi"\n[[clips]]\nfile = "b.avi"\nat_s = 10.0\n'
    (tmp_path / NAME).write_text(HEAD + clips)
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "file,plate_text,country,first_frame,last_frame\n"
        "x/a.avi,27BXK4,NL,0,15\nb.avi,VDS41K,NL,3,15\nb.avi,1KZE410,B,,\n"
    )
    first, second, third = visits_of(truth, pictures_of(read_run(tmp_path / NAME)))
    assert (first.first_frame, first.last_frame, first.left_s) == (0, 15, pytest.approx(1.0))
    assert (second.first_frame, second.last_frame) == (33, 45)
    assert second.left_s == pytest.approx(11.0)
    assert (third.first_frame, third.left_s, third.vehicle.iso) == (30, None, "BE")
    assert replace(third, first_frame=0) == Visit(Vehicle("1KZE410", "B"), 0, third.last_frame)

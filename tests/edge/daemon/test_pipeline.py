import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import pytest

from edge.casebook.casebook import Casebook
from edge.config import Zone
from edge.daemon import wiring_law
from edge.daemon.eyesight import Trusting
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.feed.outbox import Outbox
from edge.passage.lanes import View
from edge.passage.passage import Desk, ReadingPolicy
from edge.passage.tracker import Tracker
from edge.record.envelope import decode_part, split
from edge.record.keys import create_signer
from edge.record.message import PassageRecord, decode
from edge.record.provenance import Provenance
from edge.record.testimony import Testimony
from edge.types import Detection, Image, Outcome, Reading, Tally, Tint, Vehicle
from tests.chains import STORAGE_KEY
from tests.fakes import (
    START,
    FixedClock,
    ListedRegistry,
    ScriptedEyes,
    detection,
    frame,
    reading,
    torn,
)

KEY = b"k" * 32
ZONE = Zone(id="voorbeeldgem", pack="fl-zes", start=date(2027, 1, 1))
TALLY = Tally("elders", START.replace(minute=0), "seen", "n1")
CLEAN = Vehicle(
    category="N1",
    fuels=frozenset({"electric"}),
    zero_emission=True,
    first_registration=date(2025, 3, 1),
)
OLD_DIESEL = Vehicle(
    category="N1",
    fuels=frozenset({"diesel"}),
    zero_emission=False,
    hybrid_class="none",
    euro=4,
    first_registration=date(2009, 3, 1),
    body_codes=frozenset(),
)


def pipeline(
    folder: Path,
    eyes: ScriptedEyes,
    vehicles: dict[str, Vehicle],
    clock: FixedClock | None = None,
    privacy: str = "none",
    zones: tuple[Zone, ...] = (ZONE,),
) -> Pipeline:
    counter = itertools.count()
    outbox = Outbox.open(folder / "outbox.sqlite", "b1", STORAGE_KEY)
    return Pipeline(
        detector=eyes,
        reader=eyes,
        tracker=Tracker(1.0),
        desk=Desk(ReadingPolicy(0.9, 2)),
        registry=ListedRegistry(vehicles),
        laws=wiring_law.laws(zones),
        clock=clock or FixedClock(),
        testimony=Testimony(
            Provenance("b1", "test", (), "0" * 64, "camera-1", None),
            {zone.id: privacy for zone in zones},
            lambda country, plate, day: f"token-{day}",
            lambda n: next(counter).to_bytes(n, "big"),
        ),
        signer=create_signer(folder / "box.pem", "b1"),
        outbox=outbox,
        casebook=Casebook.open(folder / "casebook.sqlite", "b1", KEY),
    )


def drive(line: Pipeline, frames: int = 40) -> list[Conclusion]:
    try:
        steps = [line.step(frame(i)) for i in range(frames)]
        return [*itertools.chain.from_iterable(steps), *line.finish()]
    finally:
        line.casebook.close()
        line.outbox.close()


def passing(plate: str, tint: Tint = Tint.WHITE) -> ScriptedEyes:
    seen = {i: [reading(plate, detection(x=100 + 20 * i), tint=tint)] for i in range(12)}
    return ScriptedEyes(seen)


def record(conclusion: Conclusion) -> PassageRecord:
    assert conclusion.envelope is not None
    data = decode(decode_part(split(conclusion.envelope.jws)[1])).data
    assert isinstance(data, PassageRecord)
    return data


def test_a_clean_van_is_admitted_and_its_record_is_durable(tmp_path: Path) -> None:
    (conclusion,) = drive(pipeline(tmp_path, passing("1KZE410"), {"1KZE410": CLEAN}))
    assert conclusion.decision.outcome is Outcome.FREE_ACCESS
    assert conclusion.envelope is not None
    with Outbox.open(tmp_path / "outbox.sqlite", "b1", STORAGE_KEY) as outbox:
        assert [e.jws for e in outbox.pending(None, 9)] == [conclusion.envelope.jws]


@pytest.mark.parametrize(("read", "corrected"), [("27BXK4", False), ("27BXKA", True)])
def test_a_correction_that_syntax_forces_is_marked_in_the_record(
    tmp_path: Path, read: str, corrected: bool
) -> None:
    dutch = {
        i: [replace(torn(read, "27BXK4"), detection=r.detection, countries=(("NL", 0.99),))]
        for i, (r,) in passing(read).script.items()
    }
    (conclusion,) = drive(pipeline(tmp_path, ScriptedEyes(dutch), {"27BXK4": CLEAN}))
    assert conclusion.passage.plate == "27BXK4"
    assert record(conclusion).plate.corrected is corrected


def test_an_old_diesel_is_a_candidate(tmp_path: Path) -> None:
    (conclusion,) = drive(pipeline(tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL}))
    assert conclusion.decision.outcome is Outcome.NO_ACCESS


def test_an_unknown_vehicle_goes_to_review(tmp_path: Path) -> None:
    (conclusion,) = drive(pipeline(tmp_path, passing("1KZE410"), {}))
    assert conclusion.decision.outcome is Outcome.REVIEW


def test_no_accusation_with_an_untrusted_clock(tmp_path: Path) -> None:
    line = pipeline(
        tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL}, FixedClock(trusted=False)
    )
    (conclusion,) = drive(line)
    assert conclusion.decision.outcome is Outcome.REVIEW
    assert not record(conclusion).clock.trusted


@pytest.mark.parametrize(("sure", "trusted"), [(0.45, True), (0.99, False)])
def test_a_plate_in_doubt_is_not_looked_up_and_no_vehicle_stands_in_its_record(
    tmp_path: Path, sure: float, trusted: bool
) -> None:
    seen = {i: [reading("1KZE410", detection(x=100 + 20 * i), sure=sure)] for i in range(12)}
    line = pipeline(tmp_path, ScriptedEyes(seen), {"1KZE410": CLEAN}, FixedClock(trusted=trusted))
    (conclusion,) = drive(line)
    assert conclusion.decision.outcome is Outcome.REVIEW
    assert record(conclusion).vehicle is None


@pytest.mark.parametrize("step", [timedelta(days=2), timedelta(days=-1), timedelta(seconds=5)])
def test_no_accusation_when_the_clock_was_set_while_the_vehicle_was_in_sight(
    tmp_path: Path, step: timedelta
) -> None:
    clock = FixedClock(now=START + step)
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL}, clock)
    (conclusion,) = drive(line)
    assert conclusion.decision.outcome is Outcome.REVIEW
    assert conclusion.decision.rule == "CLOCK"


def test_a_trade_plate_accuses_nobody_and_is_not_looked_up(tmp_path: Path) -> None:
    one = replace(reading("ZABC123"), countries=(("BE", 0.99),))
    seen = ScriptedEyes({i: [replace(one, detection=detection(x=100 + 20 * i))] for i in range(12)})
    line = pipeline(tmp_path, seen, {"ZABC123": OLD_DIESEL})
    with mock.patch.object(line.registry, "facts", side_effect=AssertionError("looked up")):
        (conclusion,) = drive(line)
    assert conclusion.decision.outcome is Outcome.REVIEW
    assert "belongs to a trade" in conclusion.decision.reason


def test_no_accusation_from_an_uncertain_reading(tmp_path: Path) -> None:
    seen: dict[int, list[Reading]] = {
        i: [reading("1KZE410", detection(x=100 + 20 * i), sure=0.45)] for i in range(12)
    }
    (conclusion,) = drive(pipeline(tmp_path, ScriptedEyes(seen), {"1KZE410": OLD_DIESEL}))
    assert conclusion.decision.outcome is Outcome.REVIEW


@pytest.mark.parametrize("profile", ["none", "pseudonym", "plate"])
def test_a_candidate_leaves_without_its_plate_whatever_the_profile(
    tmp_path: Path, profile: str
) -> None:
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL}, privacy=profile)
    (conclusion,) = drive(line)
    assert record(conclusion).plate.text is None
    assert record(conclusion).plate.pseudonym is None


@pytest.mark.parametrize(
    ("profile", "text", "token"),
    [("none", None, None), ("pseudonym", None, "token-2028-06-01"), ("plate", "1KZE410", None)],
)
def test_the_profile_says_what_a_complying_passage_carries(
    tmp_path: Path, profile: str, text: str | None, token: str | None
) -> None:
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": CLEAN}, privacy=profile)
    (conclusion,) = drive(line)
    assert record(conclusion).plate.text == text
    assert record(conclusion).plate.pseudonym == token


@pytest.mark.parametrize(("vehicle", "held"), [(CLEAN, False), (OLD_DIESEL, True)])
def test_only_a_held_vehicle_is_described_exactly(
    tmp_path: Path, vehicle: Vehicle, held: bool
) -> None:
    (conclusion,) = drive(pipeline(tmp_path, passing("1KZE410"), {"1KZE410": vehicle}))
    told = record(conclusion).vehicle
    assert told is not None
    assert vehicle.first_registration is not None
    exact = vehicle.first_registration.isoformat()
    assert told.first_registration == (exact if held else exact[:4])


def test_a_plate_without_profile_is_nowhere_in_the_signed_bytes(tmp_path: Path) -> None:
    (conclusion,) = drive(pipeline(tmp_path, passing("1KZE410"), {"1KZE410": CLEAN}))
    assert "1KZE410" not in str(record(conclusion))


def test_every_zone_of_the_camera_gets_its_own_record(tmp_path: Path) -> None:
    other = Zone(id="elders", pack="fl-zes", start=date(2028, 1, 1))
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL}, zones=(ZONE, other))
    here, there = drive(line)
    assert here.envelope is not None
    assert there.envelope is not None
    assert (there.envelope.seq, record(there).prev) == (2, here.envelope.sha256)
    assert (record(here).zone, record(there).zone) == ("voorbeeldgem", "elders")


NOT_YET = Zone(id="elders", pack="fl-zes", start=date(2030, 1, 1))


@pytest.mark.parametrize("sure", [0.99, 0.45])
def test_before_a_zone_is_in_force_a_passage_is_counted_and_leaves_no_record(
    tmp_path: Path, sure: float
) -> None:
    seen = {i: [reading("1KZE410", detection(x=100 + 20 * i), sure=sure)] for i in range(12)}
    line = pipeline(tmp_path, ScriptedEyes(seen), {"1KZE410": OLD_DIESEL}, zones=(NOT_YET,))
    (conclusion,) = drive(replace(line, count=lambda *_: [TALLY]))
    assert conclusion.envelope is None
    with Outbox.attach(tmp_path / "outbox.sqlite", STORAGE_KEY) as outbox:
        assert outbox.head() is None
    with Casebook.attach(tmp_path / "casebook.sqlite") as casebook:
        assert casebook.counted("elders", TALLY.hour) == [TALLY]
        assert casebook.held() == []


def test_what_is_counted_of_a_record_is_written_down_with_it(tmp_path: Path) -> None:
    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": CLEAN})
    drive(replace(line, count=lambda *_: [TALLY, TALLY]))
    with Casebook.attach(tmp_path / "casebook.sqlite") as casebook:
        assert casebook.counted("elders", TALLY.hour) == [TALLY._replace(n=2)]


def test_a_draft_pack_holds_nothing(tmp_path: Path) -> None:
    (conclusion,) = drive(pipeline(tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL}))
    assert "held" not in record(conclusion).marks
    with Casebook.attach(tmp_path / "casebook.sqlite") as casebook:
        assert casebook.held() == []


@pytest.fixture
def parked(tmp_path: Path) -> Pipeline:
    eyes = ScriptedEyes({i: [reading("1XEM934", tint=Tint.WHITE)] for i in range(15 * 70)})
    return pipeline(tmp_path, eyes, {})


def test_a_parked_vehicle_is_one_record_and_not_one_a_minute(parked: Pipeline) -> None:
    assert len(drive(parked, frames=15 * 70)) == 1


def test_no_accusation_of_what_a_blind_camera_shows(tmp_path: Path) -> None:
    class Blind(Trusting):
        def doubt(self) -> str | None:
            return "it seems moved"

    line = pipeline(tmp_path, passing("1KZE410"), {"1KZE410": OLD_DIESEL})
    (conclusion,) = drive(replace(line, eyes=Blind()))
    decision, told = conclusion.decision, record(conclusion)
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "CAMERA")
    assert "it seems moved" in told.reason
    assert told.vehicle is None


class ReadsWhatItIsGiven:
    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        return [reading("1KZE410", one) for one in detections]


def test_the_window_is_shown_the_plates_outside_the_region_that_nobody_reads(
    tmp_path: Path,
) -> None:
    line = replace(
        pipeline(tmp_path, passing("1KZE410"), {}),
        reader=ReadsWhatItIsGiven(),
        view=View(region=((0.9, 0.9), (1.0, 0.9), (1.0, 1.0), (0.9, 1.0))),
    )
    line.window._until = float("inf")
    line.step(frame(1))
    line.casebook.close()
    line.outbox.close()
    seen = line.window._newest
    assert seen is not None
    assert (len(seen.found), len(seen.readings)) == (1, 0)

"""A box is walked through: what each step finds, what is kept, and what the report says."""

import html
import json
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from edge.config import Config, parse
from edge.daemon.bulletin import Bulletin, HousingTold
from edge.daemon.shown import Plate, StateHead, Tally
from edge.panel.commission import FOLDER
from edge.panel.judged import LEAST_VEHICLES, Seen, begin, judge
from edge.panel.report import Report, Signed, pdf
from edge.panel.report import html as as_html
from edge.panel.walk import Finding, Judged, Result, Step, Walk, Walks
from edge.panel.words import WORDS
from edge.record.active import Burden
from edge.record.deed import deed_of
from edge.record.housing import TriggerCounts
from edge.vision.aim import Light
from edge.vision.veil import LONGEST_PX
from tests.booth import BULLETIN, CONFIG, NOW, PASSWORD, Booth, Caller, street

DELIVERED = Burden(waiting=0, waiting_s=None, held=0, disk_free=21_000_000_000)
TECHNICIAN = "Zoë Kačer <b>"


def bulletin(**changed: Any) -> Bulletin:
    told = {"told_at": datetime.now(UTC) + timedelta(minutes=1), "burden": DELIVERED}
    return msgspec.structs.replace(BULLETIN, **(told | changed))


def walks(stand: Booth) -> Walks:
    return Walks(stand.parts.folder / FOLDER)


def sees_well(stand: Booth) -> None:
    stand.road.readings = stand.road.readings[:1]


def walk_all(inside: Caller, stand: Booth, *, agreed: str = "yes") -> None:
    """Take every step."""
    sees_well(stand)
    stand.tell(bulletin=bulletin())
    assert inside.send("/commission/begin")[0] == 303
    for step in list(Step)[:-1]:
        assert inside.send("/commission/step", step=step, agreed=agreed, said="N201")[0] == 303
    inside.send("/commission/run")
    stand.tell(tally=Tally(announced=20, settled=19))
    assert inside.send("/commission/step", step="run")[0] == 303


def finish(inside: Caller, technician: str = TECHNICIAN) -> str:
    return inside.send("/commission/finish", technician=technician, place="N201, km 4")[2][
        "location"
    ]


def results(stand: Booth) -> dict[str, str]:
    walk = walks(stand).load()
    assert walk is not None
    return {step.value: one.finding.result.value for step, one in walk.steps.items()}


def test_a_walk_ends_in_a_report_whose_hashes_are_on_the_trail(
    inside: Caller, stand: Booth
) -> None:
    walk_all(inside, stand)
    assert results(stand) == {step.value: "passed" for step in Step} | {"light": "none"}
    assert finish(inside) == "/commission"
    raw = {}
    for kind in ("html", "pdf"):
        answer = inside.fetch(f"/commission/report.{kind}")
        assert answer[0] == 200
        raw[kind] = answer[1]
    deed = stand.deeds()[-1]
    assert deed["action"] == "commissioned"
    told = deed["details"]
    assert told["html"] == sha256(raw["html"]).hexdigest()
    assert told["pdf"] == sha256(raw["pdf"]).hexdigest()
    assert (told["fit"], told["technician"], told["place"]) == ("yes", TECHNICIAN, "N201, km 4")
    assert told["settings"] == stand.settings.config().sha256
    page = raw["html"].decode()
    assert "Geschikt voor gebruik" in page
    assert html.escape(TECHNICIAN) in page
    assert TECHNICIAN not in page  # text, and no markup
    assert told["settings"] in page
    assert "ZES, model 2027" in page
    assert "99XKB9" not in page
    assert raw["pdf"].startswith(b"%PDF-")


def test_every_step_is_on_the_trail_in_a_form_that_the_daemon_signs(
    inside: Caller, stand: Booth
) -> None:
    walk_all(inside, stand)
    finish(inside)
    deeds = stand.deeds()
    steps = [d["details"]["step"] for d in deeds if d["action"] == "commissioning_step"]
    assert steps == [step.value for step in Step]
    for path in stand.parts.folder.glob("*.json"):
        assert deed_of(path.read_bytes()) is not None, path.read_text()


def test_a_lane_of_the_file_may_have_any_name_and_its_step_is_on_the_trail_in_one_line(
    inside: Caller, stand: Booth
) -> None:
    in_force = stand.told[0].in_force
    odd = (msgspec.structs.replace(in_force.lanes[0], name="a\nb\x7f" * 15),)
    stand.tell(in_force=msgspec.structs.replace(in_force, lanes=odd))
    inside.send("/commission/begin")
    assert inside.send("/commission/step", step="road")[0] == 303
    assert stand.deeds()[-1]["details"]["says"].endswith("a b a b a b")


def test_what_was_judged_while_another_commissioning_began_is_none_of_it(
    inside: Caller, stand: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.send("/commission/begin")
    walks = Walks(stand.parts.folder / FOLDER)
    other = Walk(id="0" * 16, begun_at=datetime.now(UTC), by="password")

    async def meanwhile(*_: object) -> None:
        walks.save(other)

    monkeypatch.setattr(stand.parts.porthole, "best_within", meanwhile)
    assert inside.send("/commission/step", step="camera")[0] == 303
    assert walks.load() == other


def test_no_report_while_a_step_is_open_or_nobody_signs(inside: Caller, stand: Booth) -> None:
    inside.send("/commission/begin")
    assert finish(inside) == "/commission?said=finish_open"
    walk_all(inside, stand)
    assert finish(inside, "\u0000 \n") == "/commission?said=finish_name"
    assert inside.fetch("/commission/report.pdf")[0] == 404
    assert "commissioned" not in stand.actions()


def test_a_box_with_a_failed_step_is_reported_as_not_fit(inside: Caller, stand: Booth) -> None:
    walk_all(inside, stand, agreed="no")
    assert results(stand)["sign"] == "failed"
    finish(inside)
    assert stand.deeds()[-1]["details"]["fit"] == "no"
    assert "Niet geschikt voor gebruik" in inside.ask("/commission/report.html")[1]


def test_what_was_found_under_other_settings_is_open_again(inside: Caller, stand: Booth) -> None:
    walk_all(inside, stand)
    stand.settings.take_back(0, datetime.now(UTC), "password")
    assert finish(inside) == "/commission?said=finish_open"


def test_a_walk_goes_on_after_a_power_cut_and_a_torn_file_begins_anew(
    inside: Caller, stand: Booth
) -> None:
    walk_all(inside, stand)
    (stand.parts.folder / FOLDER / ".walk.new").write_text("{")  # cut while it was written
    stand.parts.sessions.end(None)
    again = stand.caller()
    assert again.log_in(PASSWORD) == 303
    assert "8 van 8 gedaan" in again.ask("/commission")[1]
    assert finish(again) == "/commission"
    (stand.parts.folder / FOLDER / "walk").write_bytes(b'{"id"')
    assert "8 van 8" not in again.ask("/commission")[1]
    assert again.send("/commission/step", step="sign")[0] == 400
    assert again.send("/commission/begin")[0] == 303


def test_a_report_that_was_changed_on_the_disk_is_not_given(inside: Caller, stand: Booth) -> None:
    walk_all(inside, stand)
    finish(inside)
    paper = next((stand.parts.folder / FOLDER).glob("*.pdf"))
    paper.write_bytes(paper.read_bytes() + b" ")
    assert inside.fetch("/commission/report.pdf")[0] == 404


def test_a_step_that_cannot_be_written_down_is_not_kept(inside: Caller, stand: Booth) -> None:
    inside.send("/commission/begin")
    csrf = inside.csrf()
    object.__setattr__(stand.parts.trail, "folder", stand.parts.folder / "nowhere")
    fields = {"csrf": csrf, "step": "identity"}
    assert inside.ask("/commission/step", fields)[0] == 503
    assert results(stand) == {}


@pytest.mark.parametrize("fields", [{}, {"step": "../walk"}, {"step": "all"}])
def test_a_step_that_there_is_not_is_refused(inside: Caller, fields: dict[str, str]) -> None:
    inside.send("/commission/begin")
    assert inside.send("/commission/step", **fields)[0] == 400
    assert inside.ask("/commission/report.exe")[0] == 404


def test_a_daemon_that_does_not_answer_passes_no_step(inside: Caller, stand: Booth) -> None:
    inside.send("/commission/begin")
    (stand.parts.folder / "daemon.sock").unlink()
    inside.send("/commission/step", step="identity")
    assert results(stand) == {"identity": "failed"}


def test_a_count_that_cannot_begin_says_so(inside: Caller, stand: Booth) -> None:
    inside.send("/commission/begin")
    (stand.parts.folder / "daemon.sock").unlink()
    where = inside.send("/commission/run")[2]["location"]
    assert WORDS["found_no_answer"].nl in html.unescape(inside.ask(where)[1])
    walk = walks(stand).load()
    assert walk is not None
    assert walk.run is None


def test_the_photos_of_the_report_are_small_and_their_plates_are_flat(
    inside: Caller, stand: Booth
) -> None:
    walk_all(inside, stand)
    finish(inside)
    page = inside.ask("/commission/report.html")[1]
    photos = re.findall(r"data:image/jpeg;base64,([^\"]+)", page)
    assert len(photos) == 2
    for photo in photos:
        image = cv2.imdecode(np.frombuffer(b64decode(photo), np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert max(image.shape[:2]) == LONGEST_PX
        scale = LONGEST_PX / max(street()[0].shape[:2])
        plate = image[round(432 * scale) : round(462 * scale), round(565 * scale) :][:, :24]
        assert float(plate.astype(float).std(axis=(0, 1)).max()) < 4


def test_a_step_without_its_photo_says_so_until_it_is_done_again(
    inside: Caller, stand: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.panel.commission.PHOTO_S", 0.0)
    walk_all(inside, stand)
    missing = html.unescape(inside.ask("/commission")[1])
    assert missing.count(WORDS["photo_none_do"].nl) == 2
    finish(inside)
    assert inside.ask("/commission/report.html")[1].count(WORDS["photo_none"].nl) == 2
    monkeypatch.undo()
    inside.send("/commission/step", step="camera")
    inside.send("/commission/step", step="run")
    assert WORDS["photo_none_do"].nl not in html.unescape(inside.ask("/commission")[1])
    finish(inside)
    assert WORDS["photo_none"].nl not in inside.ask("/commission/report.html")[1]


def test_a_photo_of_an_earlier_attempt_does_not_stand_for_a_later_one(
    inside: Caller, stand: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk_all(inside, stand)
    monkeypatch.setattr("edge.panel.commission.PHOTO_S", 0.0)
    answer = inside.send("/commission/step", step="camera")
    assert answer[2]["location"] == "/commission?step=camera#at"
    walk = walks(stand).load()
    assert walk is not None
    assert set(walk.photos) == {Step.RUN}


def test_a_photo_that_is_gone_from_the_disk_is_missing_in_the_report(
    inside: Caller, stand: Booth
) -> None:
    walk_all(inside, stand)
    for photo in (stand.parts.folder / FOLDER).glob("*.jpg"):
        photo.unlink()
    finish(inside)
    assert inside.ask("/commission/report.html")[1].count(WORDS["photo_none"].nl) == 2


def test_a_busy_box_is_asked_for_its_photo_until_it_gives_one(
    inside: Caller, stand: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    really = stand.parts.porthole._ask

    async def late(ask: Any, kind: Any, wait_s: float = 3.0) -> Any:
        if ask.ask == "photo":
            asked.append(wait_s)
            if len(asked) < 3:
                return None
        return await really(ask, kind, wait_s)

    monkeypatch.setattr(stand.parts.porthole, "_ask", late)
    inside.send("/commission/begin")
    stand.tell(bulletin=bulletin())
    inside.send("/commission/step", step="run")
    assert asked[0] > asked[1] > asked[2] > 3
    walk = walks(stand).load()
    assert walk is not None
    assert Step.RUN in walk.photos


def test_a_step_that_fails_is_opened_where_its_reason_stands(inside: Caller, stand: Booth) -> None:
    inside.send("/commission/begin")
    stand.tell(bulletin=bulletin())
    where = inside.send("/commission/step", step="sign")[2]["location"]
    page = inside.ask(where.partition("#")[0])[1]
    opened = page[page.index('id="at"') :]
    assert "Niet verklaard" in opened[: opened.index("</li>")]


# What each step is judged by.


@pytest.fixture
def config(tmp_path: Any) -> Config:
    return parse(tmp_path / "box.toml", CONFIG)


def seen(stand_state: StateHead, config: Config, **changed: Any) -> Seen:
    told = stand_state.bulletin
    assert told is not None
    before = begin(stand_state, told, NOW)
    parts: dict[str, Any] = {
        "state": stand_state,
        "told": told,
        "config": config,
        "now": NOW,
        "clock_trusted": True,
        "begun_at": NOW,
        "run": before,
        "agreed": True,
    }
    return Seen(**parts | changed)


@pytest.fixture
def state(stand: Booth) -> StateHead:
    return msgspec.structs.replace(stand.told[0], bulletin=bulletin())


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        (Step.IDENTITY, {"clock_trusted": False}),
        (Step.LAW, {"vehicles_as_of": None}),
        (Step.LAW, {"exemptions_as_of": NOW - timedelta(hours=25)}),
        (Step.LAW, {"vehicles_as_of": NOW + timedelta(hours=2)}),
        (Step.LAW, {"alarms": {"keys": "No certificate."}}),
        (Step.LAW, {"alarms": {"updates": "No source answered."}}),
        (Step.UPLINK, {"told_at": NOW - timedelta(seconds=1)}),
        (
            Step.UPLINK,
            {"burden": msgspec.structs.replace(DELIVERED, waiting=2, waiting_s=3600.0)},
        ),
    ],
)
def test_what_keeps_a_box_from_its_work_fails_its_step(
    state: StateHead, stand: Booth, step: Step, changed: dict[str, Any]
) -> None:
    config = stand.settings.config()
    assert judge(step, seen(state, config)).result is Result.PASSED
    ill = msgspec.structs.replace(state, bulletin=bulletin(**changed))
    assert judge(step, seen(ill, config)).result is Result.FAILED


def test_a_clock_that_the_panel_itself_does_not_trust_fails(
    state: StateHead, config: Config
) -> None:
    assert judge(Step.IDENTITY, seen(state, config, clock_trusted=False)).result is Result.FAILED


def test_the_camera_passes_with_green_lights_alone(state: StateHead, config: Config) -> None:
    for light, result in (
        (Light.GREEN, Result.PASSED),
        (Light.AMBER, Result.FAILED),
        (Light.RED, Result.FAILED),
    ):
        best = Plate(text="•", country=None, confidence=1, light=light, marks=())
        assert judge(Step.CAMERA, seen(state, config, best=best)).result is result
    assert judge(Step.CAMERA, seen(state, config)).result is Result.FAILED


@pytest.mark.parametrize(
    "changed", [{"region": None}, {"lanes": ()}, {"sha256": "0" * 64}], ids=str
)
def test_a_road_that_is_not_drawn_or_not_in_force_fails(
    state: StateHead, stand: Booth, changed: dict[str, Any]
) -> None:
    config = stand.settings.config()
    assert judge(Step.ROAD, seen(state, config)).result is Result.PASSED
    in_force = msgspec.structs.replace(state.in_force, **changed)
    ill = msgspec.structs.replace(state, in_force=in_force)
    assert judge(Step.ROAD, seen(ill, config)).result is Result.FAILED


@pytest.mark.parametrize(
    ("housing", "result"),
    [
        (None, Result.FAILED),
        (HousingTold(fault="No answer.", illuminator=0.6), Result.FAILED),
        (HousingTold(illuminator=0.0), Result.FAILED),
        (HousingTold(illuminator=None), Result.FAILED),
        (HousingTold(illuminator=0.6), Result.PASSED),
    ],
)
def test_an_illuminator_passes_while_it_shines(
    state: StateHead, tmp_path: Any, housing: HousingTold | None, result: Result
) -> None:
    with_device = parse(tmp_path / "box.toml", CONFIG + '[firmware]\nport = "/dev/ttyACM0"\n')
    lit = msgspec.structs.replace(state, bulletin=bulletin(housing=housing))
    assert judge(Step.LIGHT, seen(lit, with_device)).result is result


def test_a_light_that_a_person_tries_says_nothing_of_its_sensor(
    inside: Caller, stand: Booth, state: StateHead, tmp_path: Any
) -> None:
    with_device = parse(tmp_path / "box.toml", CONFIG + '[firmware]\nport = "/dev/ttyACM0"\n')
    lit = msgspec.structs.replace(state, bulletin=bulletin(housing=HousingTold(illuminator=1.0)))
    assert judge(Step.LIGHT, seen(lit, with_device)).result is Result.PASSED
    tried = judge(Step.LIGHT, seen(lit, with_device, light_is_tried=True))
    assert (tried.result, tried.word) == (Result.FAILED, "found_light_tried")


def test_a_sign_without_a_name_or_a_statement_fails(state: StateHead, tmp_path: Any) -> None:
    named = parse(tmp_path / "box.toml", CONFIG)
    nameless = parse(tmp_path / "box.toml", CONFIG.replace('sign = "ZES, model 2027"\n', ""))
    assert judge(Step.SIGN, seen(state, named)).result is Result.PASSED
    assert judge(Step.SIGN, seen(state, named, agreed=False)).result is Result.FAILED
    assert judge(Step.SIGN, seen(state, nameless)).result is Result.FAILED


def triggers(captured: int, missed: int, since: datetime = NOW) -> HousingTold:
    counts = TriggerCounts(
        since=since,
        triggers=captured + missed,
        captured=captured,
        missed=missed,
        untriggered=0,
        lost=0,
    )
    return HousingTold(triggers=counts)


@pytest.mark.parametrize(
    ("announced", "settled", "captured", "missed", "result"),
    [
        (LEAST_VEHICLES, 8, None, None, Result.PASSED),
        (LEAST_VEHICLES - 1, 9, None, None, Result.FAILED),
        (LEAST_VEHICLES, 7, None, None, Result.FAILED),
        (LEAST_VEHICLES, 10, 9, 1, Result.PASSED),
        (LEAST_VEHICLES, 10, 8, 2, Result.FAILED),
        (LEAST_VEHICLES, 10, 0, 0, Result.FAILED),
    ],
)
def test_a_test_run_counts_what_came_since_it_began(
    state: StateHead,
    config: Config,
    announced: int,
    settled: int,
    captured: int | None,
    missed: int | None,
    result: Result,
) -> None:
    device = captured is not None and missed is not None
    earlier = msgspec.structs.replace(
        state,
        tally=Tally(400, 100),
        bulletin=bulletin(housing=triggers(300, 90) if device else None),
    )
    assert earlier.bulletin is not None
    run = begin(earlier, earlier.bulletin, NOW)
    housing = triggers(300 + (captured or 0), 90 + (missed or 0)) if device else None
    later = msgspec.structs.replace(
        earlier,
        tally=Tally(400 + announced, 100 + settled),
        bulletin=bulletin(housing=housing),
    )
    assert judge(Step.RUN, seen(later, config, run=run)).result is result
    anew = msgspec.structs.replace(later, bulletin=bulletin(began_at=NOW, housing=housing))
    assert judge(Step.RUN, seen(anew, config, run=run)).result is Result.FAILED
    assert judge(Step.RUN, seen(later, config, run=None)).result is Result.FAILED


@pytest.mark.parametrize("settled", [1, 19])
def test_a_run_that_fails_says_what_is_needed(
    state: StateHead, config: Config, settled: int
) -> None:
    run = begin(state, BULLETIN, NOW)
    tally = Tally(announced=state.tally.announced + 20, settled=state.tally.settled + settled)
    found = judge(Step.RUN, seen(msgspec.structs.replace(state, tally=tally), config, run=run))
    assert found.word == ("found_run_low" if settled == 1 else "found_run")
    assert found.word in WORDS


def test_every_finding_has_its_words_in_both_languages() -> None:
    for step in Step:
        assert {f"step_{step}", f"do_{step}"} <= WORDS.keys()
    for result in Result:
        assert f"result_{result}" in WORDS


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_report_of_any_length_and_letters_is_made(config: Config, language: Any) -> None:
    long = "Ł€Ж漢字 " * 60
    one = Judged(
        finding=Finding(result=Result.FAILED, word="found_sign_absent", values={"sign": long}),
        at=NOW,
        by="token:" + "x" * 90,
        settings_sha256=config.sha256,
    )
    walk = Walk(id="1" * 16, begun_at=NOW, by="password", steps=dict.fromkeys(Step, one))
    report = Report(walk, config, (), Signed(long, long, NOW), language)
    assert not report.fit
    assert pdf(report).startswith(b"%PDF-")
    assert "漢字" in as_html(report).decode()


def test_the_count_of_the_run_is_told_while_it_goes_on(inside: Caller, stand: Booth) -> None:
    inside.send("/commission/begin")
    assert json.loads(inside.ask("/commission/run.json")[1])["says"].startswith("Er is niet geteld")
    inside.send("/commission/run")
    stand.tell(tally=Tally(announced=4, settled=4))
    says = json.loads(inside.ask("/commission/run.json")[1])["says"]
    assert says.startswith(f"4 van minstens {LEAST_VEHICLES} voertuigen.")

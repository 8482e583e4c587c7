"""What the pages say and do for who is logged in."""

import html
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from edge.panel.journal import without_addresses
from edge.panel.sessions import IDLE_S, LONGEST_S, MOST, Sessions
from edge.panel.standing import Around, cards, verdict
from edge.panel.words import LANGUAGES, WORDS, long, say
from edge.vision.aim import Light
from tests.booth import BULLETIN, NOW, Booth, Caller
from tests.edge.panel.conftest import LOG

SQUARE = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]
DRAWN = {"region": SQUARE, "lanes": [{"name": "südost <2>", "polygon": SQUARE, "direction": None}]}


def hidden(page: str, name: str) -> str:
    value = page.partition(f'name="{name}" value="')[2].partition('"')[0]
    return html.unescape(value)


def test_a_drawing_is_looked_at_put_in_force_and_taken_back(inside: Caller, stand: Booth) -> None:
    before = stand.settings.config().sha256
    status, page, _ = inside.send("/road/change", drawing=json.dumps(DRAWN))
    assert status == 200
    assert "südost &lt;2&gt;" in page
    assert stand.settings.config().sha256 == before  # looking changes nothing
    fields = {"drawing": hidden(page, "drawing"), "base": hidden(page, "base")}
    assert inside.send("/road/apply", **fields)[2]["location"] == "/road?said=applied"
    assert [lane.name for lane in stand.settings.config().camera.lanes] == ["südost <2>"]
    versions = inside.ask("/road")[1].partition('class="versions"')[2]
    assert ", Wachtwoord</span>" in versions  # who drew it, in the technician's language
    assert inside.send("/road/apply", **fields)[2]["location"] == "/road?said=stale"
    assert inside.send("/road/back", number="0")[0] == 303
    assert [lane.name for lane in stand.settings.config().camera.lanes] == ["north"]
    assert stand.actions() == ["login", "settings_changed", "settings_taken_back"]


def test_a_version_that_is_not_there_leaves_no_deed_that_was_none(
    inside: Caller, stand: Booth
) -> None:
    assert inside.send("/road/back", number="999999")[0] == 422
    assert inside.send("/road/back", number="\u0661")[0] == 400
    assert stand.actions() == ["login"]


def test_a_disk_that_is_full_at_the_last_moment_is_on_the_trail_as_nothing_done(
    inside: Caller, stand: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stand.settings.config().sha256

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.settings.write", full)
    fields = {"drawing": json.dumps(DRAWN), "base": before}
    status, page, _ = inside.send("/road/apply", **fields)
    assert (status, "No space left" in page) == (422, True)
    assert stand.actions() == ["login", "settings_changed", "not_done"]
    assert stand.deeds()[-1]["details"] == {"before": before, "instead_of": "settings_changed"}
    assert stand.settings.config().sha256 == before


def test_a_configuration_that_is_spoilt_meanwhile_is_told_with_its_remedy(
    inside: Caller, stand: Booth
) -> None:
    csrf = inside.csrf()
    stand.settings.path.write_text("[[[")
    for path, fields in (
        ("/road", None),
        ("/road/change", {"csrf": csrf, "drawing": "{}"}),
        ("/road/apply", {"csrf": csrf, "drawing": "{}", "base": ""}),
        ("/road/back", {"csrf": csrf, "number": "0"}),
    ):
        status, page, _ = inside.ask(path, fields)
        assert (status, "Correct that place in the file" in page) == (503, True), path
    assert stand.actions() == ["login"]
    assert "Correct" not in stand.caller().ask("/road")[1]  # a stranger learns nothing


@pytest.mark.parametrize(
    ("path", "place", "action"),
    [
        ("/service/stick", "stick", "stick_asked"),
        ("/commission/begin", "commissioning", "commissioning_begun"),
    ],
)
def test_what_was_written_down_and_then_failed_is_on_the_trail_as_not_done(
    inside: Caller, stand: Booth, path: str, place: str, action: str
) -> None:
    (stand.parts.folder / place).symlink_to("/nowhere/at/all")
    status, page, _ = inside.send(path)
    assert (status, "Look at the disk" in page) == (503, True)
    assert stand.actions() == ["login", action, "not_done"]
    assert stand.deeds()[-1]["details"]["instead_of"] == action


def test_settings_that_the_daemon_has_not_taken_over_are_told(inside: Caller, stand: Booth) -> None:
    assert "opgeslagen" not in inside.ask("/")[1]
    stand.tell(in_force=msgspec.structs.replace(stand.told[0].in_force, sha256="0" * 64))
    assert "opgeslagen" in inside.ask("/")[1]


@pytest.mark.parametrize(
    "drawing",
    ["", "{", "[]", '{"region": 3}', '{"keys": {}}', '{"lanes":[{"name":"\\u0000"}]}', "[" * 9999],
)
def test_what_is_no_drawing_is_refused(inside: Caller, stand: Booth, drawing: str) -> None:
    assert inside.send("/road/change", drawing=drawing)[0] == 400
    assert inside.send("/road/back", number="../1")[0] == 400


def test_a_drawing_whose_sides_cross_is_told_and_stays_to_be_mended(inside: Caller) -> None:
    bow = {"region": [[0.2, 0.2], [0.6, 0.6], [0.6, 0.2], [0.2, 0.6]], "lanes": []}
    status, page, _ = inside.send("/road/change", drawing=json.dumps(bow))
    assert status == 422
    assert "sides cross" in page
    assert json.loads(hidden(page, "drawing"))["region"] == bow["region"]


def test_the_log_comes_as_a_file_without_addresses(inside: Caller, stand: Booth) -> None:
    status, told, headers = inside.send("/service/log")
    assert (status, told) == (200, "[...] said nothing of [...]")
    assert headers["content-disposition"].startswith('attachment; filename="b1-')
    assert LOG not in told
    assert stand.actions()[-1] == "log_fetched"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("at 12:34:56 [fe80::1ff:fe23%wlan0]:8443 hung up", "at 12:34:56 [[...]]:8443 hung up"),
        ("fe80::1: refused, 2001:db8::7. End", "[...]: refused, [...]. End"),
        ("::ffff:10.0.0.1 and 2001:db8:0:1:2:3:4:5", "[...] and [...]"),
        (
            "2026-11-29T22:30:48+00:00 12:34:56:78",
            "2026-11-29T22:30:48+00:00 12:34:56:78",
        ),
    ],
)
def test_the_log_has_no_address_of_any_kind_and_keeps_its_times(told: str, shown: str) -> None:
    assert without_addresses(told) == shown


def test_a_stick_is_asked_for_by_changing_one_file(inside: Caller, stand: Booth) -> None:
    assert inside.send("/service/stick")[0] == 303
    assert (stand.parts.folder / "stick").read_text().endswith("Z\n")
    assert stand.actions() == ["login", "stick_asked"]


def test_who_watches_is_on_the_trail_once_and_the_picture_comes_as_jpeg(
    inside: Caller, stand: Booth
) -> None:
    for _ in range(3):
        assert inside.ask("/live.json")[0] == 200
    assert inside.ask("/still.jpg")[2]["content-type"] == "image/jpeg"
    assert stand.actions() == ["login", "live_watched"]


def test_a_daemon_that_does_not_answer_is_told_first(inside: Caller, stand: Booth) -> None:
    (stand.parts.folder / "daemon.sock").unlink()
    page = inside.ask("/")[1]
    assert "geeft geen antwoord" in page
    assert "Dit kastje is nu niet in orde" in page
    assert inside.ask("/live.json")[1].startswith('{"says":"Er komt geen beeld.')
    assert inside.ask("/still.jpg")[0] == 503
    assert inside.ask("/service")[0] == 200


def test_each_visitor_chooses_a_language(inside: Caller) -> None:
    assert "Dit kastje leest kentekens" in inside.ask("/")[1]
    assert inside.ask("/language/en?back=/road")[2]["location"] == "/road"
    assert "This box reads plates" in inside.ask("/")[1]
    inside.ask("/language/xx")
    assert "This box reads plates" in inside.ask("/")[1]


def test_no_page_shows_a_plate_whole(inside: Caller) -> None:
    for path in (
        "/",
        "/live",
        "/live.json",
        "/live/light",
        "/live/light.json",
        "/road",
        "/commission",
        "/service",
    ):
        assert "99XKB9" not in inside.ask(path)[1]


def around(**changed: Any) -> Around:
    return Around(**{"now": NOW, "settings_sha256": None, "deeds_waiting": 0} | changed)


@pytest.mark.parametrize(
    ("changed", "name", "light"),
    [
        ({"frames_per_s": 0.0}, "camera", Light.RED),
        ({"clock_trusted": False}, "clock", Light.RED),
        ({"vehicles_as_of": None}, "registry", Light.RED),
        ({"vehicles_as_of": NOW - timedelta(days=9)}, "registry", Light.RED),
        ({"vehicles_as_of": NOW + timedelta(days=9)}, "registry", Light.RED),
        ({"alarms": {"updates": "No source answered."}}, "alarms", Light.RED),
    ],
)
def test_what_keeps_a_box_from_reading_is_red(
    stand: Booth, changed: dict[str, Any], name: str, light: Light
) -> None:
    state = stand.told[0]
    sha256 = state.in_force.sha256
    for language in LANGUAGES:
        fine = cards(state, around(settings_sha256=sha256), language)
        assert verdict(fine) is Light.GREEN
        ill = msgspec.structs.replace(state, bulletin=msgspec.structs.replace(BULLETIN, **changed))
        found = cards(ill, around(settings_sha256=sha256), language)
        assert (found[0].name, found[0].light, verdict(found)) == (name, light, light)


def test_an_alarm_says_what_to_do_in_the_language_of_the_page(inside: Caller, stand: Booth) -> None:
    alarms = {"wear": "Much was written.", "unheard_of": "Something else."}
    stand.tell(bulletin=msgspec.structs.replace(BULLETIN, alarms=alarms))
    page = inside.ask("/")[1]
    assert WORDS["alarm_wear"].nl in page
    assert page.index(WORDS["alarm_wear"].nl) < page.index("wear: Much was written.")
    assert "unheard_of: Something else." in page
    assert "alarm_unheard_of" not in page


def test_a_session_ends_by_rest_by_age_and_for_a_newer_one() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    token, session = sessions.begin("password")
    now[0] = IDLE_S - 1
    assert sessions.find(token) is session
    now[0] += IDLE_S + 1
    assert sessions.find(token) is None
    token, _ = sessions.begin("password")
    began = now[0]
    while now[0] < began + LONGEST_S:
        now[0] += IDLE_S - 1
        alive = sessions.find(token)
    assert alive is None
    first, _ = sessions.begin("password")
    for _ in range(MOST):
        now[0] += 1
        sessions.begin("password")
    assert sessions.find(first) is None


def test_every_word_is_there_in_both_languages() -> None:
    for word, (dutch, english) in WORDS.items():
        assert dutch.count("{") == english.count("{"), word
    assert say("nl", "never said") == "never said"
    assert [long("nl", s) for s in (0, 90, 600, 9000, 300_000)] == [
        "0 s",
        "90 s",
        "10 min",
        "2 uur",
        "3 dagen",
    ]


def test_a_pause_of_the_journal_is_told(inside: Caller, stand: Booth) -> None:
    object.__setattr__(stand.parts, "journal", ("false",))
    assert inside.send("/service/log")[2]["location"] == "/service?said=log_none"
    object.__setattr__(stand.parts, "journal", ("/nowhere/journalctl",))
    assert inside.send("/service/log")[2]["location"] == "/service?said=log_none"

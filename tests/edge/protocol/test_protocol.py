"""What the document says follows the configuration and the law, and nothing secret stands in it."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.protocol.document import LANGUAGES, Blank, Language
from edge.protocol.markdown import markdown
from edge.protocol.page import page
from edge.protocol.places import purpose
from tests.edge.protocol.world import DUTCH, FLEMISH, basis, chapter, left, made, row, rows, words

TLS = 'ca = "ca.pem"\n'
CERTIFICATE = TLS + 'cert = "box.crt"\nkey = "box.key"\n'


def mqtt(more: str) -> str:
    return f'[uplink]\npublisher = "mqtt"\nhost = "broker.example.org"\n{more}'


@pytest.mark.parametrize(
    ("profile", "form", "recipient"),
    [("none", "no plate", "nobody"), ("pseudonym", "pseudonym", "passage"), ("plate", "plate", "")],
)
def test_the_privacy_profile_decides_what_is_told_of_plates(
    tmp_path: Path, profile: str, form: str, recipient: str
) -> None:
    document = made(tmp_path, DUTCH + f'privacy = "{profile}"\n')
    found = row(chapter(document, "items"), "Plate of a vehicle that complies (zone rotterdam)")
    assert found[3].say("en").startswith(form)
    assert recipient in found[5].say("en")
    assert (found[4].say("en") == "not kept") is (profile == "none")
    asked = "Zone rotterdam: Legal basis for recording plates of vehicles that comply"
    assert (asked in left(document)) is (profile == "plate")


def test_a_draft_holds_nothing_and_says_that_it_is_never_enforced(tmp_path: Path) -> None:
    document = made(tmp_path, FLEMISH)
    held = row(chapter(document, "items"), "Plate of a held candidate")
    assert "enforcement of fl-zes is off" in held[3].say("en")
    assert held[4].say("en") == "not kept"
    status = row(chapter(document, "law"), "Status")[1].say("en")
    assert "draft" in status
    assert "nothing is held or released" in status
    assert status in words(chapter(document, "zones"))


def test_a_law_in_force_holds_as_long_as_its_pack_says(tmp_path: Path) -> None:
    found = basis(tmp_path, DUTCH)
    document = made(tmp_path, DUTCH)
    pack = found.laws[0].pack
    days = f"at most {pack.number('vasthouden_hoogstens_dagen'):g} days"
    for name in ("items", "retention"):
        held = " ".join(c.say("en") for c in row(chapter(document, name), "Plate of a held"))
        assert days in held
        assert "not before 06:00 on the day after" in held
    assert pack.sha256 in words(chapter(document, "law"))
    assert pack.version in words(chapter(document, "law"))


@pytest.mark.parametrize(
    ("uplink", "said", "settled"),
    [
        ('[uplink]\npublisher = "mqtt"\n', "NONE: no CA", False),
        (mqtt(TLS), "the box does not", True),
        (mqtt(CERTIFICATE), "client certificate", True),
        ('[uplink]\nspool = "stick"\n', "NOT encrypted", False),
    ],
)
def test_the_security_of_the_way_is_told_plainly_and_its_lack_is_an_open_point(
    tmp_path: Path, uplink: str, said: str, settled: bool
) -> None:
    document = made(tmp_path, DUTCH + uplink)
    shown = row(chapter(document, "recipients"), "Security on the way")[1]
    assert said in shown.say("en")
    assert isinstance(shown, Blank) is not settled
    assert ("broker.example.org" in words(chapter(document, "recipients"))) is ("example" in uplink)


@pytest.mark.parametrize(
    ("ack", "said"), [("receipt", "there is no maximum"), ("puback", "next hop")]
)
def test_how_long_a_record_stays_follows_the_acknowledgement(
    tmp_path: Path, ack: str, said: str
) -> None:
    document = made(tmp_path, DUTCH + mqtt(TLS + f'ack = "{ack}"\n'))
    assert said in row(chapter(document, "retention"), "Passage records")[1].say("en")


def test_what_is_not_configured_is_a_blank_listed_at_the_end_with_its_key(tmp_path: Path) -> None:
    document = made(tmp_path, DUTCH)
    assert left(document)["Controller"] == "authority.name"
    assert left(document)["Zone rotterdam: Traffic decree (verkeersbesluit)"] == "zones.decree"
    last = document.sections[-1]
    assert last.id == "open"
    listed = [found[0].say("en") for found in last.blocks[0].rows]  # type: ignore[union-attr]
    assert listed == list(left(document))


def test_what_is_configured_is_printed_and_no_longer_open(tmp_path: Path) -> None:
    given = (
        'decree = "GR 2026/12"\npurpose = "only this"\n[authority]\nname = "Voorbeeldgem"\n'
        '[[authority.recipients]]\nname = "officers"\nreceives = "released candidates"\n'
    )
    document = made(tmp_path, DUTCH + given)
    assert row(chapter(document, "parties"), "Controller")[1].say("nl") == "Voorbeeldgem"
    assert row(chapter(document, "zones"), "Traffic decree")[1].say("nl") == "GR 2026/12"
    assert "only this" in words(chapter(document, "purposes"))
    assert "released candidates" in words(chapter(document, "recipients"))
    open_now = left(document)
    assert not {"Controller", "Zone rotterdam: Traffic decree (verkeersbesluit)"} & set(open_now)
    assert "Protocol for sharing with officers (R004-95)" in open_now


def test_each_camera_and_zone_has_one_purpose(tmp_path: Path) -> None:
    document = made(tmp_path, DUTCH + 'purpose = "a"\n' + FLEMISH)
    told = words(chapter(document, "purposes"))
    assert "camera-1\nrotterdam\na\n" in told
    assert "voorbeeldgem\nto decide and to count by the access rules of zone voorbeeldgem" in told


OFF = {
    "nl": "geen handhaving: de rechtsregel is een ontwerp en de handhaving staat uit",
    "en": "no enforcement: the rule of law is a draft and enforcement is off",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("given", ["", 'purpose = "wat de raad besloot"\n'])
def test_a_purpose_under_a_draft_says_that_nothing_is_enforced(
    tmp_path: Path, language: Language, given: str
) -> None:
    document = made(tmp_path, DUTCH + given + FLEMISH + given)
    dutch, flemish = (r[2].say(language) for r in rows(chapter(document, "purposes"))[:2])
    assert flemish.endswith(f"({OFF[language]})")
    assert OFF[language] not in dutch
    if given:
        assert dutch == "wat de raad besloot"
        assert flemish.startswith("wat de raad besloot (")
    else:
        assert dutch.split()[0] in {"handhaving", "enforcement"}
        assert flemish.split()[0] not in {"handhaving", "enforcement"}
    zones = [r for r in rows(chapter(document, "zones")) if r[0].say("en") == "Purpose"]
    assert [r[1].say(language) for r in zones] == [dutch, flemish]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_purpose_of_plates_and_resolutions_under_a_draft_says_so_too(
    tmp_path: Path, language: Language
) -> None:
    document = made(tmp_path, FLEMISH)
    plates = row(chapter(document, "items"), "Plate of a vehicle that complies")[2].say(language)
    assert plates.endswith(f"({OFF[language]})")
    off = {"nl": "de handhaving staat uit", "en": "enforcement is off"}[language]
    resolutions = row(chapter(document, "items"), "Resolution records")[2].say(language)
    assert off in resolutions
    both = made(tmp_path, DUTCH + FLEMISH)
    assert off not in row(chapter(both, "items"), "Resolution records")[2].say(language)
    dutch = row(chapter(both, "items"), "Plate of a vehicle that complies (zone rotterdam)")
    assert OFF[language] not in dutch[2].say(language)


def test_a_law_in_force_that_is_not_enforced_is_no_draft(tmp_path: Path) -> None:
    (zone,), (law,) = basis(tmp_path, DUTCH).config.zones, basis(tmp_path, DUTCH).laws
    off = purpose(zone, replace(law.pack, enforced=False))
    assert off.en.endswith("(no enforcement: enforcement is off)")
    assert "ontwerp" not in off.nl


def test_the_region_and_the_lanes_are_told(tmp_path: Path) -> None:
    drawn = (
        "[camera]\nregion = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]\n"
        '[[camera.lanes]]\nname = "in"\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\n'
        'direction = "leaving"\n'
    )
    told = words(chapter(made(tmp_path, DUTCH + drawn), "camera"))
    assert "50% of the picture" in told
    assert "in\naway from the camera" in told
    assert "the whole picture" in words(chapter(made(tmp_path, DUTCH), "camera"))


def test_dates_that_stand_out_are_told_and_open(tmp_path: Path) -> None:
    document = made(tmp_path, FLEMISH + "announced = 2026-01-01\n")
    assert "2027-07-01" in words(chapter(document, "zones"))
    assert any("2027-07-01" in what for what in left(document))


def test_both_languages_have_the_same_chapters_rows_and_cells_and_none_is_empty(
    tmp_path: Path,
) -> None:
    document = made(tmp_path, DUTCH + FLEMISH + mqtt(TLS))
    texts = {language: markdown(document, language) for language in LANGUAGES}
    shapes = {
        language: [(line[:1] in "#|-*", line.count(" | ")) for line in text.splitlines()]
        for language, text in texts.items()
    }
    assert shapes["nl"] == shapes["en"]
    assert "|  |" not in "".join(texts.values())
    pages = {language: page(document, language) for language in LANGUAGES}
    for tag in ("<h2", "<tr", "<td", "<th", "<li", "<mark"):
        assert pages["nl"].count(tag) == pages["en"].count(tag)
        assert pages["nl"].count(tag) > 10 or tag == "<h2"


def test_an_address_with_a_password_is_told_by_its_kind_only(tmp_path: Path) -> None:
    hidden = '[camera]\nsource = "rtsp://user:hush@10.0.0.2/"\n'
    document = made(tmp_path, DUTCH + hidden)
    assert "not encrypted" in row(chapter(document, "camera"), "Way from camera")[1].say("en")
    text = "".join(write(document, lang) for lang in LANGUAGES for write in (markdown, page))
    assert "hush" not in text
    assert "10.0.0.2" not in text


def test_a_zone_without_a_law_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no start date"):
        made(tmp_path, '[[zones]]\nid = "nowhere"\npack = "nl-ze"\n')


KEYS = (
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa",
)


def test_pictures_are_told_only_where_some_are_kept(tmp_path: Path) -> None:
    name = "Pictures of a held candidate"
    evidence = f'[evidence]\nrecipients = ["{KEYS[0]}", "{KEYS[1]}"]\nmax_days = 20\n'
    for text, kept in ((DUTCH, False), (FLEMISH + evidence, False), (DUTCH + evidence, True)):
        document = made(tmp_path, text)
        told = words(chapter(document, "items"))
        assert (name in told) is kept
    assert "at most 20 days" in told
    assert "2 keys of the authority" in told
    assert "faces are not" in told
    assert any(name in hint for hint in left(document))


def test_a_camera_that_is_not_ours_is_told(tmp_path: Path) -> None:
    external = """
[external]
product = "axis"
listen = "10.0.0.2:8090"
allow = ["10.0.0.20"]
"""
    document = made(tmp_path, DUTCH + external)
    found = chapter(document, "camera")
    assert "axis" in row(found, "Who reads the plates")[1].say("en")
    assert "for a person" in row(found, "Confidence that is believed")[1].say("en")
    assert "not encrypted" in row(found, "Way from camera")[1].say("en")

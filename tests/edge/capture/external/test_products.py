"""What each product's messages say, and that no message can do harm."""

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.capture.external.listen import PRODUCTS
from edge.errors import CaptureError
from edge.types import Direction, ForeignReading
from tests.edge.capture.external.messages import AT, PLATE, axis, hikvision, rekor, with_picture

GOOD = {"axis": axis("lost"), "hikvision": hikvision(), "rekor": rekor()}


def read(product: str, body: bytes, countries: dict[str, str] | None = None) -> ForeignReading:
    (reading,) = PRODUCTS[product](body, countries or {})
    return reading


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_whole_message_is_read(product: str) -> None:
    reading = read(product, GOOD[product])
    assert (reading.product, reading.plate, reading.country) == (product, PLATE, "NL")
    assert reading.confidence == pytest.approx(0.97)
    assert reading.seen_first == AT
    assert reading.gone
    assert not reading.late


def test_what_else_axis_says() -> None:
    reading = read("axis", axis("new", carMoveDirection="out"))
    assert (reading.vehicle, reading.lane, reading.gone) == ("42", "1", False)
    assert reading.direction is Direction.LEAVING


def test_what_else_hikvision_says() -> None:
    reading = read("hikvision", hikvision(isDataRetransmission="true"))
    assert (reading.lane, reading.direction) == ("1", Direction.APPROACHING)
    assert reading.late
    assert reading.chars == pytest.approx((0.99, 0.99, 0.98, 0.97, 0.97, 0.96))


def test_what_else_rekor_says() -> None:
    reading = read("rekor", rekor(is_parked=True))
    assert reading.direction is Direction.STILL
    assert reading.seen_last - reading.seen_first == timedelta(seconds=2)


def test_hikvision_beside_its_pictures() -> None:
    assert read("hikvision", with_picture(hikvision())) == read("hikvision", hikvision())


def test_hikvision_beside_many_parts_is_refused_and_not_searched_for_ever() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 100 + with_picture(hikvision())
    with pytest.raises(CaptureError, match="No part"):
        PRODUCTS["hikvision"](body, {})


def test_a_region_outside_europe_is_no_country_of_ours() -> None:
    assert read("rekor", rekor(best_region="us-de")).country is None  # Delaware
    assert read("rekor", rekor(best_region="EU-DE")).country == "DE"
    assert read("rekor", rekor(best_region="", country="nl")).country is None


def test_how_sure_rekor_is_of_the_country() -> None:
    assert read("rekor", rekor(best_region_confidence=57.5)).country_confidence == 0.575
    for unreadable in (-1, "x", 101):
        assert read("rekor", rekor(best_region_confidence=unreadable)).country_confidence == 0


@pytest.mark.parametrize("said", ["98,98,-1,98", "98,98,,98", "98,98,x,98"])
def test_a_sign_of_which_hikvision_tells_nothing_legible_is_not_sure(said: str) -> None:
    assert read("hikvision", hikvision(plateCharBelieve=said)).chars == (0.98, 0.98, 0.0, 0.98)


def test_a_vehicle_of_which_hikvision_read_no_plate_has_none() -> None:
    assert read("hikvision", hikvision(licensePlate="unknown")).plate == ""


def test_a_country_by_number_means_what_the_site_says_and_else_nothing() -> None:
    body = hikvision(country="56")
    assert read("hikvision", body).country is None
    assert read("hikvision", body, {"56": "NL"}).country == "NL"


@pytest.mark.parametrize(
    ("product", "body"),
    [
        ("axis", axis("lost", plateConfidence="97")),
        ("axis", axis("lost", plateConfidence="nan")),
        ("axis", axis("lost", plateConfidence=None)),
        ("rekor", rekor(best_confidence=970)),
        ("hikvision", hikvision(confidenceLevel="-1")),
    ],
)
def test_a_confidence_beyond_its_scale_is_none(product: str, body: bytes) -> None:
    assert read(product, body).confidence is None


def test_other_messages_of_the_same_cameras_say_nothing() -> None:
    other = hikvision().replace(b">ANPR<", b">VMD<")
    assert PRODUCTS["hikvision"](other, {}) == []
    assert PRODUCTS["rekor"](json.dumps({"data_type": "heartbeat"}).encode(), {}) == []


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><e>&b;</e>'
)
OUTSIDE = b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><e>&x;</e>'
EARLY, LATE = b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-10:00"
PARTS = b"".join(
    b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (n, n + 1)
    for n in range(3000)
)
HOSTILE = {
    "nothing": ("axis", b""),
    "no format": ("rekor", b"\xff\xfe\x00garbage"),
    "a number": ("rekor", b"7"),
    "deep JSON": ("axis", b"[" * 100_000),
    "no XML": ("hikvision", b"{}"),
    "deep XML": ("hikvision", b"<a>" * 1000),
    "a bomb of entities": ("hikvision", BOMB),
    "a bomb in UTF-16": ("hikvision", BOMB.decode().encode("utf-16")),
    "a file from outside": ("hikvision", OUTSIDE),
    "the first moment of all": ("hikvision", hikvision().replace(AT.isoformat().encode(), EARLY)),
    "the last moment of all": ("hikvision", hikvision().replace(AT.isoformat().encode(), LATE)),
    "parts in parts": ("hikvision", PARTS),
    "many attributes": ("hikvision", b"<a " + b"".join(b"a%d='' " % n for n in range(30_000))),
    "much text": ("hikvision", hikvision(licensePlate="A" * 300_000)),
    "many elements": ("hikvision", b"<a>" + b"<b/>" * 10_000 + b"</a>"),
    "no time": ("axis", axis("lost", capture_timestamp="soon")),
    "a time without end": ("axis", axis("lost", capture_timestamp="1e300")),
    "no name": ("axis", axis("lost", car="")),
    "a time without offset": ("hikvision", hikvision().replace(b"+00:00", b"")),
    "no part that is XML": ("hikvision", with_picture(b"").replace(b"text/xml", b"text/plain")),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_message_is_a_fault_that_quotes_nothing_of_it(what: str) -> None:
    product, body = HOSTILE[what]
    with pytest.raises(CaptureError) as fault:
        PRODUCTS[product](body, {})
    assert PLATE not in str(fault.value)


@pytest.mark.parametrize("product", PRODUCTS)
@given(body=st.binary(max_size=300))
def test_no_bytes_do_harm(product: str, body: bytes) -> None:
    with suppress(CaptureError):
        PRODUCTS[product](body, {})


@settings(suppress_health_check=[HealthCheck.too_slow])  # its tables, the first time
@given(
    st.dictionaries(
        st.sampled_from(
            ["carID", "capture_timestamp", "plateASCII", "plateCountry", "plateConfidence", "roiID"]
        ),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_fields_of_any_type_do_no_harm(fields: dict[str, object]) -> None:
    body = json.dumps(json.loads(axis("lost")) | fields).encode()
    try:
        (reading,) = PRODUCTS["axis"](body, {})
    except CaptureError:
        return
    assert reading.confidence is None or 0 <= reading.confidence <= 1
    assert len(reading.plate) <= 64


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_in_the_place_of_a_plate_stays_a_text(plate: str) -> None:
    assert read("rekor", rekor(best_plate_number=plate)).plate == plate.strip()[:64]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.passage.forms import SERIES
from edge.passage.plate import fits_country
from edge.passage.spelling import CONFUSABLE, corrected, corrections, normalise

COUNTRIES = sorted({series.country for series in SERIES})
NEVER = [
    ("V", "Y"),
    ("V", "U"),
    ("N", "H"),
    ("N", "M"),
    ("H", "M"),
    ("K", "X"),
    ("P", "F"),
    ("P", "R"),
]
FULL_WIDTH = 0xFEE0
WRITTEN = st.text("AZaz09 -.·ÄÖÜäöü\uff11\uff22﹣\u1d00\u2212\u200bß!é", max_size=12)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("27-bxk-4", "27BXK4"),
        ("1·ABC·234", "1ABC234"),
        ("".join(chr(ord(sign) + FULL_WIDTH) for sign in "1-ABC-234"), "1ABC234"),
        ("1﹣abc﹣234", "1ABC234"),
        ("\u1d20-001-\u0299\u0299", "V001BB"),
        (" 99 - XX - 99 ", "99XX99"),
        ("99\u2212XX\u221299", "99XX99"),
    ],
)
def test_every_way_to_write_a_plate_gives_one_key(written: str, key: str) -> None:
    assert normalise(written, "NL") == key


@pytest.mark.parametrize(
    "written", ["27BXK4!", "27BXß4", "27BXÉ4", "٢7BXK4", "27/BXK/4", "MÜ-AB 1"]
)
def test_what_no_plate_holds_is_a_fault(written: str) -> None:
    assert normalise(written, "NL") is None
    assert normalise(written) is None


def test_a_german_plate_keeps_its_umlaut_and_its_district() -> None:
    assert normalise("mü-ab 123", "DE") == "MÜ-AB123"
    assert normalise("MU\u0308-AB 123", "DE") == "MÜ-AB123"
    assert normalise("B MW 123", "DE") == normalise("B-MW123", "DE") == "B-MW123"
    assert normalise("BMW 123", "DE") == "BMW123"
    assert normalise("MÜ-AB 123", "AT") is None


@given(WRITTEN, st.sampled_from([None, *COUNTRIES]))
def test_a_key_is_its_own_key(written: str, country: str | None) -> None:
    key = normalise(written, country)
    assert key is None or normalise(key, country) == key


@given(st.text(max_size=12), st.sampled_from([None, *COUNTRIES]))
def test_no_writing_breaks_the_key(written: str, country: str | None) -> None:
    key = normalise(written, country)
    assert key is None or set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ÄÖÜ-")


@pytest.mark.parametrize(
    ("read", "country", "plate"),
    [
        ("27BXKA", "NL", "27BXK4"),
        ("2ZBXK4", "NL", "22BXK4"),
        ("IABC234", "BE", "1ABC234"),
        ("1A8C234", "BE", "1ABC234"),
        ("1ABC23S", "BE", "1ABC235"),
        ("1ABO23O", "BE", "1ABO230"),
    ],
)
def test_syntax_forces_one_sign(read: str, country: str, plate: str) -> None:
    assert corrected(read, country) == plate


@pytest.mark.parametrize(
    ("read", "country"),
    [
        ("27BXK4", "NL"),  # well formed: nothing to correct
        ("278XK4", "NL"),  # a B in sidecode 7, or an 8 in sidecode 14
        ("27B0K4", "NL"),  # a D, though the office uses no O
        ("1A0C234", "BE"),  # O, D, Q or C
        ("0B12DF", "NL"),  # a car's D, or a trailer's O
        ("27BYK4", "NL"),  # Y is never taken for a V
        ("27CXK4", "NL"),
        ("IABC23S", "BE"),  # two signs
        ("1A7C234", "BE"),  # a T or a Y
        ("1ABC23T", "BE"),  # a 1 or a 7
        ("O8XK4", "NL"),
        ("", "NL"),
    ],
)
def test_where_syntax_does_not_force_a_sign_nothing_is_corrected(read: str, country: str) -> None:
    assert corrected(read, country) is None


@given(st.text("0123456789ABDGILOQSTYZVX", max_size=9), st.sampled_from(COUNTRIES))
def test_a_correction_fits_and_changes_exactly_one_confusable(read: str, country: str) -> None:
    plate = corrected(read, country)
    if plate is not None:
        changed = [(a, b) for a, b in zip(read, plate, strict=True) if a != b]
        assert fits_country(plate, country)
        assert not fits_country(read, country)
        assert len(changed) == 1
        assert changed[0][1] in CONFUSABLE[changed[0][0]]


@given(st.sampled_from(["27BXKA", "IABC234", "1A8C234", "2ZBXK4"]), st.sampled_from(COUNTRIES))
def test_a_corrected_plate_needs_no_other_correction(read: str, country: str) -> None:
    plate = corrected(read, country)
    assert plate is None or corrected(plate, country) is None


@pytest.mark.parametrize(("a", "b"), NEVER)
def test_letters_that_look_alike_are_never_exchanged(a: str, b: str) -> None:
    assert b not in CONFUSABLE.get(a, "")
    assert a not in CONFUSABLE.get(b, "")


def test_a_letter_that_a_country_never_writes_may_be_one_that_lost_its_bar() -> None:
    assert corrections("KN12BI", "NL") == {"KN12BT", "KN12BL"}
    assert corrected("KN12BI", "NL") is None  # which of them, the frames alone can tell
    assert corrections("47GKRI", "NL") == {"47GKRT", "47GKRL", "47GKR1"}
    assert corrected("I2GKRT", "NL") == "12GKRT"
    assert corrections("IABC234", "BE") == {"1ABC234"}  # where an I is written, as a 1 is


def test_several_corrections_are_all_named() -> None:
    assert corrections("1A7C234", "BE") == {"1ATC234", "1AYC234"}

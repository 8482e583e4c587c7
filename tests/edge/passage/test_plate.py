import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.passage.forms import EXCLUDED_NL, SERIES, SIDECODES
from edge.passage.plate import (
    bound_to_trailer,
    bound_to_vehicle,
    countries,
    country_of,
    fits_country,
    is_key,
    may_lack_a_sign,
    of_the_state,
    proves_something,
    sidecode,
    splits,
)
from edge.types import Tint

FORMED = [(series.country, places) for series in SERIES for places in series.forms]


@pytest.mark.parametrize(
    ("text", "tint", "country"),
    [
        ("1KZE410", Tint.WHITE, "BE"),
        ("1KZE410", Tint.UNKNOWN, "BE"),
        ("27BXK4", Tint.UNKNOWN, "NL"),
        ("BD846H", Tint.YELLOW, "NL"),
        ("KNBX12", Tint.YELLOW, "NL"),
        ("1234BCD", Tint.WHITE, "ES"),
    ],
)
def test_a_plate_that_fits_one_country_gets_it(text: str, tint: Tint, country: str) -> None:
    assert country_of(text, tint) == country


@pytest.mark.parametrize("text", ["KNBX12", "ABC123", "AB123CD", "XX1234", "ABC12"])
def test_a_plate_that_fits_several_countries_gets_none(text: str) -> None:
    assert len(countries(text)) > 1
    assert country_of(text) is None


@pytest.mark.parametrize("text", ["VDS41K", "V41KDS", "KD1234", "1234KD"])
def test_a_dutch_form_that_old_british_plates_share_names_no_country(text: str) -> None:
    assert countries(text, Tint.YELLOW) >= {"GB", "NL"}
    assert country_of(text, Tint.YELLOW) is None


def test_a_number_that_begins_with_zero_is_not_british() -> None:
    assert country_of("V01KDS", Tint.YELLOW) == "NL"


def test_a_white_plate_of_dutch_form_is_not_taken_for_dutch() -> None:
    assert country_of("27BXK4", Tint.WHITE) is None


def test_a_yellow_plate_that_infrared_light_shows_white_is_not_taken_for_austrian() -> None:
    assert "AT" in countries("BD846H", Tint.WHITE)
    assert country_of("BD846H", Tint.WHITE) is None


@given(st.text(max_size=12))
def test_no_text_breaks_the_forms(text: str) -> None:
    country = country_of(text)
    assert country is None or country in countries(text)
    assert sidecode(text) is None or fits_country(text, "NL")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("DB1234", 1), ("1234DB", 2), ("12DB34", 3), ("DB12DB", 4), ("DBDB12", 5)),
        *(("12DBDB", 6), ("12DBD3", 7), ("1DBD23", 8), ("DB123D", 9), ("D123DB", 10)),
        *(("DBD12D", 11), ("D12DBD", 12), ("1DB234", 13), ("123DB4", 14)),
    ],
)
def test_every_dutch_sidecode_is_known(text: str, number: int) -> None:
    assert sidecode(text) == number
    assert fits_country(text, "NL")


def test_no_two_sidecodes_look_alike() -> None:
    shapes = {written.replace("-", "") for written in SIDECODES}
    assert len(shapes) == len(SIDECODES) == 14


@pytest.mark.parametrize("text", ["12AEI3", "12CQD3", "D12DYD", "1234567", "", "12-DB-3"])
def test_what_the_dutch_office_does_not_issue_has_no_sidecode(text: str) -> None:
    assert sidecode(text) is None


@pytest.mark.parametrize("group", sorted(EXCLUDED_NL))
def test_excluded_letters_are_no_modern_dutch_plate(group: str) -> None:
    text = f"12{group}3" if len(group) == 3 else f"12{group}DB"
    assert sidecode(text) is None
    assert not fits_country(text, "NL")


def test_old_series_hold_nearly_all_letters() -> None:
    assert sidecode("AE1234") == 1
    assert sidecode("SS1234") == 1
    assert sidecode("YB12DB") == 4
    assert sidecode("YY12DB") == 4


@pytest.mark.parametrize(
    "text",
    [
        *("1ABC234", "ABC123", "123ABC", "9ABC123", "9123ABC", "QABC123", "OABC123", "MABC123"),
        *("GABC123", "TXAB123", "EUR1234", "123EURO"),
    ],
)
def test_belgian_forms_are_known(text: str) -> None:
    assert fits_country(text, "BE")


@pytest.mark.parametrize(
    ("country", "text"),
    [
        *(("DE", "MÜAB123"), ("DE", "BAB123E"), ("FR", "AB123CD"), ("FR", "1234AB56")),
        *(("PL", "WX12345"), ("PL", "KRA1A23"), ("IT", "AB123CD"), ("LU", "AB1234")),
        *(("GB", "AB12CDE"), ("GB", "A123BCD"), ("GB", "ABC1D"), ("GB", "AIZ1234")),
        *(("GB", "ABC123"), ("GB", "123ABC"), ("GB", "A1234")),
        *(("ES", "1234BCD"), ("LT", "ABC123"), ("SE", "ABC12D")),
        *(("HU", "ABC123"), ("HU", "AABC123"), ("RO", "B123ABC"), ("RO", "CJ12ABC")),
        *(("BG", "CB1234AB"), ("CZ", "1A23456"), ("SK", "AA123BC"), ("SK", "BA123CD")),
        *(("PT", "AA12BB"), ("DK", "AB12345"), ("AT", "W12345A"), ("CH", "ZH123456")),
        *(("FI", "ABC123"), ("NO", "EK12345"), ("EE", "123ABC"), ("LV", "AB1234")),
        *(("SI", "LJAB123"), ("HR", "ZG1234AB"), ("UA", "AA1234BB"), ("TR", "34AB123")),
        *(("IE", "131D1234"), ("IE", "06WX123")),
    ],
)
def test_the_plates_of_frequent_hauliers_are_known(country: str, text: str) -> None:
    assert fits_country(text, country)


@pytest.mark.parametrize(
    ("country", "text"),
    [
        *(("FR", "SS123AB"), ("FR", "AO123CD"), ("ES", "1234AEI"), ("RO", "XX12ABC")),
        *(("CH", "XX12345"), ("IE", "55D123"), ("TR", "99AB123"), ("PL", "WXABCDE")),
        *(("DE", "AAABBB12345"), ("DE", "BAB0123"), ("BG", "CB1234DF")),
    ],
)
def test_what_a_country_does_not_issue_is_no_plate_of_it(country: str, text: str) -> None:
    assert not fits_country(text, country)


def test_without_its_separator_a_german_text_may_be_several_plates() -> None:
    assert splits("BMW123") == {"B-MW123", "BM-W123"}
    assert not is_key("DE", "BMW123")
    assert splits("ABCD12") == {"AB-CD12", "ABC-D12"}
    assert splits("BM123") == {"B-M123"}
    assert is_key("DE", "BM123")
    assert is_key("NL", "27BXK4")


@given(st.sampled_from([places for country, places in FORMED if country == "DE"]), st.data())
def test_every_german_plate_has_a_split(places: tuple[str, ...], data: st.DataObject) -> None:
    text = "".join(data.draw(st.sampled_from(signs)) for signs in places)
    assert splits(text)
    assert all(plate.replace("-", "") == text for plate in splits(text))


def test_belgian_trade_plates_belong_to_no_vehicle() -> None:
    assert not bound_to_vehicle("BE", "ZABC123")
    assert bound_to_vehicle("BE", "1ABC123")
    assert bound_to_vehicle("NL", "ZABC123")


@pytest.mark.parametrize(
    ("country", "text"), [("NL", "OB12DF"), ("NL", "12WBDF"), ("NL", "WB12DF"), ("BE", "QABC123")]
)
def test_a_trailer_is_told_by_its_own_plate(country: str, text: str) -> None:
    assert fits_country(text, country)
    assert bound_to_trailer(country, text)


@pytest.mark.parametrize(
    ("country", "text"), [("NL", "DB12CD"), ("NL", "OB1234"), ("BE", "1QBC123"), ("DE", "OB12CD")]
)
def test_a_motor_vehicle_is_no_trailer(country: str, text: str) -> None:
    assert not bound_to_trailer(country, text)


def test_any_five_signs_may_be_an_old_belgian_plate() -> None:
    assert fits_country("AB1C2", "BE")
    assert not proves_something("BE", "AB1C2")
    assert proves_something("BE", "1ABC234")


def test_a_nine_before_signs_of_the_owners_choice_proves_nothing() -> None:
    """9123BCO is what a Spanish 9123BCD becomes by one misread letter."""
    assert fits_country("9123BCO", "BE")
    assert not proves_something("BE", "9123BCO")
    assert proves_something("BE", "9ABC123")


@pytest.mark.parametrize(
    ("country", "text", "may_lack"),
    [
        ("BE", "ABC123", True),
        ("BE", "1ABC123", False),
        ("BE", "123ABC", True),
        ("BE", "9123ABC", False),
        ("NL", "27BXK4", False),
        ("LT", "BC123", True),
        ("DE", "BAB123", True),
        ("DE", "BABC1234", False),
        ("FR", "AB123CD", False),
        (None, "ABC123", False),
    ],
)
def test_what_a_longer_plate_of_its_country_shows_in_part_is_told(
    country: str | None, text: str, may_lack: bool
) -> None:
    assert may_lack_a_sign(country, text) is may_lack


def test_plates_of_the_state_are_told_apart() -> None:
    assert of_the_state("BE", "CDAB12")
    assert of_the_state("BE", "A123")
    assert of_the_state("BE", "EUR1234")
    assert of_the_state("BE", "123EURO")
    assert not of_the_state("BE", "1ABC234")

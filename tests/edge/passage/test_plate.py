import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.passage.plate import bound_to_vehicle, countries, country_of
from edge.types import Tint


@pytest.mark.parametrize(
    ("text", "tint", "country"),
    [
        ("1KZE410", Tint.WHITE, "BE"),
        ("1KZE410", Tint.UNKNOWN, "BE"),
        ("VDS41K", Tint.YELLOW, "NL"),
        ("27BXK4", Tint.UNKNOWN, "NL"),
        ("BD846H", Tint.YELLOW, "NL"),
        ("KNBX12", Tint.YELLOW, "NL"),
        ("KNBX12", Tint.WHITE, "DE"),
        ("1234BCD", Tint.WHITE, "ES"),
    ],
)
def test_a_plate_that_fits_one_country_gets_it(text: str, tint: Tint, country: str) -> None:
    assert country_of(text, tint) == country


@pytest.mark.parametrize("text", ["KNBX12", "ABC123", "AB123CD", "XX1234"])
def test_a_plate_that_fits_several_countries_gets_none(text: str) -> None:
    assert len(countries(text)) > 1
    assert country_of(text) is None


def test_a_white_plate_of_dutch_form_is_not_taken_for_dutch() -> None:
    assert country_of("27BXK4", Tint.WHITE) is None


@given(st.text(max_size=12))
def test_no_text_breaks_the_forms(text: str) -> None:
    country = country_of(text)
    assert country is None or country in countries(text)


def test_belgian_trade_plates_belong_to_no_vehicle() -> None:
    assert not bound_to_vehicle("BE", "ZABC123")
    assert bound_to_vehicle("BE", "1ABC123")
    assert bound_to_vehicle("NL", "ZABC123")

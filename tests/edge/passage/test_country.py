from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.passage.country import (
    CONTRADICTED,
    SEVERAL,
    UNKNOWN,
    contested,
    looks,
    origin,
    spelt,
)
from edge.passage.spelling import corrections
from edge.passage.vote import vote
from edge.types import Reading, Tint
from tests.fakes import reading, torn

CODES = st.sampled_from(["NL", "BE", "DE", "FR", "XX"])


def looking(text: str, *countries: tuple[str, float], sure: float = 0.95) -> Reading:
    return replace(reading(text, sure=sure), countries=countries)


def test_a_plain_look_and_a_fitting_text_give_the_country() -> None:
    seen = looks([looking("KNBX12", ("NL", 0.98), ("DE", 0.01))] * 3)
    found = origin("KNBX12", seen, Tint.UNKNOWN)
    assert found.country == "NL"
    assert found.probability > 0.99


def test_the_syntax_settles_what_the_look_leaves_open() -> None:
    seen = looks([looking("1KZE410", ("BE", 0.7), ("NL", 0.29))])
    assert origin("1KZE410", seen, Tint.UNKNOWN).country == "BE"


def test_a_yellow_plate_that_may_be_an_old_british_one_is_not_called_dutch() -> None:
    seen = looks([looking("KND12F", ("NL", 0.8), ("GB", 0.15))])
    assert origin("KND12F", seen, Tint.YELLOW).country is None
    assert origin("KN123F", seen, Tint.YELLOW).country == "NL"


def test_a_look_that_contradicts_the_syntax_gives_no_country() -> None:
    seen = looks([looking("27BXK4", ("BE", 0.99))] * 2)
    found = origin("27BXK4", seen, Tint.YELLOW)
    assert (found.country, found.doubt) == (None, CONTRADICTED)


def test_a_personalised_plate_has_no_country_whatever_it_looks_like() -> None:
    found = origin("ZEROZERO", looks([looking("ZEROZERO", ("BE", 0.99))] * 2), Tint.WHITE)
    assert (found.country, found.doubt) == (None, CONTRADICTED)


@pytest.mark.parametrize(
    "countries",
    [
        (("NL", 0.6), ("DE", 0.39)),  # both write KNBX12
        (("NL", 0.4), ("DE", 0.01)),  # mostly unknown
        (("BE", 0.62), ("NL", 0.38)),  # the likeliest cannot be, the next is not likely
    ],
)
def test_a_weak_look_gives_no_country(countries: tuple[tuple[str, float], ...]) -> None:
    found = origin("KNBX12", looks([looking("KNBX12", *countries)]), Tint.YELLOW)
    assert (found.country, found.doubt) == (None, SEVERAL)


def test_one_strange_frame_does_not_outvote_the_others() -> None:
    seen = looks([looking("KNBX12", ("NL", 0.97))] * 5 + [looking("KNBX12", ("DE", 0.9))])
    assert origin("KNBX12", seen, Tint.UNKNOWN).country == "NL"


def test_the_colour_counts_only_where_no_frame_tells_more() -> None:
    assert looks([reading("KNBX12")]) == {}
    assert origin("KNBX12", {}, Tint.YELLOW).country == "NL"
    seen = looks([looking("KNBX12", ("DE", 0.99))])
    assert origin("KNBX12", seen, Tint.YELLOW).country == "DE"


def possible(text: str, other: str, country: str) -> Reading:
    """A frame that reads one text and holds another for possible."""
    return replace(torn(text, other), countries=((country, 0.99),))


def test_a_plain_look_lets_syntax_correct_one_sign() -> None:
    frames = [possible("27BXKA", "27BXK4", "NL")] * 2
    assert spelt(vote(frames), looks(frames)) == "27BXK4"


@pytest.mark.parametrize("text", ["ACB456", "UAZ999"])
def test_a_belgian_plate_that_looks_dutch_is_made_no_dutch_one(text: str) -> None:
    meant = {"ACB456": "AC8456", "UAZ999": "UA2999"}[text]
    frames = [possible(text, meant, "NL")] * 4
    assert corrections(text, "NL") == {meant}
    assert spelt(vote(frames), looks(frames)) == text
    assert origin(text, looks(frames), Tint.YELLOW).doubt == CONTRADICTED


def test_frames_that_plainly_see_another_country_of_such_plates_leave_it_open() -> None:
    here, there = looking("ABC123", ("BE", 0.99)), looking("ABC123", ("LT", 0.98))
    nowhere = looking("ABC123", ("NL", 0.98))
    assert contested("ABC123", "BE", [here] * 4 + [there])
    assert not contested("ABC123", "BE", [here] * 5 + [there])
    assert not contested("ABC123", "BE", [here, nowhere])  # of no Dutch form
    assert not contested("ABC123", "BE", [reading("ABC123")] * 3)


def test_of_two_letters_that_an_i_may_be_the_frames_tell_which() -> None:
    for meant in ("47GKRT", "47GKRL"):
        torn_in_two = torn("47GKRI", meant, share=0.4)
        frames = [replace(torn_in_two, countries=(("NL", 0.99),))] * 2
        assert spelt(vote(frames), looks(frames)) == meant


def test_syntax_puts_no_sign_where_the_frames_hold_it_for_impossible() -> None:
    frames = [looking("27BXKA", ("NL", 0.99), sure=0.9999)] * 2
    assert spelt(vote(frames), looks(frames)) == "27BXKA"


@pytest.mark.parametrize("text", ["FRED12", "ROSA50", "EMMA11", "SAAB99", "BART007"])
@pytest.mark.parametrize("sure", [0.6, 0.95, 0.9999])
def test_a_belgian_text_is_never_made_another_because_its_owner_chose_it(
    text: str, sure: float
) -> None:
    frames = [looking(text, ("BE", 0.99), sure=sure)] * 3
    assert spelt(vote(frames), looks(frames)) == text
    assert origin(text, looks(frames), Tint.WHITE).doubt == CONTRADICTED


def test_without_a_plain_look_nothing_is_corrected() -> None:
    frames = [looking("27BXKA", ("NL", 0.6))] * 2
    assert spelt(vote(frames), looks(frames)) == "27BXKA"
    assert spelt(vote([reading("27BXKA")]), {}) == "27BXKA"


def test_what_the_frames_hold_likely_goes_before_the_table() -> None:
    frames = [
        looking("A8123CD", ("FR", 0.99), sure=0.8),
        looking("AB123CD", ("FR", 0.99), sure=0.7),
    ]
    assert vote(frames).text == "A8123CD"
    assert spelt(vote(frames), looks(frames)) == "AB123CD"


def test_nothing_is_corrected_against_what_the_frames_prefer() -> None:
    frames = [
        looking("27BXKA", ("NL", 0.99), sure=0.9),
        looking("27BXK7", ("NL", 0.99), sure=0.85),
    ]
    assert spelt(vote(frames), looks(frames)) == "27BXKA"


@settings(deadline=None)  # a vote takes long on a busy machine
@given(
    st.lists(
        st.lists(st.tuples(CODES, st.floats(0, 0.2)), max_size=5, unique_by=lambda c: c[0]),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["KNBX12", "1KZE410", "AB123CD", "NONSENSE"]),
)
def test_looks_are_probabilities_and_a_country_always_fits(
    frames: list[list[tuple[str, float]]], text: str
) -> None:
    seen = looks([looking(text, *countries) for countries in frames])
    assert seen == {} or sum(seen.values()) == pytest.approx(1.0)
    found = origin(text, seen, Tint.UNKNOWN)
    assert 0.0 <= found.probability <= 1.0
    assert (found.country is None) is (found.doubt is not None)
    assert found.country != UNKNOWN

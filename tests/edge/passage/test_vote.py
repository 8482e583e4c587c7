import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.passage.vote import NO_VOTE, vote
from tests.fakes import detection, reading

PLATES = st.from_regex(r"[A-Z0-9]{4,8}", fullmatch=True)


def test_no_reading_is_no_vote() -> None:
    assert vote([]) == NO_VOTE
    assert vote([reading("")]) == NO_VOTE


def test_the_majority_outvotes_a_slip_character_by_character() -> None:
    seen = [reading("1KZE410", sure=0.9)] * 4 + [reading("1KZE418", sure=0.6)]
    assert vote(seen).text == "1KZE410"
    assert vote(seen).confidence > 0.95


def test_a_frame_that_drops_a_character_does_not_shift_the_others() -> None:
    seen = [reading("1KZE410", sure=0.9)] * 3 + [reading("1ZE410", sure=0.8)]
    assert vote(seen).text == "1KZE410"


def test_two_equally_good_readings_leave_no_confidence() -> None:
    seen = [reading("1KZE410", sure=0.9)] * 3 + [reading("1KZE418", sure=0.9)] * 3
    result = vote(seen)
    assert result.confidence < 0.6
    assert {c.text for c in result.candidates[:2]} == {"1KZE410", "1KZE418"}


def test_many_frames_of_one_vehicle_are_not_independent_witnesses() -> None:
    unsure = [reading("1KZE410", sure=0.5)]
    assert vote(unsure * 4).confidence == pytest.approx(vote(unsure * 400).confidence, abs=0.02)


def test_a_larger_plate_counts_more() -> None:
    small = reading("1KZE418", detection(width=30), sure=0.9)
    large = reading("1KZE410", detection(width=150), sure=0.9)
    assert vote([small, large]).text == "1KZE410"


@given(st.lists(st.tuples(PLATES, st.floats(0.05, 0.999)), min_size=1, max_size=12))
def test_the_outcome_is_a_probability_with_one_share_per_character(
    seen: list[tuple[str, float]],
) -> None:
    result = vote([reading(text, sure=sure) for text, sure in seen])
    assert 0.0 <= result.confidence <= 1.0 + 1e-9
    assert len(result.chars) == len(result.text)
    assert all(0.0 <= p <= 1.0 + 1e-9 and math.isfinite(p) for p in result.chars)
    assert result.candidates[0].text == result.text


@given(PLATES, st.permutations([0.3, 0.5, 0.7, 0.9, 0.99]))
def test_the_order_of_the_frames_does_not_matter(plate: str, sures: list[float]) -> None:
    forth = vote([reading(plate, sure=s) for s in sures])
    back = vote([reading(plate, sure=s) for s in reversed(sures)])
    assert forth.text == back.text
    assert forth.confidence == pytest.approx(back.confidence)

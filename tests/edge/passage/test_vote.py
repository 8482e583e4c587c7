import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.passage.vote import NO_VOTE, shares, vote, weight
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
    unsure = [reading("1KZE410", sure=0.3)]
    assert vote(unsure * 2).confidence == pytest.approx(vote(unsure * 400).confidence, abs=0.02)


def test_a_blurred_frame_makes_a_clear_one_no_surer() -> None:
    clear, blurred = reading("1KZE410", sure=0.9), reading("", sure=0.9)
    alone = vote([clear]).confidence
    for junk in (reading("1KZ", sure=0.3), reading("8KZE4100", sure=0.3), blurred):
        beside = [replace(junk, whole=0.02)] * 4
        assert vote([clear, *beside]).confidence == pytest.approx(alone, abs=0.03)
        assert vote([clear, clear, *beside]).confidence > alone + 0.2


@given(st.lists(st.floats(0.02, 0.99), min_size=1, max_size=12))
def test_readings_count_one_to_two_in_sum_and_two_only_when_they_weigh_alike(
    sure: list[float],
) -> None:
    counted = shares([reading("1KZE410", sure=one) for one in sure])
    assert 1 - 1e-9 <= counted.sum() <= 2 + 1e-9
    assert shares([reading("1KZE410", sure=sure[0])] * 3).sum() == pytest.approx(2)


def test_a_larger_plate_counts_more() -> None:
    small = reading("1KZE418", detection(width=30), sure=0.9)
    large = reading("1KZE410", detection(width=150), sure=0.9)
    assert vote([small, large]).text == "1KZE410"


def test_frames_that_each_miss_or_double_a_character_elect_what_they_share() -> None:
    seen = [reading(text, sure=0.9) for text in ("1KZ410", "1KZE10", "1KZE410", "1KKZE410")]
    assert vote(seen).text == "1KZE410"
    assert vote([reading("27BXK4", sure=0.9), reading("27BX4", sure=0.9)]).text == "27BXK4"


def test_the_elected_text_need_not_stand_in_any_frame() -> None:
    seen = [reading(text, sure=0.8) for text in ("1KZE418", "1KZB410", "7KZE410")]
    assert vote(seen).text == "1KZE410"


def test_another_length_stays_a_candidate() -> None:
    seen = [reading("1KZE410", sure=0.9)] * 2 + [reading("1KZE41", sure=0.9)]
    assert "1KZE41" in {c.text for c in vote(seen).candidates}


def test_an_illegible_frame_counts_less() -> None:
    blurred = replace(reading("1KZE418", sure=0.9), whole=0.05)
    assert weight(blurred) < weight(reading("1KZE418", sure=0.9))
    assert vote([blurred, reading("1KZE410", sure=0.9)]).text == "1KZE410"


def test_candidates_share_the_evidence() -> None:
    found = vote([reading("1KZE410", sure=0.9), reading("1KZE418", sure=0.8)])
    assert sum(c.probability for c in found.candidates) <= 1.0 + 1e-9
    assert [c.probability for c in found.candidates] == sorted(
        (c.probability for c in found.candidates), reverse=True
    )


@settings(deadline=None)  # a vote takes long on a busy machine
@given(PLATES, st.lists(st.floats(0.3, 0.98), min_size=1, max_size=20))
def test_an_agreeing_clear_frame_never_lowers_the_share(plate: str, sures: list[float]) -> None:
    seen = [reading(plate, sure=s) for s in sures]
    more = vote([*seen, reading(plate, sure=0.99)])
    assert more.text == plate
    assert more.confidence >= vote(seen).confidence - 1e-6


@settings(deadline=None)  # a vote takes long on a busy machine
@given(st.lists(st.tuples(PLATES, st.floats(0.05, 0.999)), min_size=1, max_size=12))
def test_the_outcome_is_a_probability_with_one_share_per_character(
    seen: list[tuple[str, float]],
) -> None:
    result = vote([reading(text, sure=sure) for text, sure in seen])
    assert 0.0 <= result.confidence <= 1.0 + 1e-9
    assert len(result.chars) == len(result.text)
    assert all(0.0 <= p <= 1.0 + 1e-9 and math.isfinite(p) for p in result.chars)
    assert result.candidates[0].text == result.text


@settings(deadline=None)  # a vote takes long on a busy machine
@given(
    st.lists(st.tuples(PLATES, st.floats(0.05, 0.999)), min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_frames_does_not_matter(
    seen: list[tuple[str, float]], random: Random
) -> None:
    readings = [reading(text, sure=sure) for text, sure in seen]
    forth = vote(readings)
    random.shuffle(readings)
    back = vote(readings)
    assert forth.text == back.text
    assert forth.confidence == pytest.approx(back.confidence)
    assert forth.chars == pytest.approx(back.chars)

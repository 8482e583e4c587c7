from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.passage.alignment import differing
from edge.replay.reliability import (
    Claim,
    calibration_error,
    confident,
    curve,
    reliability,
    thinned,
)
from edge.replay.shares import Share
from edge.types import Corners, Point
from tools.score_reads.alignment import NOTHING, aligned, characters, confusions, edits, slips
from tools.score_reads.angles import angle_of
from tools.score_reads.bands import Steps

TEXTS = st.text("AB01", max_size=8)
CLAIMS = st.lists(st.builds(Claim, st.floats(0, 1), st.booleans()), max_size=60)

UNTIMED = settings(deadline=None, max_examples=60)  # a busy machine is no fault


def quad(*xy: tuple[float, float]) -> Corners:
    tl, tr, br, bl = (Point(x, y) for x, y in xy)
    return tl, tr, br, bl


def test_the_wilson_interval_is_that_of_the_textbook() -> None:
    low, high = Share(8, 10).interval
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_of_nothing_there_is_no_share_and_every_share_is_possible() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)


@UNTIMED
@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_the_interval_holds_the_share_and_stays_among_shares(whole: int, part: int) -> None:
    share = Share(min(part, whole), whole)
    low, high = share.interval
    assert 0 <= low <= share.part / share.whole <= high <= 1


@UNTIMED
@given(st.integers(1, 1000), st.integers(0, 1000))
def test_ten_times_the_counts_narrow_the_interval(whole: int, part: int) -> None:
    part = min(part, whole)
    low, high = Share(part, whole).interval
    closer_low, closer_high = Share(10 * part, 10 * whole).interval
    assert closer_high - closer_low < high - low


def test_a_mistaken_a_missed_and_an_added_character_are_told_apart() -> None:
    assert [p for p in aligned("AB12", "A812") if p[0] != p[1]] == [("B", "8")]
    assert [p for p in aligned("AB12", "AB2") if p[0] != p[1]] == [("1", NOTHING)]
    assert [p for p in aligned("AB12", "ABB12") if p[0] != p[1]] == [(NOTHING, "B")]


def test_after_a_missed_character_the_rest_is_still_right() -> None:
    assert slips(confusions([("1ABC234", "ABC234")])) == [(("1", NOTHING), 1)]


def test_a_text_of_which_nothing_was_read_is_missed_whole() -> None:
    assert aligned("A1", "") == [("A", NOTHING), ("1", NOTHING)]


@UNTIMED
@given(TEXTS, TEXTS)
def test_an_alignment_spells_both_texts_with_the_fewest_edits(a: str, b: str) -> None:
    pairs = aligned(a, b)
    assert "".join(one for one, _ in pairs) == a
    assert "".join(other for _, other in pairs) == b
    assert sum(one != other for one, other in pairs) == edits(a, b) == differing(a, b)


@UNTIMED
@given(TEXTS, TEXTS)
@example("BAB", "ABA")  # as cheap with the first character missed as with the last
def test_an_alignment_is_the_same_from_either_side(a: str, b: str) -> None:
    assert aligned(a, b) == [(one, other) for other, one in aligned(b, a)]


@UNTIMED
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
def test_every_character_that_stands_is_counted_once(texts: list[tuple[str, str]]) -> None:
    counted = confusions(texts)
    assert sum(n for (stands, _), n in counted.items() if stands) == sum(len(t) for t, _ in texts)
    assert sum(n for (_, read), n in counted.items() if read) == sum(len(r) for _, r in texts)


def test_slips_come_most_frequent_first_and_name_no_right_character() -> None:
    counted = Counter({("W", "M"): 2, ("0", "Q"): 3, ("A", "A"): 9})
    assert slips(counted) == [(("0", "Q"), 3), (("W", "M"), 2)]
    assert characters(counted) == ["0", "A", "M", "Q", "W"]


def test_claims_fall_into_bands_and_full_confidence_into_the_last_one() -> None:
    bins = reliability([Claim(0.0, False), Claim(0.55, True), Claim(1.0, True), Claim(0.5, False)])
    assert [b.right.whole for b in bins] == [1, 0, 0, 0, 0, 2, 0, 0, 0, 1]
    assert bins[5].right == Share(1, 2)
    assert bins[5].confidence == pytest.approx(0.525)


def test_the_calibration_error_weighs_each_band_by_its_claims() -> None:
    overconfident = [Claim(0.9, n < 6) for n in range(10)]
    honest = [Claim(0.5, n < 5) for n in range(10)]
    assert calibration_error(reliability(overconfident)) == pytest.approx(0.3)
    assert calibration_error(reliability(honest)) == pytest.approx(0.0)
    assert calibration_error(reliability(overconfident + honest)) == pytest.approx(0.15)
    assert calibration_error(reliability([])) is None


@UNTIMED
@given(CLAIMS)
def test_bands_hold_every_claim_and_its_truth(claims: list[Claim]) -> None:
    bins = reliability(claims)
    assert sum(b.right.whole for b in bins) == len(claims)
    assert sum(b.right.part for b in bins) == sum(c.right for c in claims)
    error = calibration_error(bins)
    assert error is None or 0 <= error <= 1


def test_mistakes_are_counted_among_the_confident_claims_alone() -> None:
    claims = [Claim(0.99, True), Claim(0.95, False), Claim(0.4, False)]
    found = confident(claims, 0.95, asked=4)
    assert (found.coverage, found.wrong) == (Share(2, 4), Share(1, 2))


def test_the_curve_runs_from_the_surest_claim_to_all_of_them() -> None:
    claims = [Claim(0.2, False), Claim(0.9, True), Claim(0.6, True), Claim(0.5, False)]
    assert curve(claims, asked=5) == [(0.2, 0.0), (0.4, 0.0), (0.6, 1 / 3), (0.8, 0.5)]


def test_claims_of_one_confidence_cannot_be_told_apart_on_the_curve() -> None:
    assert curve([Claim(0.9, True), Claim(0.9, False)], asked=2) == [(1.0, 0.5)]


@UNTIMED
@given(CLAIMS)
def test_each_point_of_the_curve_agrees_with_the_count_at_its_level(claims: list[Claim]) -> None:
    levels = sorted({c.confidence for c in claims}, reverse=True)
    for level, (coverage, wrong) in zip(levels, curve(claims, len(claims)), strict=True):
        found = confident(claims, level, len(claims))
        assert (found.coverage.value, found.wrong.value) == (coverage, wrong)


@UNTIMED
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1), st.integers(1, 20))
def test_a_thinned_curve_keeps_its_end(points: list[tuple[float, float]], most: int) -> None:
    kept = thinned(points, most)
    assert kept[-1] == points[-1]
    assert len(kept) <= most
    rest = iter(points)
    assert all(point in rest for point in kept)  # in their order


def test_a_border_belongs_to_the_band_above_it() -> None:
    steps = Steps((40, 60), " px")
    assert [steps.of(v) for v in (39.9, 40, 59, 60)] == [
        "< 40 px",
        "40-60 px",
        "40-60 px",
        ">= 60 px",
    ]


def test_a_level_plate_is_neither_turned_nor_oblique() -> None:
    angle = angle_of(quad((0, 0), (100, 0), (100, 25), (0, 25)))
    assert (angle.turn_deg, angle.oblique_deg) == (0, 0)


def test_a_turned_plate_is_not_oblique() -> None:
    angle = angle_of(quad((0, 0), (100, 100), (75, 125), (-25, 25)))
    assert angle.turn_deg == pytest.approx(45)
    assert angle.oblique_deg == pytest.approx(0)


def test_a_sheared_plate_is_oblique_and_not_turned() -> None:
    angle = angle_of(quad((25, 0), (125, 0), (100, 25), (0, 25)))
    assert (angle.turn_deg, angle.oblique_deg) == (pytest.approx(0), pytest.approx(45))


@UNTIMED
@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=4, max_size=4))
def test_angles_stay_between_none_and_upright(points: list[tuple[float, float]]) -> None:
    angle = angle_of(quad(*points))
    assert 0 <= angle.turn_deg <= 90
    assert 0 <= angle.oblique_deg <= 90

from contextlib import nullcontext
from dataclasses import fields, replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ModelError
from edge.passage.calibration import LIMIT, Calibration, Fitted, Grounds, fitted, grounds
from edge.passage.vote import vote
from edge.types import Reading
from tests.fakes import reading

COEFFICIENTS = st.builds(
    Calibration,
    intercept=st.floats(-5, 5),
    **{f.name: st.floats(0, 3) for f in fields(Calibration) if f.name != "intercept"},
)
PLATES = st.from_regex(r"[A-Z0-9]{4,8}", fullmatch=True)
FITTED = Fitted(reader_sha256="ab", calibration=Calibration(margin=0.5), tracks=100, seed=1)


def judged(curve: Calibration, seen: list[Reading]) -> float:
    found = vote(seen)
    return curve.probability(grounds(seen, frozenset({found.text}), found.confidence, True))


def legible(text: str, sure: float) -> Reading:
    return replace(reading(text, sure=sure), whole=sure ** len(text))


def test_unfitted_it_takes_the_share_of_the_vote_as_it_is() -> None:
    seen = [reading("1KZE410", sure=0.7)] * 2
    assert judged(Calibration(), seen) == pytest.approx(vote(seen).confidence, abs=1e-6)


def test_no_reading_has_no_grounds() -> None:
    assert judged(Calibration(margin=1.0, whole=1.0), []) < 0.01


def test_a_text_that_no_frame_read_has_no_clear_frame() -> None:
    seen = [legible(text, 0.8) for text in ("1KZE418", "1KZB410", "7KZE410")]
    found = grounds(seen, frozenset({vote(seen).text}), 0.5, well_formed=True)
    assert found.agreement == found.frames == 0.0
    assert found.clearest == found.whole == -LIMIT


@settings(deadline=None)  # a vote takes long on a busy machine
@given(COEFFICIENTS, st.lists(st.tuples(PLATES, st.floats(0.05, 0.999)), max_size=8))
def test_the_outcome_is_a_probability(curve: Calibration, seen: list[tuple[str, float]]) -> None:
    assert 0.0 <= judged(curve, [legible(*one) for one in seen]) <= 1.0


@settings(deadline=None)  # a vote takes long on a busy machine
@given(COEFFICIENTS, PLATES, st.lists(st.floats(0.8, 0.98), min_size=1, max_size=12))
def test_an_agreeing_clear_frame_never_lowers_the_probability(
    curve: Calibration, plate: str, sures: list[float]
) -> None:
    """Of frames much poorer two count as two, and beside a clear one as none: it may cost a little.

    That errs on the side of doubt.
    """
    seen = [legible(plate, sure) for sure in sures]
    assert judged(curve, [*seen, legible(plate, 0.99)]) >= judged(curve, seen) - 1e-6


@settings(deadline=None)  # a vote takes long on a busy machine
@given(COEFFICIENTS, st.permutations([("1KZE410", 0.9), ("1KZE418", 0.8), ("1KE410", 0.99)]))
def test_the_order_of_the_frames_does_not_matter(
    curve: Calibration, seen: list[tuple[str, float]]
) -> None:
    there = [legible(*one) for one in seen]
    assert judged(curve, there) == pytest.approx(judged(curve, there[::-1]))


@settings(deadline=None)  # a vote takes long on a busy machine
@given(COEFFICIENTS, st.sampled_from(Grounds._fields), st.floats(0, 5))
def test_no_ground_speaks_against_itself(curve: Calibration, name: str, more: float) -> None:
    few = Grounds(0.0, 0.5, 0.0, 0.0, 0.0, 0.0)
    assert curve.probability(few._replace(**{name: more + 1})) >= curve.probability(
        few._replace(**{name: 0.5 if name == "agreement" else 0.0})
    )


def test_a_file_of_the_reader_is_read() -> None:
    assert fitted(msgspec.json.encode(FITTED), "ab") == FITTED


@pytest.mark.parametrize(
    ("instead", "cause"),
    [
        (b'"margin":0.5,"colour":1.0', "colour"),
        (b'"colour":1.0', "colour, margin"),
        (b'"margin":-0.1', "malformed"),
        (b'"margin":51', "malformed"),
        (b'"margin":1e999', "malformed"),
        (b'"margin":NaN', "malformed"),
        (b'"margin":"\xff"', "malformed"),
        (b'"margin":0.5,"\xff":1.0', "malformed"),
    ],
)
def test_coefficients_that_no_fit_could_give_are_refused(instead: bytes, cause: str) -> None:
    damaged = msgspec.json.encode(FITTED).replace(b'"margin":0.5', instead)
    with pytest.raises(ModelError, match=cause) as refused:
        fitted(damaged, "ab")
    assert "tools.calibrate_reads" in refused.value.remedy


@pytest.mark.parametrize(("intercept", "fine"), [(-1.5, True), (-51.0, False), (51.0, False)])
def test_only_the_intercept_may_be_negative(intercept: float, fine: bool) -> None:
    content = msgspec.json.encode(FITTED).replace(
        b'"intercept":0.0', f'"intercept":{intercept}'.encode()
    )
    with nullcontext() if fine else pytest.raises(ModelError, match="malformed"):
        assert fitted(content, "ab").calibration.intercept == intercept


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (msgspec.json.encode(FITTED), "another reader"),
        (b"{}", "malformed"),
        (b"no json", "malformed"),
        (b"", "malformed"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_tool_that_makes_one(
    content: bytes, cause: str
) -> None:
    with pytest.raises(ModelError, match=cause) as refused:
        fitted(content, "cd")
    assert "tools.calibrate_reads" in refused.value.remedy

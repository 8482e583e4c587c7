"""What a record is worth, whatever it holds: in doubt it is kept."""

import msgspec
import pytest

from edge.record.message import GENESIS
from edge.record.worth import Counted, Worth, counted_in, worth_of
from edge.types import Link, Outcome
from tools.platform.samples import NOON, SAMPLES, sample

LINK = Link(1, 2, GENESIS)


def passage(**fields: object) -> bytes:
    payload = msgspec.json.decode(sample("passage", LINK))
    payload["data"] |= {"marks": [], **fields}
    return msgspec.json.encode(payload)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_passage_is_worth_what_its_outcome_is(outcome: Outcome) -> None:
    complies = outcome in (
        Outcome.FREE_ACCESS,
        Outcome.EXEMPT,
        Outcome.PERMITTED,
        Outcome.OUT_OF_SCOPE,
    )
    found = worth_of("passage", passage(outcome=outcome))
    assert found is (Worth.COMPLYING if complies else Worth.REVIEW)


@pytest.mark.parametrize("outcome", Outcome)
def test_whatever_is_held_or_names_pictures_is_kept(outcome: Outcome) -> None:
    assert worth_of("passage", passage(outcome=outcome, marks=["held"])) is Worth.KEPT
    named = [{"name": "crop", "sha256": "ab" * 32, "bytes": 1}]
    assert worth_of("passage", passage(outcome=outcome, evidence=named)) is Worth.KEPT


@pytest.mark.parametrize("kind", [*SAMPLES, "tomorrow"])
def test_of_all_other_kinds_health_alone_may_go(kind: str) -> None:
    payload = passage() if kind == "tomorrow" else sample(kind, LINK)
    if kind != "passage":
        assert worth_of(kind, payload) is (Worth.HEALTH if kind == "health" else Worth.KEPT)
        assert counted_in(kind, payload) is None


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"data": {}}', b"\xff"])
def test_a_passage_that_cannot_be_read_is_kept(payload: bytes) -> None:
    assert worth_of("passage", payload) is Worth.KEPT


def test_a_passage_is_in_the_figures_of_its_zone_and_first_moment() -> None:
    assert counted_in("passage", passage(seen_first=NOON)) == Counted("gent", NOON)

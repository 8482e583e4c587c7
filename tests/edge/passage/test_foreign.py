"""Readings of other cameras: one passage for each vehicle, and no accusation on doubt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.passage.foreign import ForeignPolicy, Gathering, Heard, foreign_passage
from edge.types import ClockReading, Direction, ForeignReading

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SURE = ForeignPolicy(0.9)
READING = ForeignReading(
    product="axis",
    vehicle="42",
    plate="1-ZZZ-99",
    country="NL",
    confidence=0.97,
    chars=(),
    seen_first=AT,
    seen_last=AT,
    direction=Direction.APPROACHING,
    lane="1",
)


def clock(at: datetime = AT) -> ClockReading:
    steady = int((at - AT).total_seconds() * 1e9) + 10**12
    return ClockReading(at, steady, steady, "boot", "test", True, 1.0)


def one(reading: ForeignReading, at: datetime = AT) -> Heard:
    (heard,) = Gathering().take(reading, clock(at))
    return heard


def doubt(policy: ForeignPolicy = SURE, at: datetime = AT, **fields: object) -> str | None:
    return foreign_passage(one(replace(READING, **fields), at), policy).doubt  # type: ignore[arg-type]


def test_a_reading_beyond_doubt_is_a_passage_that_says_who_read_it() -> None:
    passage = foreign_passage(one(READING, AT + SECOND), SURE)
    assert (passage.plate, passage.country, passage.doubt) == ("1ZZZ99", "NL", None)
    assert (passage.foreign, passage.lane) == ("axis", "1")
    assert clock(AT + SECOND).monotonic_ns - passage.last_monotonic_ns == 1_000_000_000


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"confidence": 0.899}, "0.89, below 0.9"),
        ({"confidence": None}, "does not say how sure"),
        ({"chars": (0.99, 0.99, 0.05, 0.99, 0.99, 0.99)}, "0.05, below 0.9"),
        ({"chars": (0.99, 0.99, 0.99)}, "does not say of every character"),
        ({"country_confidence": 0.5}, "not sure of the country"),
        ({"seen_first": AT - timedelta(hours=2)}, "more than an hour"),
        ({"plate": "1ZZZ9\u0669"}, "no plate of its country"),
        ({"plate": "1\u00dfZZ9"}, "no plate of its country"),
        ({"late": True}, "sent it late"),
        ({"plate": ""}, "read no plate"),
        ({"plate": "<script>alert(1)</script>"}, "read no plate"),
        ({"plate": "ABCDEFGH", "country": "NL"}, "no plate of its country"),
        ({"plate": "EUR1234", "country": "BE"}, "diplomat's or an authority's"),
        ({"plate": "CDAB12", "country": "BE"}, "diplomat's or an authority's"),
        ({"plate": "AB1CD", "country": "BE"}, "any text of its length"),
        ({"plate": "9123BCO", "country": "BE"}, "any text of its length"),
        ({"seen_last": AT - 3 * SECOND}, "clock of the camera"),
        ({"seen_last": AT + 3 * SECOND}, "clock of the camera"),
        ({"plate": "BMW123", "country": "DE"}, "one of several"),
    ],
)
def test_every_doubt_is_named(fields: dict[str, object], said: str) -> None:
    assert said in (doubt(**fields) or "")


def test_without_a_validated_confidence_no_reading_is_believed() -> None:
    assert "nobody has said" in (doubt(ForeignPolicy(None), confidence=1.0) or "")


def test_a_country_that_is_not_known_stays_unknown() -> None:
    passage = foreign_passage(one(replace(READING, country=None)), SURE)
    assert passage.country is None  # such a passage is never looked up


def test_only_a_character_for_each_of_the_plate_is_kept() -> None:
    passage = foreign_passage(one(replace(READING, chars=(0.99,) * 5)), SURE)
    assert passage.chars == ()


@pytest.mark.parametrize("year", [1, 1970, 2050, 9999])
def test_at_a_time_that_cannot_be_it_counts_as_seen_when_it_was_heard(year: int) -> None:
    never = AT.replace(year=year)
    heard = one(replace(READING, seen_first=never, seen_last=never), AT + SECOND)
    passage = foreign_passage(heard, SURE)
    assert "clock of the camera" in (passage.doubt or "")
    assert passage.seen_first == passage.seen_last == AT + SECOND
    assert passage.first_monotonic_ns == clock(AT + SECOND).monotonic_ns


def test_a_message_of_yesterday_keeps_its_time_and_accuses_nobody() -> None:
    then = AT - timedelta(days=1)
    passage = foreign_passage(one(replace(READING, seen_first=then, seen_last=then)), SURE)
    assert passage.seen_first == then
    assert passage.doubt


def test_the_camera_may_know_the_time_when_the_box_does_not() -> None:
    lost = replace(clock(AT.replace(year=1970)), trusted=False)
    (heard,) = Gathering().take(READING, lost)
    assert foreign_passage(heard, SURE).seen_first == AT


@pytest.mark.parametrize("gone", [True, False])
def test_a_camera_that_starts_again_and_reuses_a_name_loses_no_vehicle(gone: bool) -> None:
    gathering = Gathering()
    told = list(gathering.take(replace(READING, begins=True, gone=gone), clock()))
    later = AT + 5 * SECOND
    other = replace(READING, plate="2-ZZZ-98", begins=True, seen_first=later, seen_last=later)
    told += gathering.take(other, clock(later))
    assert [heard.reading.plate for heard in told] == ["1-ZZZ-99", "2-ZZZ-98"]
    assert told[1].reading.seen_first == later


def test_a_first_word_that_comes_again_or_too_late_makes_no_second_vehicle() -> None:
    gathering = Gathering()
    first = replace(READING, begins=True, gone=False)
    second = replace(READING, gone=False, seen_first=AT + SECOND, seen_last=AT + SECOND)
    assert list(gathering.take(second, clock(AT + SECOND))) == []
    assert list(gathering.take(first, clock(AT + 2 * SECOND))) == []  # overtaken
    told = list(gathering.take(replace(second, gone=True), clock(AT + 3 * SECOND)))
    told += gathering.take(first, clock(AT + 4 * SECOND))  # sent again
    assert len(told) == 1


def states(*offsets: int) -> list[ForeignReading]:
    last = offsets[-1]
    return [replace(READING, seen_last=AT + o * SECOND, gone=o == last) for o in offsets]


def test_what_is_said_of_one_vehicle_is_one_passage() -> None:
    gathering, told = Gathering(), []
    for reading in states(0, 1, 2):
        told += gathering.take(reading, clock(reading.seen_last))
    told += gathering.take(states(0, 2)[1], clock(AT + 3 * SECOND))  # sent once more
    (heard,) = told
    assert (heard.reading.seen_first, heard.reading.seen_last) == (AT, AT + 2 * SECOND)


def test_the_last_word_on_the_plate_counts() -> None:
    gathering = Gathering()
    first = replace(READING, plate="1-ZZZ-98", gone=False)
    assert list(gathering.take(first, clock())) == []
    (heard,) = gathering.take(replace(READING, seen_last=AT + SECOND), clock(AT + SECOND))
    assert heard.reading.plate == "1-ZZZ-99"


@pytest.mark.parametrize(
    ("earlier", "in_doubt"),
    [
        ({"plate": "1-ZZZ-98", "confidence": 0.97}, True),
        ({"plate": "1-ZZZ-98", "confidence": 0.91}, True),
        ({"plate": "1-ZZZ-98", "confidence": 0.6}, False),
        ({"plate": "1 zzz 99", "confidence": 0.99}, False),
        ({"plate": "", "confidence": 0.99}, False),
        ({"country": "BE", "confidence": 0.95}, True),
        ({"country": None, "confidence": 0.95}, False),
    ],
)
def test_a_camera_that_was_sure_of_another_plate_is_in_doubt(
    earlier: dict[str, object], in_doubt: bool
) -> None:
    gathering = Gathering()
    list(gathering.take(replace(READING, gone=False, **earlier), clock()))  # type: ignore[arg-type]
    (heard,) = gathering.take(replace(READING, seen_last=AT + SECOND), clock(AT + SECOND))
    said = foreign_passage(heard, SURE).doubt
    assert (said is not None and "as sure of another plate" in said) is in_doubt


def test_a_word_that_comes_ten_seconds_after_the_vehicle_left_is_no_wrong_clock() -> None:
    gathering = Gathering()
    list(gathering.take(replace(READING, gone=False), clock()))
    (heard,) = gathering.take(READING, clock(AT + 10 * SECOND))
    assert foreign_passage(heard, SURE).doubt is None


def test_a_vehicle_of_which_no_more_is_said_is_gone_after_a_while() -> None:
    gathering = Gathering()
    list(gathering.take(replace(READING, gone=False), clock()))
    assert list(gathering.silent(clock(AT + 14 * SECOND))) == []
    (heard,) = gathering.silent(clock(AT + 15 * SECOND))
    assert heard.reading.vehicle == "42"
    assert list(gathering.take(READING, clock(AT + 16 * SECOND))) == []  # told already


def test_who_is_still_in_sight_at_the_end_is_told() -> None:
    gathering = Gathering()
    list(gathering.take(replace(READING, gone=False), clock()))
    assert [heard.reading.vehicle for heard in gathering.finish()] == ["42"]
    assert list(gathering.finish()) == []


def test_names_that_a_camera_makes_up_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.passage.foreign.MOST", 20)
    gathering = Gathering()
    for n in range(500):
        list(gathering.take(replace(READING, vehicle=str(n), gone=n % 2 == 0), clock()))
    assert len(gathering._open) <= 20
    assert len(gathering._told) <= 22


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(-5, 5), st.booleans()),
        max_size=30,
    )
)
def test_no_order_of_messages_tells_a_vehicle_twice_or_loses_one(
    messages: list[tuple[str, int, bool]],
) -> None:
    gathering, told = Gathering(), []
    for n, (name, offset, gone) in enumerate(messages):
        now = clock(AT + n * SECOND)
        seen = now.now + offset * SECOND
        reading = replace(READING, vehicle=name, seen_first=seen, seen_last=seen, gone=gone)
        told += gathering.take(reading, now)
    told += gathering.finish()
    names = [heard.reading.vehicle for heard in told]
    assert sorted(names) == sorted({name for name, _, _ in messages})
    for heard in told:
        assert heard.reading.seen_first <= heard.reading.seen_last


def test_a_plate_that_comes_again_under_new_names_accuses_once_and_is_not_lost() -> None:
    gathering, told = Gathering(), []
    for n in [*range(60), 100]:
        at = AT + n * SECOND
        said = replace(READING, vehicle=str(n), seen_first=at, seen_last=at)
        told += gathering.take(said, clock(at))
    doubts = [foreign_passage(heard, SURE).doubt for heard in told]
    assert doubts[0] is doubts[-1] is None
    assert {*doubts[1:-1]} == {"the camera told of the same plate seconds before"}
    assert len(doubts) == 61

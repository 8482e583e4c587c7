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
        ({"late": True}, "sent it late"),
        ({"plate": ""}, "read no plate"),
        ({"plate": "<script>alert(1)</script>"}, "read no plate"),
        ({"plate": "ABCDEFGH", "country": "NL"}, "no plate of its country"),
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
        said = replace(READING, vehicle=name, plate=name, gone=gone)
        reading = replace(said, seen_first=seen, seen_last=seen)
        told += gathering.take(reading, now)
    told += gathering.finish()
    names = [heard.reading.vehicle for heard in told]
    assert sorted(names) == sorted({name for name, _, _ in messages})
    for heard in told:
        assert heard.reading.seen_first <= heard.reading.seen_last


def told(*messages: tuple[ForeignReading, datetime]) -> list[Heard]:
    gathering = Gathering()
    return [heard for said, at in messages for heard in gathering.take(said, clock(at))]


def test_a_time_in_sight_that_no_passage_takes_is_a_doubt() -> None:
    assert doubt(seen_first=AT - timedelta(minutes=9)) is None
    assert "longer than a passage" in str(doubt(seen_first=AT - timedelta(days=40)))


@pytest.mark.parametrize("year", [1, 1970, 2100, 9999])
def test_a_time_that_is_none_is_replaced_by_ours_and_is_a_doubt(year: int) -> None:
    wrong = datetime(year, 12, 30, tzinfo=UTC)
    passage = foreign_passage(one(replace(READING, seen_first=wrong, seen_last=wrong)), SURE)
    assert passage.seen_first == passage.seen_last == AT
    assert "clock of the camera" in str(passage.doubt)


def test_the_beginning_of_time_as_its_beginning_does_not_lose_a_passage() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    passage = foreign_passage(one(replace(READING, seen_first=start)), SURE)
    assert passage.seen_first == AT - timedelta(days=7)
    assert passage.doubt is not None


def test_a_camera_that_counts_anew_loses_no_vehicle() -> None:
    later = AT + 60 * SECOND
    other = replace(READING, plate="2-ZZZ-99", seen_first=later, seen_last=later)
    assert len(told((READING, AT), (other, later))) == 2
    assert len(told((READING, AT), (READING, later))) == 1
    corrected = replace(READING, plate="2-ZZZ-99")  # its last word comes late
    assert len(told((READING, AT), (corrected, later))) == 1


def test_a_plate_that_comes_again_under_new_names_is_one_vehicle() -> None:
    messages = [
        (replace(READING, vehicle=str(n), seen_first=at, seen_last=at), at)
        for n in range(60)
        for at in [AT + n * SECOND]
    ]
    assert len(told(*messages)) == 1
    unread = [(replace(said, plate=""), at) for said, at in messages]
    assert len(told(*unread)) == 60
    back = AT + 100 * SECOND
    again = replace(READING, vehicle="back", seen_first=back, seen_last=back)
    assert len(told(*messages, (again, back))) == 2

import pytest

from edge.errors import FeedError
from edge.feed.topics import Topic, parse, topic


def test_a_topic_is_read_as_it_was_written() -> None:
    assert topic("box-1", "passage") == "anpr/v1/box-1/passage"
    assert parse(topic("box-1", "passage")) == Topic("box-1", "passage")


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a b", "a\n", "$SYS", "é"])
def test_a_name_that_reaches_into_another_topic_is_refused(name: str) -> None:
    with pytest.raises(FeedError):
        topic(name, "passage")
    with pytest.raises(FeedError):
        topic("box-1", name)


ODD = ["anpr/v1/b\x00x/passage", "anpr/v1//passage", f"anpr/v1/{'b' * 60_000}/passage"]


@pytest.mark.parametrize(
    "text", ["", "anpr/v1", "anpr/v1/box", "anpr/v2/box/passage", "a/b/c/d", *ODD]
)
def test_what_is_not_ours_is_none(text: str) -> None:
    assert parse(text) is None


def test_status_and_receipts_are_no_records() -> None:
    assert [Topic("b", kind).is_record for kind in ("passage", "status", "receipt")] == [
        True,
        False,
        False,
    ]

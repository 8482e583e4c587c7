"""A hint changes one file, at most once a minute; whatever it says, nothing else happens."""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.feed.hint import EVERY_S, Hint
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import LARGEST, MOST_UNCOUNTED, Note, Role, Session
from edge.feed.topics import UPDATES
from tests.chains import Pen
from tests.fakes_feed import StoppedTime
from tests.mosquitto import Mosquitto, wait_for

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


class Place:
    """A hint file in a folder that does not exist yet, and a time that stands."""

    def __init__(self, folder: Path) -> None:
        self.path, self.time = folder / "updates" / "hint", StoppedTime()

    def hint(self) -> Hint:
        return Hint(self.path, self.time.monotonic)

    def says(self) -> str | None:
        return self.path.read_text() if self.path.exists() else None


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_new_hint_is_written_and_the_same_one_is_no_news(place: Place) -> None:
    hint = place.hint()
    assert place.says() is None
    hint(ONE)
    assert place.says() == ONE
    place.path.unlink()
    place.time.now = EVERY_S * 2
    hint(ONE)
    assert place.says() is None


def test_a_start_is_no_news_but_what_changed_meanwhile_is(place: Place) -> None:
    place.hint()(ONE)
    before = place.path.stat().st_mtime_ns
    again = place.hint()
    again(ONE)
    assert place.path.stat().st_mtime_ns == before
    again(TWO)
    assert place.says() == TWO


def test_a_flood_is_written_once_a_minute_and_its_last_word_is_not_missed(place: Place) -> None:
    hint = place.hint()
    for n in range(1000):
        hint(f"{n:064}")
    assert place.says() == f"{0:064}"
    place.time.now = EVERY_S - 0.1
    hint(THREE)
    assert place.says() == f"{0:064}"
    place.time.now = EVERY_S
    hint(THREE)
    assert place.says() == THREE


@given(st.lists(st.tuples(st.sampled_from([ONE, TWO, THREE]), st.floats(0, 90)), max_size=60))
@settings(deadline=None, max_examples=50)
def test_whatever_comes_no_two_writes_are_within_a_minute(
    tmp_path_factory: pytest.TempPathFactory, flood: list[tuple[str, float]]
) -> None:
    place = Place(tmp_path_factory.mktemp("hint"))
    hint, written_at, last = place.hint(), [], None
    for digest, pause in flood:
        place.time.now += pause
        hint(digest)
        if place.says() != last:
            last = place.says()
            written_at.append(place.time.now)
    assert all(b - a >= EVERY_S - 1e-6 for a, b in pairwise(written_at))


def test_a_hint_that_cannot_be_written_stops_nothing_and_is_tried_again(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.path.parent.write_text("no folder")
    hint = place.hint()
    with caplog.at_level(logging.WARNING):
        hint(ONE)
        hint(ONE)
    assert caplog.text.count("cannot be written") == 1
    place.path.parent.unlink()
    place.time.now = EVERY_S
    hint(ONE)
    assert place.says() == ONE


@pytest.mark.parametrize("left", [b"", b"\xff\x00 noise", b"1" * 63, b"1" * 100_000])
def test_a_garbled_file_is_written_anew(place: Place, left: bytes) -> None:
    place.path.parent.mkdir()
    place.path.write_bytes(left)
    place.hint()(TWO)
    assert place.says() == TWO


class Maintainer:
    """Whoever may write to the topic, with whatever it likes."""

    def __init__(self, broker: Mosquitto) -> None:
        self.session = Session.open(broker, Role("maintainer", "nothing"))

    def says(self, payload: bytes) -> None:
        self.session.publish(Note(UPDATES, payload, retain=True))
        self.session.settle(10)


@contextmanager
def box(broker: Mosquitto, heard: list[str]) -> Iterator[MqttPublisher]:
    publisher = MqttPublisher.connect("box-1", broker, heard.append)
    yield publisher
    publisher.close()


@pytest.fixture
def maintainer(broker: Mosquitto) -> Iterator[Maintainer]:
    found = Maintainer(broker)
    yield found
    found.session.close()


def exchange_until(publisher: MqttPublisher, heard: list[str], different: int) -> None:
    def enough() -> bool:
        publisher.exchange(0.05)
        return len(set(heard)) >= different

    wait_for(enough, f"{different} hints")


def test_a_box_hears_a_hint_while_connected_and_the_last_one_when_it_comes_back(
    broker: Mosquitto, maintainer: Maintainer
) -> None:
    live: list[str] = []
    with box(broker, live) as publisher:
        publisher.exchange(0)
        assert live == []
        maintainer.says(b"one")
        exchange_until(publisher, live, 1)
        maintainer.says(b"two")
        exchange_until(publisher, live, 2)
    maintainer.says(b"three")
    later: list[str] = []
    with box(broker, later) as publisher:
        exchange_until(publisher, later, 1)
    assert later[0] not in live


def test_the_hint_that_stands_is_told_again_and_again_so_that_a_minute_later_it_counts(
    broker: Mosquitto, maintainer: Maintainer
) -> None:
    maintainer.says(b"one")
    heard: list[str] = []
    with box(broker, heard) as publisher:
        exchange_until(publisher, heard, 1)
        publisher.exchange(0)
        publisher.exchange(0)
    assert len(heard) >= 3
    assert len(set(heard)) == 1


def test_a_hint_is_no_receipt_and_a_receipt_is_no_hint(
    broker: Mosquitto, maintainer: Maintainer
) -> None:
    heard: list[str] = []
    receipts: list[bytes] = []
    with box(broker, heard) as publisher:
        publisher.on_receipt(receipts.append)
        maintainer.says(b"the.platforms.word")
        exchange_until(publisher, heard, 1)
        assert receipts == []
        maintainer.session.publish(Note("anpr/v1/box-1/receipt", b"the.platforms.word"))

        def answered() -> bool:
            publisher.exchange(0.05)
            return bool(receipts)

        wait_for(answered, "the receipt")
    assert len(set(heard)) == 1


GARBAGE = {
    "too large": b"\x00" * (LARGEST + 1),
    "noise": os.urandom(5000),
    "a topic": UPDATES.encode(),
    "empty": b"",
}


@pytest.mark.parametrize("payload", GARBAGE.values(), ids=GARBAGE)
def test_records_and_receipts_go_on_whatever_the_hint(
    broker: Mosquitto, maintainer: Maintainer, payload: bytes
) -> None:
    heard: list[str] = []
    accepted: list[object] = []
    maintainer.says(payload)
    with box(broker, heard) as publisher:
        publisher.on_accepted(accepted.append)
        maintainer.says(payload)
        publisher.publish(Pen("box-1").write())

        def arrived() -> bool:
            publisher.exchange(0.05)
            return bool(accepted)

        wait_for(arrived, "the record at the broker")
        maintainer.says(b"at last")
        before = set(heard)
        exchange_until(publisher, heard, len(before) + 1)


def test_a_hint_larger_than_any_message_of_ours_stays_at_the_broker(
    broker: Mosquitto, maintainer: Maintainer
) -> None:
    large, small = b"\x00" * (LARGEST + 1), b"small"
    heard: list[str] = []
    maintainer.says(large)
    with box(broker, heard) as publisher:
        maintainer.says(large)
        maintainer.says(small)
        exchange_until(publisher, heard, 1)
    assert set(heard) == {hashlib.sha256(small).hexdigest()}


def test_a_flood_of_hints_loses_no_receipt(broker: Mosquitto, maintainer: Maintainer) -> None:
    """More than we let wait for us; they would push a receipt out."""
    receipts: list[bytes] = []
    with box(broker, []) as publisher:
        publisher.on_receipt(receipts.append)
        for n in range(MOST_UNCOUNTED + 500):
            maintainer.session.publish(Note(UPDATES, b"%d" % n, retain=True))
        maintainer.session.publish(Note("anpr/v1/box-1/receipt", b"the.platforms.word"))
        maintainer.session.settle(30)
        wait_for(lambda: publisher._session._inbox.qsize() > 400, "the flood")

        def answered() -> bool:
            publisher.exchange(0.05)
            return bool(receipts)

        wait_for(answered, "the receipt")

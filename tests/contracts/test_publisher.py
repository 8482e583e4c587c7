"""What every publisher promises, run over each of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.spool import SpoolPublisher, batches, read_batch, receipt_path, write_whole
from edge.ports import Publisher
from edge.types import Envelope
from tests.chains import Pen
from tests.fakes_feed import MemoryPublisher
from tests.mosquitto import Mosquitto, wait_for

BOX = "box-1"


class Way(Protocol):
    """A publisher, and its far side."""

    publisher: Publisher

    def arrived(self) -> list[bytes]: ...
    def answer(self, receipt: bytes) -> None: ...
    def cut(self) -> None: ...
    def end(self) -> None: ...


class MemoryWay:
    def __init__(self) -> None:
        self.publisher = MemoryPublisher()

    def arrived(self) -> list[bytes]:
        return [envelope.jws for envelope in self.publisher.arrived]

    def answer(self, receipt: bytes) -> None:
        self.publisher.answers.append(receipt)

    def cut(self) -> None:
        self.publisher.is_cut = True

    def end(self) -> None:
        pass


class SpoolWay:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "stick"
        self.publisher = SpoolPublisher(self.folder, BOX, batch_records=2, seal_after_s=0)

    def arrived(self) -> list[bytes]:
        return [line for batch in batches(self.folder) for line in read_batch(batch.path)]

    def answer(self, receipt: bytes) -> None:
        write_whole(receipt_path(self.folder, BOX), receipt + b"\n")

    def cut(self) -> None:
        self.folder.rename(self.folder.with_name("pulled"))

    def end(self) -> None:
        pass


class MqttWay:
    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker
        self.far = Session.open(broker, Role("platform", f"anpr/v1/{BOX}/alarm"))
        self.publisher = MqttPublisher.connect(BOX, broker)
        self.got: list[bytes] = []

    def arrived(self) -> list[bytes]:
        self.got += [i.payload for i in self.far.receive(0) if isinstance(i, Arrived)]
        return self.got

    def answer(self, receipt: bytes) -> None:
        self.far.publish(Note(f"anpr/v1/{BOX}/receipt", receipt))

    def cut(self) -> None:
        self.broker.kill()

    def end(self) -> None:
        self.far.close()


@pytest.fixture(params=["memory", "spool", "mqtt"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    ways = {
        "memory": MemoryWay,
        "spool": lambda: SpoolWay(tmp_path),
        "mqtt": lambda: MqttWay(request.getfixturevalue("broker")),
    }
    found = ways[request.param]()
    yield found
    found.end()


def exchange_until(way: Way, done: list[object], count: int) -> None:
    def enough() -> bool:
        way.publisher.exchange(0.01)
        return len(done) >= count

    wait_for(enough, f"{count} answers")


def test_envelopes_arrive_unchanged_and_in_order(way: Way) -> None:
    sent = Pen(BOX).chain(7)
    for envelope in sent:
        way.publisher.publish(envelope)
    way.publisher.exchange(0)
    wait_for(lambda: len(way.arrived()) >= len(sent), "all envelopes")
    assert way.arrived() == [envelope.jws for envelope in sent]
    way.publisher.close()


def test_a_receipt_comes_back_byte_for_byte(way: Way) -> None:
    got: list[object] = []
    way.publisher.on_receipt(got.append)
    way.answer(b"the.platforms.word")
    exchange_until(way, got, 1)
    assert got == [b"the.platforms.word"]
    way.publisher.close()


def test_every_envelope_is_accepted_once_by_the_next_hop(way: Way) -> None:
    accepted: list[object] = []
    way.publisher.on_accepted(accepted.append)
    sent: list[Envelope] = Pen(BOX).chain(7)
    for envelope in sent:
        way.publisher.publish(envelope)
    exchange_until(way, accepted, len(sent))
    assert accepted == sent
    way.publisher.close()


def test_a_closed_way_is_told_by_an_error(way: Way) -> None:
    way.cut()

    def told() -> bool:
        try:
            way.publisher.exchange(0.01)
        except FeedError as e:
            return bool(e.cause and e.remedy)
        return False

    wait_for(told, "the fault")


def test_an_idle_way_closes_quietly(way: Way) -> None:
    way.publisher.exchange(0)
    way.publisher.close()

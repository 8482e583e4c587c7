"""The receiver at a real broker: what it acknowledges, and what nobody can do to it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.receipts import receipt_reader
from edge.feed.session import MOST_UNCOUNTED, Arrived, Role, Session
from edge.types import Envelope
from tests.chains import Pen
from tests.mosquitto import Mosquitto, wait_for
from tests.mosquitto import broker as broker
from tools.receive.database import StoreLostError
from tools.receive.growth import Verdict
from tools.receive.judging import Message
from tools.receive.listen import Listener, Until, listening
from tools.receive.store import Store

PEN, PLATFORM = Pen("box-1"), Pen("platform")
CHAIN = PEN.chain(10)
WAIT_S = 30.0


class Sender:
    """Publishes anything, as a box with bad intentions would."""

    def __init__(self, broker: Mosquitto) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()

    def send(self, topic: str, payload: bytes, qos: int = 1) -> None:
        sent = self.client.publish(topic, payload, qos)
        if qos:
            sent.wait_for_publish(WAIT_S)

    def records(self, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            self.send(f"anpr/v1/{envelope.box}/{envelope.kind}", envelope.jws)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def sender(broker: Mosquitto) -> Iterator[Sender]:
    found = Sender(broker)
    yield found
    found.close()


@contextmanager
def receiving(
    broker: Mosquitto, path: Path, role: Role | None = None, kind: type[Store] = Store
) -> Iterator[Callable[[], int]]:
    """Run a receiver beside the test; yields a count of the records that it holds."""
    ended, ready = threading.Event(), threading.Event()

    def stopped() -> bool:
        ready.set()
        return ended.is_set()

    def work() -> None:
        with kind.open(path, lambda: PEN.keyring, PLATFORM.signer) as store:
            cluster = Cluster([BrokerAddress(broker.host, broker.port)])
            listener = Listener(store, PLATFORM.signer, cluster, role or listening("receiver"))
            listener.run(Until(), stopped)

    def held() -> int:
        with Store.open(path) as store:
            return store.total()

    with ThreadPoolExecutor() as pool:
        done = pool.submit(work)
        try:
            assert ready.wait(WAIT_S)
            yield held
        finally:
            ended.set()
        done.result(WAIT_S)


def test_poison_is_refused_and_counted_and_the_receiver_goes_on(
    broker: Mosquitto,
    sender: Sender,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    box = Session.open(broker, Role("box-1", "anpr/v1/box-1/receipt"))
    with receiving(broker, tmp_path / "db.sqlite") as held:
        sender.send("anpr/v1/box-1/alarm", b"\xff\x00 garbage")
        sender.send("anpr/v1/box-1/alarm", b"")
        sender.send("anpr/v1/box-1/alarm", b"x" * 200_000)
        sender.send("anpr/v1/box-1/alarm", b"x" * 2_000_000)  # the broker keeps it to itself
        sender.send("anpr/v1/box-1/alarm", b"of QoS 0", qos=0)
        sender.send("anpr/v1/box-2/alarm", CHAIN[0].jws)
        sender.send("anpr/v1/no box/alarm", b"a topic of nobody")
        sender.records(CHAIN)
        wait_for(lambda: held() == len(CHAIN), "all records")
    assert "Calling again" not in capsys.readouterr().err, "nobody can make it hang up"
    with Store.open(tmp_path / "db.sqlite") as store:
        known, unknown = store.accounts()
    assert (known.verified, known.refused_for) == (10, {"malformed": 4})
    assert (unknown.box, unknown.refused_for) == ("", {"other box": 1})
    answers = [item.payload for item in box.receive(5) if isinstance(item, Arrived)]
    assert receipt_reader("box-1", PLATFORM.trusted)(answers[-1]).seq == 10
    box.close()


def test_a_flood_that_the_broker_does_not_count_takes_no_memory(
    broker: Mosquitto, sender: Sender
) -> None:
    session = Session.open(broker, listening("receiver"))
    for number in range(3 * MOST_UNCOUNTED):
        sender.send("anpr/v1/box-1/alarm", b"%d" % number, qos=0)
    sender.send("anpr/v1/box-1/alarm", b"of QoS 1")
    wait_for(lambda: session._inbox.qsize() > MOST_UNCOUNTED, "the flood")
    found = [item.payload for item in session.receive(0) if isinstance(item, Arrived)]
    assert len(found) == MOST_UNCOUNTED + 1
    assert found[-1] == b"of QoS 1"
    session.close()


class LosesOnce(Store):
    """Its server dies at the first burst, before or after the commit."""

    after_commit = False

    def take(self, messages: Sequence[Message]) -> list[Verdict]:
        if self.after_commit:
            super().take(messages)
        if not hasattr(self, "lost"):
            self.lost = True
            raise StoreLostError("It died.", "Wait.")
        return super().take(messages)


class LosesOnceAfterCommit(LosesOnce):
    after_commit = True


@pytest.mark.parametrize("kind", [LosesOnce, LosesOnceAfterCommit])
@pytest.mark.parametrize("group", [None, "platform"])
def test_what_was_not_committed_was_not_acknowledged_and_comes_again(
    broker: Mosquitto,
    sender: Sender,
    tmp_path: Path,
    kind: type[Store],
    group: str | None,
) -> None:
    def all_came() -> bool:
        if group is not None:  # the broker keeps nothing for a group, and the box sends again
            sender.records(CHAIN)
        return held() == len(CHAIN)

    role = listening("receiver", group)
    with receiving(broker, tmp_path / "db.sqlite", role, kind) as held:
        sender.records(CHAIN)
        wait_for(all_came, "all records")


def test_each_record_goes_to_one_receiver_of_a_group(broker: Mosquitto, sender: Sender) -> None:
    sessions = [Session.open(broker, listening(name, "platform")) for name in ("one", "other")]
    sender.records(CHAIN)
    got: list[list[bytes]] = [[], []]

    def all_came() -> bool:
        for session, mine in zip(sessions, got, strict=True):
            items = [item for item in session.receive(0.05) if isinstance(item, Arrived)]
            mine += [item.payload for item in items]
            session.acknowledge(items)
        return sum(map(len, got)) >= len(CHAIN)

    wait_for(all_came, "all records")
    assert sorted(got[0] + got[1]) == sorted(envelope.jws for envelope in CHAIN)
    assert all(got), "both had their share"
    for session in sessions:
        session.close()


def test_what_a_receiver_of_a_group_does_not_acknowledge_is_not_kept_for_it(
    broker: Mosquitto, sender: Sender
) -> None:
    """A dead member must not hold records back: the box sends them to those that live."""
    dead = Session.open(broker, listening("dead", "platform"))
    sender.records(CHAIN[:3])
    wait_for(lambda: dead._inbox.qsize() == 3, "the records")
    dead.close()
    alive = Session.open(broker, listening("alive", "platform"))
    sender.records(CHAIN)
    got: list[bytes] = []

    def all_came() -> bool:
        items = [item for item in alive.receive(0.05) if isinstance(item, Arrived)]
        got.extend(item.payload for item in items)
        alive.acknowledge(items)
        return len(got) >= len(CHAIN)

    wait_for(all_came, "all records")
    assert got == [envelope.jws for envelope in CHAIN]
    alive.close()

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from edge.daemon.uplink import Pace, Uplink
from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.feed.session import Accepted, Arrived, Note, Refused, Role, Session, answered
from tests.chains import STORAGE_KEY, Pen
from tests.mosquitto import Mosquitto, find_mosquitto, free_port, wait_for

LISTENER = Role("listener", "anpr/v1/+/+")


@dataclass(frozen=True)
class Address:
    port: int
    host: str = "127.0.0.1"
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def take(session: Session, count: int) -> list[Arrived]:
    got: list[Arrived] = []

    def enough() -> bool:
        got.extend(item for item in session.receive(0.1) if isinstance(item, Arrived))
        return len(got) >= count

    wait_for(enough, f"{count} messages")
    return got


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[int, list[int]]]:
    """A broker that gives each connection one canned answer; notes the protocol asked for."""
    asked: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = server.accept()
                except OSError:  # nobody called
                    return
                with connection:
                    asked.append(connection.recv(1000)[8])
                    with suppress(OSError):  # whom the answer does not suit has hung up already
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(1000):  # closed with bytes unread it would reset
                            pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_status_is_retained_and_the_broker_says_offline_for_a_box_that_vanished(
    broker: Mosquitto,
) -> None:
    publisher = MqttPublisher.connect("box-1", broker)
    listener = Session.open(broker, LISTENER)
    assert [(m.topic, m.payload) for m in take(listener, 1)] == [
        ("anpr/v1/box-1/status", b"online")
    ]
    vanish = publisher._session._client.socket()
    assert vanish is not None
    vanish.shutdown(socket.SHUT_RDWR)
    assert [m.payload for m in take(listener, 1)] == [b"offline"]
    listener.close()
    publisher.close()


def test_a_box_that_leaves_says_offline_itself(broker: Mosquitto) -> None:
    publisher = MqttPublisher.connect("box-1", broker)
    publisher.close()
    listener = Session.open(broker, LISTENER)
    assert [m.payload for m in take(listener, 1)] == [b"offline"]
    listener.close()


def test_what_was_sent_while_away_is_waiting(broker: Mosquitto) -> None:
    Session.open(broker, LISTENER).close()
    sender = Session.open(broker, Role("sender", "nothing"))
    sender.publish(Note("anpr/v1/box-1/passage", b"one"))
    wait_for(lambda: bool(sender.receive(0.1)), "the acknowledgement")
    sender.close()
    listener = Session.open(broker, LISTENER)
    assert [m.payload for m in take(listener, 1)] == [b"one"]
    listener.close()


def test_what_was_not_acknowledged_comes_again(broker: Mosquitto) -> None:
    late = Role("listener", "anpr/v1/+/+", acknowledge_late=True)
    first = Session.open(broker, late)
    sender = Session.open(broker, Role("sender", "nothing"))
    for text in (b"one", b"two"):
        sender.publish(Note("anpr/v1/box-1/passage", text))
    got = take(first, 2)
    first.acknowledge(got[:1])
    first.close()
    again = Session.open(broker, late)
    assert [m.payload for m in take(again, 1)] == [b"two"]
    again.close()
    sender.close()


def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(FeedError, match=r"No connection to the broker 127\.0\.0\.1:\d+ "):
        Session.open(Address(free_port()), LISTENER)


def test_mqtt_5_comes_first_and_then_3_1_1() -> None:
    refuse_5, accept, granted = b"\x20\x02\x00\x01", b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"
    with answering(refuse_5, accept + granted) as (port, asked):
        Session.open(Address(port), LISTENER).close()
    assert asked == [5, 4]


def test_a_broker_that_hangs_up_on_mqtt_5_is_asked_with_3_1_1() -> None:
    with answering(b"", b"\x20\x02\x00\x00\x90\x03\x00\x01\x01") as (port, asked):
        Session.open(Address(port), LISTENER).close()
    assert asked == [5, 4]


def test_a_broker_that_does_not_let_us_in_is_named() -> None:
    with (
        answering(b"\x20\x03\x00\x87\x00", b"\x20\x02\x00\x05") as (port, _),
        pytest.raises(FeedError, match=r"Refused by the broker .*Not authorized"),
    ):
        Session.open(Address(port), LISTENER)


def test_a_subscription_that_is_not_granted_is_named() -> None:
    refused = b"\x20\x02\x00\x00\x90\x03\x00\x01\x80"
    with (
        answering(b"", refused) as (port, _),
        pytest.raises(FeedError, match="Refused by the broker"),
    ):
        Session.open(Address(port), LISTENER)


BOX = Role("box", "anpr/v1/b/receipt", overhear="anpr/v1/updates")


def test_a_topic_that_it_can_do_without_may_be_refused() -> None:
    accept, yes, no = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01", b"\x90\x03\x00\x02\x80"
    with answering(b"", accept + yes + no) as (port, asked):
        Session.open(Address(port), BOX).close()
    assert asked == [5, 4]


def test_a_broker_that_lets_nobody_in_is_not_asked_a_third_time() -> None:
    """A server of a cluster that is not ready takes seconds for each such answer."""
    with (
        answering(b"", b"") as (port, asked),
        pytest.raises(FeedError, match="hung up before it answered"),
    ):
        Session.open(Address(port), BOX)
    assert asked == [5, 4]


def test_a_broker_that_hangs_up_on_such_a_topic_is_asked_without_it() -> None:
    accept, yes = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"
    with answering(b"", accept + yes, accept + yes) as (port, asked):
        Session.open(Address(port), BOX).close()
    assert asked == [5, 4, 4]


def test_tls_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(FeedError, match="TLS files"):
        Session.open(Address(1, ca=tmp_path / "ca.pem"), LISTENER)
    with pytest.raises(FeedError, match="TLS files"):
        Session.open(Address(1, ca=tmp_path / "missing.pem"), LISTENER)


def test_a_lost_connection_is_told_after_all_that_came(broker: Mosquitto) -> None:
    session = Session.open(broker, LISTENER)
    session.publish(Note("anpr/v1/box-1/passage", b"one"))
    take(session, 1)
    broker.kill()

    def lost() -> bool:
        try:
            session.receive(0.1)
        except FeedError:
            return True
        return False

    wait_for(lost, "the loss")
    with pytest.raises(FeedError, match="is gone"):
        session.publish(Note("anpr/v1/box-1/passage", b"two"))
    session.close()
    broker.start()


@pytest.mark.parametrize("unused", [("cert",), ("key",), ("cert", "key")])
def test_a_certificate_without_a_ca_is_refused_and_not_silently_plain_text(
    unused: tuple[str, ...],
) -> None:
    with (
        answering(b"") as (port, asked),
        pytest.raises(FeedError, match="plain text") as refused,
    ):
        Session.open(replace(Address(port), **{name: Path("x") for name in unused}), LISTENER)
    assert "uplink.ca" in refused.value.remedy
    assert asked == []


TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x46"
NO_BROKER = {"closes at once": b"", "tls": TLS_ALERT, "http": b"HTTP/1.1 400 Bad Request\r\n\r\n"}


@pytest.mark.parametrize("peer", NO_BROKER)
def test_a_peer_that_hangs_up_is_told_with_its_likely_cause(peer: str) -> None:
    with (
        answering(NO_BROKER[peer], NO_BROKER[peer]) as (port, _),
        pytest.raises(FeedError) as told,
    ):
        Session.open(Address(port), LISTENER)
    assert f"The broker 127.0.0.1:{port} hung up before it answered" in told.value.cause
    assert "expects TLS" in told.value.cause
    assert "uplink.ca" in told.value.remedy
    assert "--ca" in told.value.remedy


def test_small_packets_do_not_wait_for_each_other(broker: Mosquitto) -> None:
    session = Session.open(broker, LISTENER)
    opened = session._client.socket()
    assert isinstance(opened, socket.socket)
    assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    session.close()


@pytest.mark.parametrize(
    ("code", "refused"), [(0x00, False), (0x10, False), (0x80, True), (0x87, True), (0x97, True)]
)
def test_a_puback_from_0x80_on_is_a_refusal(code: int, refused: bool) -> None:
    answer = answered(7, ReasonCode(PacketTypes.PUBACK, identifier=code))  # type: ignore[no-untyped-call]
    assert isinstance(answer, Refused if refused else Accepted)
    assert answer.mid == 7


@pytest.fixture
def strict_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker whose access list lets a box say alarms to nobody, and how it stands to all."""
    access = tmp_path / "access"
    access.write_text("topic readwrite anpr/v1/+/status\ntopic readwrite anpr/v1/+/receipt\n")
    broker = Mosquitto(find_mosquitto(), tmp_path, f"acl_file {access}")
    broker.start()
    yield broker
    broker.kill()


def test_a_record_that_the_broker_refused_stays_in_the_outbox_and_is_told_once(
    strict_broker: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Outbox.open(tmp_path / "outbox.sqlite", "box-1", STORAGE_KEY, 0) as outbox:
        for envelope in Pen("box-1").chain(3):
            outbox.append(envelope)
        answers: list[str] = []

        def connect() -> MqttPublisher:
            publisher = MqttPublisher.connect("box-1", strict_broker)
            note = publisher._session._note

            def noted(answer: Accepted | Refused) -> None:
                answers.append(type(answer).__name__)
                note(answer)

            publisher._session._note = noted  # type: ignore[method-assign]
            return publisher

        reader = receipt_reader("box-1", Pen("platform").trusted)
        uplink = Uplink(outbox, connect, reader, Pace(ack="puback", patience_s=0.01))

        def refused_twice() -> bool:
            uplink.step(0.05)
            return answers.count("Refused") >= 4  # three, and the one that asks after the silence

        wait_for(refused_twice, "two rounds of refusals")
        uplink.close()
        assert [e.seq for e in outbox.pending(None, 9)] == [1, 2, 3]
        assert "Accepted" in answers  # what it may say, its status, is taken
    told = [r.getMessage() for r in caplog.records if "refuses" in r.getMessage()]
    assert len(told) == 1
    assert "anpr/v1/box-1/alarm: Not authorized (0x87)" in told[0]


def test_a_refusal_is_told_again_once_the_topic_was_accepted_in_between(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session.open(broker, LISTENER)

    def answer(code: int) -> int:
        session._unanswered[9] = "anpr/v1/box-1/alarm"
        reason = ReasonCode(PacketTypes.PUBACK, identifier=code)  # type: ignore[no-untyped-call]
        session._inbox.put(answered(9, reason))
        session.receive(0)
        return sum("refuses" in record.getMessage() for record in caplog.records)

    assert [answer(code) for code in (0x87, 0x87, 0x97, 0x97, 0x00, 0x97)] == [1, 1, 2, 2, 2, 3]
    session.close()

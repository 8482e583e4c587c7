"""Attacks over the network, on a real Mosquitto set up as deploy/mosquitto.conf."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from paho.mqtt.enums import CallbackAPIVersion

from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from edge.feed.receipts import receipt_reader
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import EVERY_RECORD, topic
from edge.record.chain import next_link
from edge.record.envelope import MAX_BYTES
from tests.authority import Authority
from tests.chains import Pen, alarm
from tests.edge.feed.test_tls import Address
from tests.mosquitto import SWEPT, Mosquitto, heard, wait_for
from tests.shipped_broker import ShippedBroker
from tools.receive.listen import receipts, take_burst
from tools.receive.store import Store

pytestmark = SWEPT
PLATFORM = Pen("platform")
DAY = datetime.timedelta(days=1)
BURST = 5


class Town:
    """A broker as shipped, and an authority that gives everybody a certificate."""

    def __init__(self, folder: Path) -> None:
        self.broker = ShippedBroker(folder)
        self.authority, self.platform_port = self.broker.authority, self.broker.platform_port
        self.ca = folder / "ca.pem"

    def start(self) -> None:
        self.broker.start()
        wait_for(lambda: is_open(self.platform_port), "the listener of the platform")

    def box(self, name: str) -> Address:
        return Address(self.broker.port, self.ca, *self.authority.issue(name, name))

    def platform(self) -> Session:
        cert, key = self.authority.issue("platform", "platform")
        address = Address(self.platform_port, self.ca, cert, key)
        return Session.open(address, Role("platform", EVERY_RECORD))

    def anybody(self, name: str, client_id: str, listen: str) -> Session:
        """Connect with the certificate of one, and the words of another."""
        return Session.open(self.box(name), Role(client_id, listen))


def is_open(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    found = Town(tmp_path)
    found.start()
    yield found
    found.broker.kill()


def test_a_box_and_two_receivers_of_one_certificate_work_side_by_side(town: Town) -> None:
    box = MqttPublisher.connect("box-1", town.box("box-1"))
    one = town.platform()
    other = Session.open(
        Address(town.platform_port, town.ca, *town.authority.issue("platform", "platform")),
        Role("platform-2", EVERY_RECORD),
    )
    box.publish(Pen("box-1").write())
    for session in (one, other):
        got: list[str] = []

        def came(session: Session = session, got: list[str] = got) -> bool:
            got.extend(i.topic for i in session.receive(0.1) if isinstance(i, Arrived))
            return "anpr/v1/box-1/alarm" in got

        wait_for(came, "the record at both")
        session.close()
    box.close()


def test_attack_writing_to_another_boxs_topic(town: Town) -> None:
    """A box cannot speak for another, nor as the platform, nor hear what others are told."""
    platform = town.platform()
    thief = town.anybody("box-2", "anything", "anpr/v1/#")
    topics = ["box-1/alarm", "box-1/passage", "box-1/status", "box-1/receipt", "updates", "+/alarm"]
    for name in topics:
        with suppress(ValueError, FeedError):  # a client of ours refuses the wildcard itself
            thief.publish(Note(f"anpr/v1/{name}", b"forged", retain="status" in name))
    thief.settle(10)
    thief.publish(Note("anpr/v1/box-2/alarm", b"own"))
    assert {item.topic for item in heard(platform, b"own")} == {"anpr/v1/box-2/alarm"}
    platform.publish(Note("anpr/v1/box-1/receipt", b"secret"))
    platform.settle(10)
    assert [i for i in thief.receive(0.5) if isinstance(i, Arrived)] == []
    thief.close()
    platform.close()


@pytest.mark.parametrize("name", ["+", "#", "box-1/x", "platform/#"])
def test_attack_writing_to_another_boxs_topic_by_a_name_that_is_a_wildcard(
    town: Town, name: str
) -> None:
    """An authority gives no such certificate; a broker that met one gives nothing away."""
    platform = town.platform()
    with suppress(FeedError):
        cert, key = town.authority.issue("wild", name)
        thief = Session.open(Address(town.broker.port, town.ca, cert, key), Role("x", "anpr/v1/#"))
        thief.publish(Note("anpr/v1/box-1/alarm", b"forged"))
        platform.publish(Note("anpr/v1/box-1/receipt", b"secret"))
        thief.settle(2)
        assert [i for i in thief.receive(0.5) if isinstance(i, Arrived)] == []
        thief.close()
    box = town.anybody("box-1", "box-1", "anpr/v1/box-1/receipt")
    box.publish(Note("anpr/v1/box-1/alarm", b"own"))
    assert b"forged" not in {item.payload for item in heard(platform, b"own")}
    box.close()
    platform.close()


@pytest.mark.parametrize("client_id", ["anpr-edge-box-1", "box-1", "platform"])
def test_attack_client_id_takeover(town: Town, client_id: str) -> None:
    """Who calls itself another neither throws it out, nor hears what is meant for it."""
    platform, answers = town.platform(), list[bytes]()
    box = MqttPublisher.connect("box-1", town.box("box-1"))
    box.on_receipt(answers.append)
    thief = town.anybody("box-2", client_id, "anpr/v1/box-1/receipt")
    box.publish(Pen("box-1").write())
    box.exchange(0.5)
    platform.publish(Note("anpr/v1/box-1/receipt", b"word"))

    def answered() -> bool:
        box.exchange(0.05)  # raises FeedError once it is thrown out
        platform.receive(0)
        return answers == [b"word"]

    wait_for(answered, "the receipt of the box")
    assert [i for i in thief.receive(0.5) if isinstance(i, Arrived)] == []
    for session in (thief, platform):
        session.close()
    box.close()


def loud(address: Address, name: str, payload: bytes) -> None:
    """Publish without our own client's manners, and wait until the broker has it or hangs up."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
    client.tls_set(str(address.ca), str(address.cert), str(address.key))
    client.connect(address.host, address.port)
    client.loop_start()
    sent = client.publish(topic(name, "alarm"), payload, qos=1)
    with suppress(RuntimeError):
        sent.wait_for_publish(2)
    client.disconnect()
    client.loop_stop()


def test_attack_oversized_message(town: Town) -> None:
    """What no record can be does not get past the broker."""
    platform = town.platform()
    for size in (300_000, 2_000_000):
        loud(town.box("box-1"), "box-1", b"x" * size)
    loud(town.box("box-1"), "box-1", b"y" * MAX_BYTES)
    assert {item.payload[:1] for item in heard(platform, b"y" * MAX_BYTES)} == {b"y"}
    platform.close()


@pytest.mark.parametrize("size", [91_000, 700_000, 10_000_000])
def test_attack_oversized_message_past_a_broker_that_takes_it(
    broker: Mosquitto, tmp_path: Path, size: int
) -> None:
    """Even signed with a key that is trusted: a receiver neither chokes on it nor stores it."""
    pen = Pen("box-1")
    ears = Session.open(broker, Role("platform", EVERY_RECORD))
    mouth = Session.open(broker, Role("box-1", "nothing"))
    first = pen.write()
    mouth.publish(Note("anpr/v1/box-1/alarm", oversized(pen, size)))
    mouth.publish(Note("anpr/v1/box-1/alarm", first.jws))
    with Store.open(tmp_path / "db.sqlite", lambda: pen.keyring) as store:

        def stored() -> bool:
            come = [i for i in ears.receive(0.1) if isinstance(i, Arrived)]
            take_burst(store, [("box-1", item.payload) for item in come])
            return store.total() == 1

        wait_for(stored, "the record after it")
        ((_, jws),) = receipts(store, PLATFORM.signer, {"box-1"})
        assert receipt_reader("box-1", PLATFORM.trusted)(jws).sha256 == first.sha256
    mouth.close()
    ears.close()


def oversized(pen: Pen, size: int) -> bytes:
    """A first record of a box, genuine but for its length."""
    jws = pen.signer.sign(alarm(next_link(None), pen.box, "x" * size))
    assert len(jws) > MAX_BYTES
    return jws


@contextmanager
def answering_tls(authority: Authority, context: ssl.SSLContext) -> Iterator[tuple[int, list[str]]]:
    """A server that speaks TLS as told; it notes what each handshake came to."""
    cert, key = authority.issue("server", "server")
    context.load_cert_chain(cert, key)
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    try:
                        with context.wrap_socket(connection, server_side=True) as wrapped:
                            came.append(str(wrapped.version()))
                    except OSError as refused:
                        came.append(type(refused).__name__)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], came
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def old_tls(side: int) -> ssl.SSLContext:
    """A context of ours that speaks TLS 1.1 and nothing else, as software of 2010 does."""
    context = ssl.SSLContext(side)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def test_attack_tls_downgrade_of_a_box(tmp_path: Path) -> None:
    """Whoever stands in between and speaks an older TLS, or none, is not spoken to."""
    authority = Authority(tmp_path)
    ca, old = tmp_path / "ca.pem", old_tls(ssl.PROTOCOL_TLS_SERVER)
    with (
        answering_tls(authority, old) as (port, came),
        pytest.raises(FeedError, match="No connection"),
    ):
        MqttPublisher.connect("box-1", Address(port, ca))
    assert came
    assert not {"TLSv1", "TLSv1.1"} & set(came)
    new = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with answering_tls(authority, new) as (port, came), pytest.raises(FeedError):
        MqttPublisher.connect("box-1", Address(port, ca))  # TLS it is, and then no MQTT
    assert came[0] == "TLSv1.3"


def test_attack_tls_downgrade_to_plain_text(tmp_path: Path) -> None:
    """A box that was given a CA says no word before the handshake."""
    Authority(tmp_path)
    said: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        said.append(connection.recv(4096))
                        connection.sendall(b"\x20\x02\x00\x00")  # "connected", in plain MQTT

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(FeedError, match="No connection"):
            MqttPublisher.connect("box-1", Address(listening.getsockname()[1], tmp_path / "ca.pem"))
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert said
    assert all(words.startswith(b"\x16\x03") for words in said)  # ClientHello
    assert not any(b"box-1" in words for words in said)


def test_attack_tls_downgrade_of_the_broker(town: Town) -> None:
    """A broker as documented speaks neither TLS 1.1 nor plain text."""
    context = old_tls(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(town.ca)
    context.load_cert_chain(*town.authority.issue("box", "box-1"))
    for port in (town.broker.port, town.platform_port):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(plain, server_hostname="127.0.0.1")
        with pytest.raises(FeedError, match="expects TLS"):
            MqttPublisher.connect("box-1", Address(port, None))


def expired(authority: Authority, file: str, name: str) -> tuple[Path, Path]:
    """Issue a certificate that was good until yesterday."""
    path, key = authority.issue(file, name)
    good, now = (
        x509.load_pem_x509_certificate(path.read_bytes()),
        datetime.datetime.now(datetime.UTC),
    )
    builder = x509.CertificateBuilder(
        good.issuer, good.subject, good.public_key(), good.serial_number
    )
    builder = builder.not_valid_before(now - 9 * DAY).not_valid_after(now - DAY)
    for extension in good.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    path.write_bytes(builder.sign(authority.key, SHA256()).public_bytes(Encoding.PEM))
    return path, key


def test_attack_expired_certificate_of_a_box(town: Town) -> None:
    cert, key = expired(town.authority, "old", "box-1")
    for port in (town.broker.port, town.platform_port):
        with pytest.raises(FeedError, match=r"client certificate|alert certificate expired"):
            MqttPublisher.connect("box-1", Address(port, town.ca, cert, key))


def test_attack_expired_certificate_of_a_broker(town: Town) -> None:
    expired(town.authority, "broker", "broker")
    town.broker.kill()
    town.start()
    with pytest.raises(FeedError, match="certificate verify failed"):
        MqttPublisher.connect("box-1", town.box("box-1"))

"""The broker as it is shipped: who gets in, who does not, and what its disk gives."""

import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import EVERY_RECORD
from tests.attacks.test_broker import expired
from tests.authority import Authority
from tests.edge.feed.test_tls import Address
from tests.mosquitto import SWEPT, wait_for
from tests.mosquitto import swept as swept
from tests.shipped_broker import CONF, ShippedBroker

pytestmark = SWEPT
REFUSED = r"client certificate|alert|refused|certificate"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ShippedBroker]:
    found = ShippedBroker(tmp_path)
    found.authority.renew(timedelta(days=30))
    found.start()
    yield found
    found.kill()


def box(broker: ShippedBroker, name: str = "box-1") -> Address:
    ca = broker.authority.folder / "ca.pem"
    return Address(broker.port, ca, *broker.authority.issue(name, name))


def platform(broker: ShippedBroker) -> Session:
    ca = broker.authority.folder / "ca.pem"
    found = Address(broker.platform_port, ca, *broker.authority.issue("platform", "platform"))
    return Session.open(found, Role("platform", EVERY_RECORD))


def heard(session: Session, last: bytes) -> set[tuple[str, bytes]]:
    """Return what arrives up to a payload."""
    found: set[tuple[str, bytes]] = set()

    def came() -> bool:
        arrived = (i for i in session.receive(0.1) if isinstance(i, Arrived))
        found.update((i.topic, i.payload) for i in arrived)
        return last in {payload for _, payload in found}

    wait_for(came, "the last payload")
    return found


def is_refused(address: Address) -> None:
    with pytest.raises(FeedError, match=REFUSED):
        MqttPublisher.connect("box-1", address)


def test_a_box_writes_below_its_own_name_only_and_reads_its_own_receipts_only(
    broker: ShippedBroker,
) -> None:
    ears = platform(broker)
    mouth = Session.open(box(broker), Role("box-1", "anpr/v1/#"))
    for topic in ("box-2/alarm", "box-1/alarm/deeper", "box-1", "updates", "box-2/receipt"):
        mouth.publish(Note(f"anpr/v1/{topic}", b"forged"))
    mouth.publish(Note("anpr/v1/box-1/alarm", b"own"))
    mouth.settle(10)
    assert heard(ears, b"own") == {("anpr/v1/box-1/alarm", b"own")}
    for name in ("box-2", "box-1"):
        ears.publish(Note(f"anpr/v1/{name}/receipt", name.encode()))
    assert heard(mouth, b"box-1") == {("anpr/v1/box-1/receipt", b"box-1")}
    mouth.close()
    ears.close()


def test_a_box_whose_certificate_was_put_on_the_list_is_refused_and_others_are_not(
    broker: ShippedBroker,
) -> None:
    thief, other = box(broker), box(broker, "box-2")
    MqttPublisher.connect("box-1", thief).close()
    assert thief.cert is not None
    broker.outlaw(thief.cert)
    broker.kill()
    broker.start()
    is_refused(thief)
    MqttPublisher.connect("box-2", other).close()
    broker.outlaw()  # the list made valid for longer
    broker.kill()
    broker.start()
    is_refused(thief)
    MqttPublisher.connect("box-1", box(broker)).close()  # its next certificate


def test_the_certificate_of_another_authority_is_refused(
    broker: ShippedBroker, tmp_path: Path
) -> None:
    (tmp_path / "foreign").mkdir()
    foreign = Authority(tmp_path / "foreign").issue("box-1", "box-1")
    is_refused(Address(broker.port, broker.authority.folder / "ca.pem", *foreign))


def test_a_certificate_that_has_run_out_is_refused(broker: ShippedBroker) -> None:
    old = expired(broker.authority, "old", "box-1")
    is_refused(Address(broker.port, broker.authority.folder / "ca.pem", *old))


def test_nobody_without_a_certificate_gets_in_at_either_port(broker: ShippedBroker) -> None:
    for port in (broker.port, broker.platform_port):
        is_refused(Address(port, broker.authority.folder / "ca.pem"))


def listening(process: int) -> set[int]:
    inodes = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            inodes.add(link.readlink().name.removeprefix("socket:[").removesuffix("]"))
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[9] in inodes and row[3] == "0A"}


def test_no_port_is_plain(broker: ShippedBroker) -> None:
    assert broker._process is not None
    process = broker._process.pid
    wait_for(lambda: broker.platform_port in listening(process), "the second port")
    assert listening(process) == {broker.port, broker.platform_port}
    for port in listening(process):
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04evil")  # CONNECT
            plain.settimeout(5)
            with suppress(ConnectionError):
                assert plain.recv(64)[:1] != b"\x20"  # no CONNACK


def test_an_orderly_restart_loses_nothing_and_a_kill_what_was_not_yet_written(
    broker: ShippedBroker,
) -> None:
    """PUBACK is not durability: this is why boxes wait for receipts."""
    ears, mouth = platform(broker), Session.open(box(broker), Role("box-1", "nothing"))
    ears.close()
    mouth.publish(Note("anpr/v1/box-1/alarm", b"saved"))
    mouth.settle(10)
    mouth.close()
    assert broker._process is not None
    broker._process.send_signal(signal.SIGTERM)
    broker._process.wait()
    broker.start()
    mouth = Session.open(box(broker), Role("box-1", "nothing"))
    mouth.publish(Note("anpr/v1/box-1/alarm", b"acknowledged"))
    mouth.settle(10)  # the broker has said that it has it
    broker.kill()
    broker.start()
    ears = platform(broker)
    mouth = Session.open(box(broker), Role("box-1", "nothing"))
    mouth.publish(Note("anpr/v1/box-1/alarm", b"last"))
    mouth.settle(10)
    assert {payload for _, payload in heard(ears, b"last")} == {b"saved", b"last"}
    mouth.close()
    ears.close()


def test_the_file_names_everything_twice_where_it_counts() -> None:
    """Each listener has its own TLS settings: one that was forgotten would be open."""
    _, *listeners = CONF.read_text().split("\nlistener ")
    assert len(listeners) == 2
    for listener in listeners:
        for setting in ("cafile", "crlfile", "certfile", "keyfile", "require_certificate true"):
            assert f"\n{setting}" in listener

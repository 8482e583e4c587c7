"""The way to a real broker over TLS, where the client certificate names the box."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import EVERY_RECORD, UPDATES
from tests.authority import Authority
from tests.mosquitto import SWEPT, Mosquitto, find_mosquitto, wait_for
from tools.announce import hint_at

pytestmark = SWEPT
ACL = Path(__file__).parents[3] / "deploy" / "mosquitto.acl"

TLS = """\
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
require_certificate true
use_identity_as_username true
acl_file {acl}
"""


NOW = datetime.datetime(2028, 6, 1, 8, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Address:
    port: int
    ca: Path | None
    cert: Path | None = None
    key: Path | None = None
    host: str = "127.0.0.1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def secure_broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    authority.issue("broker", "broker")
    found = Mosquitto(find_mosquitto(), tmp_path, TLS.format(folder=tmp_path, acl=ACL))
    found.start()
    yield found
    found.kill()


def test_a_box_with_its_certificate_gets_in(secure_broker: Mosquitto, authority: Authority) -> None:
    cert, key = authority.issue("box", "box-1")
    ca = authority.folder / "ca.pem"
    MqttPublisher.connect("box-1", Address(secure_broker.port, ca, cert, key)).close()


def test_a_box_without_a_certificate_does_not(
    secure_broker: Mosquitto, authority: Authority
) -> None:
    with pytest.raises(FeedError, match=r"client certificate|alert certificate required"):
        MqttPublisher.connect("box-1", Address(secure_broker.port, authority.folder / "ca.pem"))


def test_a_tls_port_without_a_ca_is_told_as_one(secure_broker: Mosquitto) -> None:
    with pytest.raises(FeedError, match="it expects TLS") as told:
        MqttPublisher.connect("box-1", Address(secure_broker.port, None))
    assert "uplink.ca" in told.value.remedy


def test_a_broker_of_another_authority_is_not_trusted(
    secure_broker: Mosquitto, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    Authority(tmp_path / "other")
    with pytest.raises(FeedError, match="certificate verify failed"):
        MqttPublisher.connect("box-1", Address(secure_broker.port, tmp_path / "other/ca.pem"))


class Parties:
    """Who has a certificate of its own at the broker with the access list that is shipped."""

    def __init__(self, broker: Mosquitto, authority: Authority) -> None:
        self.broker, self.authority = broker, authority

    def address(self, name: str) -> Address:
        cert, key = self.authority.issue(name, name)
        return Address(self.broker.port, self.authority.folder / "ca.pem", cert, key)


@pytest.fixture
def parties(secure_broker: Mosquitto, authority: Authority) -> Parties:
    return Parties(secure_broker, authority)


def test_by_the_access_list_a_box_hears_the_maintainers_hint_and_its_own_receipt(
    parties: Parties,
) -> None:
    heard: list[str] = []
    receipts: list[bytes] = []
    box = MqttPublisher.connect("box-1", parties.address("box-1"), heard.append)
    box.on_receipt(receipts.append)
    hint_at(parties.address("maintainer"), "maintainer", NOW)
    platform = Session.open(parties.address("platform"), Role("platform", EVERY_RECORD))
    platform.publish(Note("anpr/v1/box-1/receipt", b"word"))

    def both() -> bool:
        box.exchange(0.05)
        return bool(heard and receipts)

    wait_for(both, "the hint and the receipt")
    arrived = {i.topic: i.payload for i in platform.receive(1) if isinstance(i, Arrived)}
    assert arrived["anpr/v1/box-1/status"] == b"online"
    box.close()
    platform.close()


def test_by_the_access_list_a_box_cannot_hint_nor_speak_or_listen_for_another(
    parties: Parties,
) -> None:
    with pytest.raises(FeedError, match="did not hand the hint out") as told:
        hint_at(parties.address("box-1"), "thief", NOW, within_s=1)
    assert UPDATES in told.value.remedy
    platform = Session.open(parties.address("platform"), Role("platform", EVERY_RECORD))
    thief = Session.open(parties.address("box-1"), Role("thief", "anpr/v1/#"))
    thief.publish(Note("anpr/v1/box-2/alarm", b"forged"))
    thief.publish(Note("anpr/v1/box-1/alarm", b"own"))
    thief.settle(10)
    platform.publish(Note("anpr/v1/box-2/receipt", b"word"))
    platform.settle(10)
    got: list[bytes] = []

    def own() -> bool:
        got.extend(i.payload for i in platform.receive(0.1) if isinstance(i, Arrived))
        return b"own" in got

    wait_for(own, "its own record")
    assert b"forged" not in got
    assert [i for i in thief.receive(0.5) if isinstance(i, Arrived)] == []
    thief.close()
    platform.close()

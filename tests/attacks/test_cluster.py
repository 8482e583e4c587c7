"""Attacks over the network, on real servers of NATS set up as deploy/cluster says."""

import pytest

from edge.errors import FeedError
from edge.feed.cluster import Cluster
from edge.feed.mqtt import MqttPublisher
from edge.feed.session import Arrived, Note, Role, Session
from edge.feed.topics import EVERY_RECORD
from tests.mosquitto import SWEPT, heard, swept, wait_for
from tests.nats import NatsCluster, nats

__all__ = ["nats", "swept"]
pytestmark = SWEPT


def platform(nats: NatsCluster) -> Session:
    role = Role("platform", EVERY_RECORD)
    return Cluster(nats.addresses("platform")).open(lambda server: Session.open(server, role))


def box(nats: NatsCluster, name: str = "box-1") -> MqttPublisher:
    cluster = Cluster(nats.addresses(name))
    return cluster.open(lambda server: MqttPublisher.connect(name, server))


def thief(nats: NatsCluster, client_id: str, listen: str, will: Note | None = None) -> Session:
    """Connect with the certificate of box-2, and the words of another."""
    return Session.open(nats.addresses("box-2")[0], Role(client_id, listen, will))


def torn(session: Session) -> None:
    """Tear the line, so that the server says the last will."""
    session._client._sock_close()
    session.close()


def test_attack_writing_to_another_boxs_topic_on_a_cluster(nats: NatsCluster) -> None:
    """What 3.1.1 cannot refuse is thrown away, and a forged last will with it."""
    ears = platform(nats)
    forged = Note("anpr/v1/box-1/status", b"forged", retain=True)
    mouth = thief(nats, "anything", "anpr/v1/box-2/receipt", forged)
    for name in ("box-1/alarm", "box-1/status", "box-1/receipt", "updates", "platform/alarm"):
        mouth.publish(Note(f"anpr/v1/{name}", b"forged", retain="status" in name))
    mouth.settle(10)
    torn(mouth)
    own = Note("anpr/v1/box-2/status", b"own")
    torn(thief(nats, "another", "anpr/v1/box-2/receipt", own))
    assert {item.topic for item in heard(ears, b"own")} == {"anpr/v1/box-2/status"}
    ears.close()


def test_attack_hearing_on_a_cluster_what_another_box_is_told(nats: NatsCluster) -> None:
    for pattern in ("anpr/v1/#", "anpr/v1/+/+", "anpr/v1/box-1/receipt", "#", "+/#"):
        with pytest.raises(FeedError, match="Refused"):
            thief(nats, "box-2", pattern)
    for pattern in ("$MQTT/sub/#", "$MQTT/sub/+", "$MQTT/+/+", "$SYS/#", "$JS/#"):
        with pytest.raises(FeedError, match="Refused"):
            thief(nats, "box-2", pattern)


def test_attack_client_id_takeover_on_a_cluster(nats: NatsCluster) -> None:
    """A box can throw another out that way, as no user has a client id here, but hears nothing."""
    first = box(nats)
    robber = thief(nats, "anpr-edge-box-1", "anpr/v1/box-2/receipt")
    ears = platform(nats)
    ears.publish(Note("anpr/v1/box-1/receipt", b"secret"))
    ears.settle(10)
    assert [i for i in robber.receive(3) if isinstance(i, Arrived)] == []
    robber.close()
    first._session.close()
    again, answers = box(nats), list[bytes]()
    again.on_receipt(answers.append)
    ears.publish(Note("anpr/v1/box-1/receipt", b"word"))

    def answered() -> bool:
        again.exchange(0.1)
        return b"word" in answers

    wait_for(answered, "the receipt of the box")
    again.close()
    ears.close()

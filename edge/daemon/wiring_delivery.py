"""The ways on which records and pictures leave a box, and on which hints of updates come."""

from collections.abc import Callable

from edge.config import Config
from edge.daemon.hearing import Hearing
from edge.errors import ConfigError
from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.evidence import HttpsEvidence, SpoolEvidence, secured
from edge.feed.hint import Hint
from edge.feed.mqtt import MqttPublisher, unheard
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.feed.spool import SpoolPublisher
from edge.ports import Clock, EvidencePublisher, Publisher
from edge.record.keys import load_public
from edge.record.message import Receipt
from edge.witness import WitnessFile


def hint(config: Config) -> Hint:
    """Return what notes on the disk that updates may have come."""
    return Hint(config.box.state / "updates" / "hint")


def receipts(config: Config, outbox: Outbox, clock: Clock) -> Callable[[bytes], Receipt]:
    """Return what reads receipts, and lets each bear witness to the clock.

    It raises RecordError for one that cannot be proven.
    """
    read = receipt_reader(outbox.box, load_public(config.keys.platform))
    return Hearing(outbox, clock, WitnessFile(config.box.state), read)


def evidence_publisher(config: Config) -> EvidencePublisher | None:
    """Return the way on which released pictures leave; None where the configuration names none.

    Raises FeedError when its certificates cannot be used.
    """
    uplink = config.uplink
    if uplink.publisher == "spool":
        return None if uplink.spool is None else SpoolEvidence(uplink.spool, config.box.id)
    if uplink.evidence is None:
        return None
    context = secured(uplink.ca, uplink.cert, uplink.key)
    return HttpsEvidence(uplink.evidence, config.box.id, context)


def way(config: Config, take_hint: Callable[[str], None] = unheard) -> Callable[[], Publisher]:
    """Return what opens the way to the platform, again and again; a stick brings no hints.

    It raises FeedError while that is closed. Raises ConfigError when the spool has no folder.
    """
    uplink, box = config.uplink, config.box.id
    if uplink.publisher == "mqtt":
        files = (uplink.ca, uplink.cert, uplink.key)
        cluster = Cluster([BrokerAddress(host, uplink.port, *files) for host in uplink.hosts])
        return lambda: cluster.open(lambda server: MqttPublisher.connect(box, server, take_hint))
    folder = uplink.spool
    if folder is None:
        raise ConfigError(
            "uplink.publisher is spool, but uplink.spool names no folder.",
            "Set uplink.spool to a folder, such as that of the stick.",
        )
    return lambda: SpoolPublisher(folder, box)

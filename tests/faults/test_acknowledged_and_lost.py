"""kill -9 of a broker that acknowledged records, and kept them in memory alone or lost its disk.

Mosquitto as Debian ships it: persistence is on, and what it holds is written every half hour.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.records import records
from edge.daemon.uplink import Pace, Uplink
from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.mqtt import MqttPublisher
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.ports import Publisher
from edge.record.envelope import Keyring, seal
from edge.record.keys import load_public, load_signer, load_trusted
from edge.types import Envelope
from tests.chains import STORAGE_KEY, alarm
from tests.mosquitto import Mosquitto, find_mosquitto, wait_for
from tools.make_keys import make_keys
from tools.receive.accounts import Account
from tools.receive.listen import Listener, Until, listening
from tools.receive.store import Store

KILLS = int(os.environ.get("ANPR_EDGE_BROKER_KILLS", "3"))  # `make soak` asks for 20
EACH, LATER = 50, 10
"""Fewer than an uplink sends ahead of the receipts."""
AS_SHIPPED = "persistence true\npersistence_location {folder}/\nautosave_interval 1800"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir(mode=0o777)
    found = Mosquitto(find_mosquitto(), tmp_path, AS_SHIPPED.format(folder=folder))
    found.start()
    yield found
    found.kill()


class Site:
    """A box that has something to say, and a platform that does not always listen."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        CliRunner().invoke(make_keys, ["--box", "box-1", "--out", str(folder / "keys")])
        self.keys, self.database, self.broker = folder / "keys", folder / "db.sqlite", broker
        self.outbox = Outbox.open(folder / "outbox.sqlite", "box-1", STORAGE_KEY, 0)
        self.accepted: list[Envelope] = []
        self._signer = load_signer(self.keys / "box.pem")

    def trusted(self) -> Keyring:
        return load_trusted(self.keys / "boxes.jwks")

    def append(self, count: int) -> None:
        for _ in range(count):
            self.outbox.append(seal(alarm(self.outbox.next_link(), "box-1"), self._signer))

    def uplink(self, pace: Pace) -> Uplink:
        reader = receipt_reader("box-1", load_public(self.keys / "platform.jwk"))
        return Uplink(self.outbox, self._connect, reader, pace)

    def listen(self, until: Until, between: Callable[[], None] = lambda: None) -> int:
        """Receive for a while; return how many records the platform then holds."""

        def stopped() -> bool:
            between()
            return False

        cluster = Cluster([BrokerAddress(self.broker.host, self.broker.port)])
        with Store.open(self.database, self.trusted) as store:
            signer = load_signer(self.keys / "platform.pem")
            Listener(store, signer, cluster, listening("receiver")).run(until, stopped)
            return store.total()

    def account(self) -> Account:
        """Return what the platform's report says of the box."""
        with Store.open(self.database, self.trusted) as store:
            (found,) = store.accounts()
        return found

    def _connect(self) -> Publisher:
        publisher = MqttPublisher.connect("box-1", self.broker)
        publisher.on_accepted(self.accepted.append)
        return publisher


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto) -> Iterator[Site]:
    made = Site(tmp_path, broker)
    made.listen(Until(idle_s=0.1))  # the broker keeps its session, and queues for it
    yield made
    made.outbox.close()


def until_acknowledged(site: Site, uplink: Uplink) -> None:
    """Send until the broker has said of every record that it has it."""
    already = len(site.accepted)

    def all_are() -> bool:
        uplink.step(0.05)
        return len({envelope.seq for envelope in site.accepted[already:]}) == EACH

    site.append(EACH)
    wait_for(all_are, "the broker's acknowledgements")


def test_what_a_broker_acknowledged_and_lost_is_sent_again(site: Site, broker: Mosquitto) -> None:
    uplink = site.uplink(Pace(retry_s=0.05, patience_s=1.0))
    for kill in range(1, KILLS + 1):
        until_acknowledged(site, uplink)
        broker.kill()
        broker.start()
        assert site.outbox.backlog().records == EACH
        held = site.listen(Until(records=kill * EACH), partial(uplink.step, 0.05))
        wait_for(partial(is_empty, site, uplink), "the last receipt")
        assert held == kill * EACH
    uplink.close()
    keys = ("--keys", str(site.keys / "boxes.jwks"))
    proof = CliRunner().invoke(records, ["verify", str(site.database), *keys])
    assert proof.exit_code == 0, proof.output
    assert f"{KILLS * EACH} records proven" in proof.output
    print(f"{KILLS} kills of the broker: {KILLS * EACH} acknowledged records, 0 lost")


def is_empty(site: Site, uplink: Uplink) -> bool:
    uplink.step(0.05)
    return not site.outbox.backlog().records


def burn(broker: Mosquitto, folder: Path) -> None:
    """Kill a broker, and give it a new disk."""
    broker.kill()
    shutil.rmtree(folder / "broker")
    (folder / "broker").mkdir(mode=0o777)
    broker.start()


def test_a_broker_that_lost_its_disk_gets_all_that_has_no_receipt_again(
    site: Site, broker: Mosquitto, tmp_path: Path
) -> None:
    uplink = site.uplink(Pace(retry_s=0.05, patience_s=1.0))
    until_acknowledged(site, uplink)
    burn(broker, tmp_path)
    assert site.listen(Until(idle_s=0.5)) == 0  # what it acknowledged, it has lost
    assert site.outbox.backlog().records == EACH
    held = site.listen(Until(records=EACH), partial(uplink.step, 0.05))
    wait_for(partial(is_empty, site, uplink), "the last receipt")
    uplink.close()
    assert held == EACH
    assert site.account().is_sound


def test_the_hole_that_a_burnt_broker_leaves_without_receipts_is_told(
    site: Site, broker: Mosquitto, tmp_path: Path
) -> None:
    """The control: what the box forgot is gone, and nothing after it counts as proven."""
    uplink = site.uplink(Pace(ack="puback", retry_s=0.05))
    site.append(EACH)
    wait_for(partial(is_empty, site, uplink), "the broker's acknowledgements")
    burn(broker, tmp_path)
    site.listen(Until(idle_s=0.5))
    site.append(LATER)
    wait_for(partial(is_empty, site, uplink), "the broker's acknowledgements")
    uplink.close()
    assert site.listen(Until(idle_s=1.0)) == 0
    account = site.account()
    assert (account.waiting, account.gaps, account.verified) == (LATER, EACH, 0)
    assert not account.is_sound


def test_without_receipts_they_are_lost(site: Site, broker: Mosquitto) -> None:
    """The control: an uplink that believes the broker forgets what nobody stored."""
    pace = Pace(ack="puback", retry_s=0.05)
    uplink = site.uplink(pace)
    site.append(EACH)
    wait_for(partial(is_empty, site, uplink), "the broker's acknowledgements")
    broker.kill()
    broker.start()
    uplink.close()
    assert site.listen(Until(idle_s=1.0)) == 0

"""kill -9 of receivers that share the load, and of their PostgreSQL: every record arrives once."""

import os
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.records import records
from edge.daemon.uplink import Pace, Uplink
from edge.feed.mqtt import MqttPublisher
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.record.envelope import seal
from edge.record.keys import load_public, load_signer
from tests.chains import STORAGE_KEY, alarm
from tests.faults.test_delivery_killed import Parked
from tests.mosquitto import Mosquitto, wait_for
from tests.postgres import Postgres
from tools.make_keys import make_keys
from tools.receive.accounts import Account
from tools.receive.store import Store

KILLS = int(os.environ.get("ANPR_EDGE_RECEIVER_KILLS", "6"))  # `make soak` asks for 200
MOST_RECORDS, LONGEST_S = 60, 0.2
HURRIED = Pace(patience_s=0.4, retry_s=0.05, retry_limit_s=0.5, poll_s=0.01)
"""An uplink that asks again soon: what a dead receiver had comes again from the box."""


class Platform:
    """A box that has much to say, two receivers of one group, and their database."""

    def __init__(self, folder: Path, broker: Mosquitto, postgres: Postgres) -> None:
        self.folder, self.postgres, self.appended = folder, postgres, 0
        made = CliRunner().invoke(make_keys, ["--box", "box-1", "--out", str(folder / "keys")])
        assert made.exit_code == 0
        self.address = postgres.address()
        (folder / "database").write_text(self.address)
        self._signer = load_signer(folder / "keys/box.pem")
        self.outbox = Outbox.open(folder / "outbox.sqlite", "box-1", STORAGE_KEY, 0)
        reader = receipt_reader("box-1", load_public(folder / "keys/platform.jwk"))
        connect = partial(MqttPublisher.connect, "box-1", broker)
        self.uplink = Uplink(self.outbox, connect, reader, HURRIED)
        self.members = [Parked("member", folder, broker.port) for _ in range(2)]

    def append(self, count: int) -> None:
        for _ in range(count):
            self.outbox.append(seal(alarm(self.outbox.next_link(), "box-1"), self._signer))
        self.appended += count

    def deliver(self, for_s: float) -> None:
        ends_at = time.monotonic() + for_s
        while time.monotonic() < ends_at:
            self.uplink.step(0.01)

    def deliver_all(self) -> None:
        def done() -> bool:
            self.uplink.step(0.02)
            return self.outbox.backlog().records == 0

        wait_for(done, "the last receipt", 60)

    def account(self) -> Account:
        with Store.open(self.address) as store:
            (found,) = store.accounts()
        return found

    def proof(self) -> str:
        copy = self.folder / f"copy-{self.appended}.sqlite"
        with Store.open(self.address) as store:
            store.copy_to(copy)
        words = ["verify", str(copy), "--keys", str(self.folder / "keys/boxes.jwks")]
        return CliRunner().invoke(records, words).output


@pytest.fixture
def platform(tmp_path: Path, broker: Mosquitto, own_postgres: Postgres) -> Iterator[Platform]:
    made = Platform(tmp_path, broker, own_postgres)
    yield made
    made.uplink.close()
    made.outbox.close()
    for member in made.members:
        member.end()


def test_two_receivers_share_what_one_box_sends(platform: Platform) -> None:
    for member in platform.members:
        member.live()
    platform.append(200)
    platform.deliver_all()
    for member in platform.members:
        member.die()
    account = platform.account()
    assert (account.verified, account.waiting, account.forks, account.refused) == (200, 0, 0, 0)
    assert "200 records proven (epoch 1: 1-200); the chain is whole." in platform.proof()


def test_killed_at_any_moment_receivers_and_database_lose_nothing(platform: Platform) -> None:
    chance = random.Random(20261129)
    for member in platform.members:
        member.live()
    for kill in range(KILLS):
        platform.append(chance.randrange(MOST_RECORDS))
        platform.deliver(chance.random() * LONGEST_S)
        if kill % 3 == 2:
            platform.postgres.kill()
            platform.deliver(chance.random() * LONGEST_S)
            platform.postgres.start()
        else:
            victim = platform.members[kill % 3]
            victim.die()
            platform.deliver(chance.random() * LONGEST_S)
            victim.live()
    platform.append(1)
    platform.deliver_all()
    for member in platform.members:
        member.die()
    account = platform.account()
    print(f"{KILLS} kills: {account.verified} records held once, {account.duplicates} sent again")
    assert account.verified == platform.appended
    assert (account.waiting, account.forks, account.refused) == (0, 0, 0)
    assert f"(epoch 1: 1-{platform.appended}); the chain is whole." in platform.proof()

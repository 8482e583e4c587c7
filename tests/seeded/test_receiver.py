"""A receiver that acknowledges before it commits is found: what it loses, the gap names.

It is killed with -9 exactly between two of its steps (`tests/seeded/receiver.py`), with a real
broker between it and the box. The same deaths in the true order lose nothing: that is the control,
and it fails as soon as the receiver itself answers too early.
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner

from edge.cli.records import records
from edge.daemon.uplink import Pace, Uplink
from edge.feed.cluster import BrokerAddress, Cluster
from edge.record.keys import load_signer
from tests.conftest import REPOSITORY
from tests.faults.test_acknowledged_and_lost import Site
from tests.mosquitto import Mosquitto, wait_for
from tests.mosquitto import broker as broker
from tests.postgres import Postgres
from tests.postgres import postgres_server as postgres_server
from tests.seeded.receiver import ACKNOWLEDGED, COMMITTED, POINTS, RECEIPT_LEFT, WRITTEN
from tools.receive.accounts import Account
from tools.receive.listen import Listener, Until, listening
from tools.receive.store import Store

BEFORE, AFTER = 2, 2
"""Records that a true receiver takes before, and after, the one that meets the seeded one."""
ALL = BEFORE + 1 + AFTER
Ack = Literal["receipt", "puback"]


class Story:
    """One record meets a receiver that dies at a point; true ones come before and after it."""

    def __init__(self, site: Site, address: str, ack: Ack) -> None:
        self.site, self.address = site, address
        self._ack = ack
        # It sends nothing again by itself, however slow the machine is.
        self._uplink: Uplink = site.uplink(Pace(ack=ack, patience_s=600.0, retry_s=0.05))

    def told(self, point: str, *early: str, broker_too: bool = False) -> Account:
        """Return how the platform stands with the box when all has come that still can.

        `broker_too`: the broker dies after it, and forgets what nobody acknowledged.
        """
        self._append(BEFORE)
        self._receive(lambda found: found.verified == BEFORE and not self.waits())
        with subprocess.Popen(self._command(point, early), cwd=REPOSITORY) as doomed:
            self._append(1)
            wait_for(lambda: self._stepped(doomed.poll), "its death")
            assert doomed.returncode == -signal.SIGKILL
        if RECEIPT_LEFT in early or self._ack == "puback":
            wait_for(lambda: self._stepped(lambda: None if self.waits() else 0), "its word")
        else:
            self._uplink.close()  # a new connection: what has no receipt is sent again
        if broker_too:
            self.site.broker.kill()
            self.site.broker.start()
        self._receive(lambda _: not self.waits())
        self._append(AFTER)
        return self._receive(lambda found: found.verified == ALL or found.waiting == AFTER)

    def waits(self) -> int:
        return self.site.outbox.backlog().records

    def proof(self) -> str:
        """Return what an auditor is told of what the platform holds."""
        copy = self.site.keys.parent / "copy.sqlite"
        with Store.open(self.address) as store:
            store.copy_to(copy)
        words = ["verify", str(copy), "--keys", str(self.site.keys / "boxes.jwks")]
        return CliRunner().invoke(records, words).output

    def close(self) -> None:
        self._uplink.close()
        self.site.outbox.close()

    def _append(self, count: int) -> None:
        self.site.append(count)

    def _stepped(self, ended: Callable[[], int | None]) -> bool:
        self._uplink.step(0.02)
        return ended() is not None

    def _receive(self, over: Callable[[Account], bool]) -> Account:
        """Let a true receiver and the uplink work until nothing more is to come."""
        signer = load_signer(self.site.keys / "platform.pem")
        cluster = Cluster([BrokerAddress(self.site.broker.host, self.site.broker.port)])
        with Store.open(self.address, self.site.trusted) as store:

            def stopped() -> bool:
                self._uplink.step(0.02)
                return any(over(account) for account in store.accounts())

            Listener(store, signer, cluster, listening("receiver")).run(Until(idle_s=30.0), stopped)
            (found,) = store.accounts()
        return found

    def _command(self, point: str, early: tuple[str, ...]) -> list[str]:
        port = str(self.site.broker.port)
        words = (self.address, str(self.site.keys), port, point, *early)
        return [sys.executable, "-m", "tests.seeded.receiver", *words]


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of the platform."""
    if request.param == "sqlite":
        return str(tmp_path / "received.sqlite")
    server = request.getfixturevalue("postgres_server")
    assert isinstance(server, Postgres)
    return server.address()


Begin = Callable[[str, Ack], Story]


@pytest.fixture
def begin(tmp_path: Path, broker: Mosquitto) -> Iterator[Begin]:
    begun: list[Story] = []

    def make(address: str, ack: Ack) -> Story:
        begun.append(Story(Site(tmp_path, broker), address, ack))
        begun[-1].site.database = Path(address)
        return begun[-1]

    yield make
    for story in begun:
        story.close()


LOST = f"{BEFORE + 1}"


def refuted(story: Story, account: Account) -> None:
    """The box forgot a record that the platform does not have; report and proof say which."""
    assert (account.verified, account.waiting, account.gaps) == (BEFORE, AFTER, 1)
    assert not account.is_sound
    assert f"Record {LOST} is missing" in " ".join(story.proof().split())


def test_an_answer_before_the_commit_loses_a_record_and_it_is_found(begin, address) -> None:
    story = begin(address, "receipt")
    refuted(story, story.told(ACKNOWLEDGED, RECEIPT_LEFT, ACKNOWLEDGED))


def test_so_does_a_receipt_alone_when_the_broker_dies_as_well(begin, address) -> None:
    story = begin(address, "receipt")
    refuted(story, story.told(RECEIPT_LEFT, RECEIPT_LEFT, broker_too=True))


def test_an_acknowledgement_before_the_commit_alone_loses_none_to_a_box_that_waits_for_receipts(
    begin, tmp_path
) -> None:
    story = begin(str(tmp_path / "received.sqlite"), "receipt")
    account = story.told(ACKNOWLEDGED, ACKNOWLEDGED)
    assert (account.verified, account.waiting, account.gaps) == (ALL, 0, 0)


def test_but_it_loses_a_record_of_a_box_that_believes_the_broker(begin, tmp_path) -> None:
    story = begin(str(tmp_path / "received.sqlite"), "puback")
    refuted(story, story.told(ACKNOWLEDGED, ACKNOWLEDGED))


@pytest.mark.parametrize(
    ("ack", "point"),
    [*(("receipt", point) for point in POINTS), ("puback", WRITTEN), ("puback", ACKNOWLEDGED)],
)
def test_the_true_order_loses_nothing_wherever_it_dies(begin, tmp_path, ack, point) -> None:
    story = begin(str(tmp_path / "received.sqlite"), ack)
    account = story.told(point, broker_too=ack == "receipt")
    assert (account.verified, account.waiting, account.gaps) == (ALL, 0, 0)
    assert account.is_sound
    assert f"{ALL} records proven" in story.proof()


@pytest.mark.parametrize("point", [WRITTEN, COMMITTED])
def test_nor_does_it_on_a_server(begin, postgres_server, point) -> None:
    account = begin(postgres_server.address(), "receipt").told(point)
    assert (account.verified, account.waiting, account.gaps) == (ALL, 0, 0)

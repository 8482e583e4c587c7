"""One simulated box: outbox, signer and uplink are the real ones, only its road is made up."""

import time
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from edge.daemon.uplink import Pace, Uplink
from edge.errors import FeedError
from edge.feed.cluster import BrokerAddress, Cluster
from edge.feed.mqtt import MqttPublisher, unheard
from edge.feed.outbox import Outbox
from edge.feed.receipts import receipt_reader
from edge.ports import Publisher
from edge.record.chain import Head
from edge.record.envelope import TrustedKey, seal
from edge.record.signer import FileSigner
from tools.fleet.life import Life
from tools.fleet.members import Member
from tools.fleet.wire import Wire

NO_BALLAST = 0


class Written(NamedTuple):
    """A record that a box holds on its disk from `at` on (seconds since 1970)."""

    box: str
    epoch: int
    seq: int
    sha256: str
    kind: str
    size: int
    at: float


@dataclass(frozen=True, slots=True)
class Platform:
    """What boxes are told of it: its addresses, the key of its receipts, how to deliver."""

    hosts: tuple[str, ...]
    port: int
    trusted: TrustedKey
    pace: Pace


@dataclass(frozen=True, slots=True)
class Road:
    """What the boxes of a process share: the wire, and which of them have something to do."""

    wire: Wire
    awake: "set[Box]"


class Kept(Outbox):
    """The outbox, and how much of it still waits."""

    waiting = 0

    def forget_through(self, last: Head) -> int:
        """Delete what a receipt covers, and count it."""
        gone = super().forget_through(last)
        self.waiting -= gone
        return gone


class Box:
    """Writes records, and brings them home as the real uplink does."""

    def __init__(self, member: Member, path: Path, platform: Platform, road: Road) -> None:
        """Open its outbox, new or as it was left."""
        self.member, self.path = member, path
        self.outbox = Kept.open(path, member.box, member.storage, NO_BALLAST)
        self.outbox.waiting = self.outbox.backlog().records
        self._signer = FileSigner(member.key)
        self._road, self._drive = road, road.wire.drive(self.wake)
        self._cluster = Cluster([_address(host, platform, member) for host in platform.hosts])
        reader = receipt_reader(member.box, platform.trusted)
        self.uplink = Uplink(self.outbox, self._answered, reader, platform.pace)
        self.is_away, self._advanced_at = True, 0.0
        self._call: Future[Publisher] | None = None

    @property
    def is_connected(self) -> bool:
        """True while its way is open."""
        return self.uplink.opens_at() is None

    def wake(self) -> None:
        """Ask to be advanced: there is something to do. From any thread."""
        self._road.awake.add(self)

    def is_due(self, now: float, silent_s: float) -> bool:
        """True when it may call the broker, or has waited for a receipt for so long."""
        if not self.is_connected:
            return not self.is_away and self._call is None
        return bool(self.outbox.waiting) and now - self._advanced_at > silent_s

    def write(self, life: Life, sort: str | None = None) -> Written:
        """Let something happen, and put the signed record of it on the disk."""
        sort = sort or life.draw()
        outbox = self.outbox
        message = life.write(sort, outbox.next_link(), outbox.since_checkpoint(), _now())
        envelope = seal(message, self._signer)
        outbox.append(envelope)
        outbox.waiting += 1
        life.told(sort, envelope)
        at = time.time()
        self.wake()
        e = envelope
        return Written(e.box, e.epoch, e.seq, e.sha256, e.kind, len(e.jws), at)

    def advance(self, calls: Executor) -> None:
        """Do what is due: send, take receipts, call a broker that is away again.

        A call waits for answers, so it is made in another thread; the uplink has its outcome.
        """
        self._advanced_at = time.monotonic()
        opens_at = self.uplink.opens_at()
        if opens_at is None:
            self.uplink.step(0)
        elif self._call is None:
            if not self.is_away and time.monotonic() >= opens_at:
                self._call = calls.submit(self._dial)
                self._call.add_done_callback(lambda call: self._ring())
        elif self._call.done():
            self._end_call()

    def go_away(self) -> None:
        """Be out of reach from now on; what is written waits."""
        self.is_away = True
        with suppress(FeedError):
            self.uplink.close()

    def close(self) -> None:
        """Leave, and let go of the files."""
        self.go_away()
        self.outbox.close()

    def _dial(self) -> Publisher:
        box, drive = self.member.box, self._drive
        return self._cluster.open(lambda server: MqttPublisher.connect(box, server, unheard, drive))

    def _end_call(self) -> None:
        if self.is_away:  # it went away while it called
            with suppress(FeedError):
                self._answered().close()
        else:
            self.uplink.step(0)

    def _answered(self) -> Publisher:
        call, self._call = self._call, None
        if call is None:
            raise FeedError("Nobody has called.", "Call first.")
        return call.result()

    def _ring(self) -> None:
        self.wake()
        self._road.wire.ring()


def _address(host: str, platform: Platform, member: Member) -> BrokerAddress:
    papers = member.papers
    if papers is None:
        return BrokerAddress(host, platform.port)
    return BrokerAddress(host, platform.port, papers.ca, papers.cert, papers.key)


def _now() -> datetime:
    return datetime.now(UTC)

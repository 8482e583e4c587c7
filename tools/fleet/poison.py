"""Messages that must not be taken: each sort sent by a box that has a certificate."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from joserfc.jwk import OKPKey

from edge.errors import FeedError
from edge.feed.session import Broker, Note, Refused, Role, Session
from edge.feed.since import Since
from edge.feed.topics import RECEIPT, topic
from edge.record.chain import next_link
from edge.record.envelope import Flaw, seal
from edge.record.signer import FileSigner
from edge.types import Envelope
from tools.fleet.life import Life
from tools.fleet.members import Member
from tools.fleet.plan import Daily

TOO_LONG, FAR_TOO_LONG = 125_000, 150_000
"""Above what a record may be, and above what the broker takes (mosquitto.conf)."""
SETTLE_S = 20.0
BROKER, KEPT_OUT = "the broker", "kept out by the broker"
EACH = 10


@dataclass(frozen=True, slots=True)
class Bad:
    """One sort of bad message; `reason` is the receiver's, or that the broker refuses it."""

    reason: str
    kind: str
    make: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, by sort, and what the broker refused of it; the reasons that are due.

    `victim` is the box in whose name some was sent: nothing of that may have arrived.
    """

    victim: str
    sent: Mapping[str, int]
    refused_by_broker: Mapping[str, int]
    reasons: Mapping[str, str]


def send(broker: Broker, member: Member, victim: str, speaks: bool = True) -> Sent:
    """Send some of each sort in the name of a box; `speaks`: the broker says what it refuses.

    Raises FeedError.
    """
    sorts, each = _sorts(member, victim, BROKER if speaks else Flaw.MALFORMED), EACH
    refused = {sort: sum(_hung_up(broker, member.box, bad, each)) for sort, bad in sorts.items()}
    reasons = {sort: bad.reason for sort, bad in sorts.items()}
    return Sent(victim, dict.fromkeys(sorts, each), refused, reasons)


def _hung_up(broker: Broker, box: str, bad: Bad, each: int) -> Iterator[int]:
    """Send some, and yield how many the broker refused of them; it may hang up on one."""
    where = bad.kind if "/" in bad.kind else topic(box, bad.kind)
    left = each
    while left:
        session = Session.open(broker, Role(box, topic(box, RECEIPT), is_lasting=False, qos=0))
        refused = 0
        try:
            while left:
                left -= 1
                session.publish(Note(where, bad.make()))
                session.settle(SETTLE_S)
                refused = sum(isinstance(item, Refused) for item in session.receive(0))
                yield refused
        except FeedError:
            yield 1
        session.close()


def _sorts(member: Member, victim: str, far_too_long: str) -> dict[str, Bad]:
    own, stranger = FileSigner(member.key), FileSigner(OKPKey.generate_key("Ed25519"))

    def record(box: str, signer: FileSigner) -> Envelope:
        life = Life(box, Daily(), Random())
        message = life.write("complying", next_link(None), Since(None, {}), datetime.now(UTC))
        return seal(message, signer)

    def forged() -> bytes:
        header, payload, signature = record(member.box, own).jws.split(b".")
        _, other, _ = record(member.box, own).jws.split(b".")
        return b".".join((header, other if other != payload else payload[::-1], signature))

    return {
        "malformed": Bad(Flaw.MALFORMED, "passage", lambda: b"not a record"),
        "oversized": Bad(Flaw.MALFORMED, "passage", lambda: b"x" * TOO_LONG),
        "wrong key": Bad(Flaw.WRONG_KEY, "passage", lambda: record(member.box, stranger).jws),
        "forged": Bad(Flaw.ALTERED, "passage", forged),
        "another box's name": Bad(Flaw.OTHER_BOX, "passage", lambda: record(victim, own).jws),
        "larger than a message may be": Bad(far_too_long, "passage", lambda: b"x" * FAR_TOO_LONG),
        "unknown topic": Bad(KEPT_OUT, f"anpr/v1/{victim}/passage", lambda: b"not ours"),
    }

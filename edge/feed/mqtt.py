"""Envelopes to an MQTT broker, receipts and hints back."""

import hashlib
from collections.abc import Callable

from edge.feed.session import OWN_THREAD, Arrived, Broker, Drive, Note, Refused, Role, Session
from edge.feed.topics import RECEIPT, STATUS, UPDATES, topic
from edge.types import Envelope

ONLINE, OFFLINE = b"online", b"offline"


def unheard(sha256: str) -> None:
    """Leave a hint unheard."""


class MqttPublisher:
    """Publishes below `anpr/v1/<box>`; implements `Publisher`.

    The retained status topic says online, and the broker says offline when the box vanishes. It
    keeps nothing else of a box: each receipt says all that the ones before it said, and one that
    is lost comes again, for the box sends again what has none.
    """

    def __init__(self, box: str, session: Session, take_hint: Callable[[str], None]) -> None:
        """Use `MqttPublisher.connect`."""
        self._box, self._session, self._take_hint = box, session, take_hint
        self._hint: str | None = None
        self._sent: dict[int, Envelope] = {}
        self._take_receipt: Callable[[bytes], None] = lambda jws: None
        self._take_accepted: Callable[[Envelope], None] = lambda envelope: None

    @classmethod
    def connect(
        cls,
        box: str,
        broker: Broker,
        take_hint: Callable[[str], None] = unheard,
        drive: Drive = OWN_THREAD,
    ) -> "MqttPublisher":
        """Connect as a box; `take_hint` gets the hash of the hint that stands, again and again.

        Raises FeedError when the broker cannot be reached or refuses.
        """
        will = Note(topic(box, STATUS), OFFLINE, retain=True)
        name, listen = f"anpr-edge-{box}", topic(box, RECEIPT)
        role = Role(name, listen, will, overhear=UPDATES, is_lasting=False, qos=0)
        session = Session.open(broker, role, drive)
        session.publish(Note(topic(box, STATUS), ONLINE, retain=True))
        return cls(box, session, take_hint)

    def publish(self, envelope: Envelope) -> None:
        """Hand one envelope to the broker.

        Raises FeedError when the connection is gone.
        """
        mid = self._session.publish(Note(topic(self._box, envelope.kind), envelope.jws))
        self._sent[mid] = envelope

    def exchange(self, wait_s: float) -> None:
        """Pass on receipts and acknowledgements, waiting at most `wait_s` for the first.

        Raises FeedError when the connection is gone.
        """
        for item in self._session.receive(wait_s):
            if isinstance(item, Arrived) and item.topic == UPDATES:
                self._hint = hashlib.sha256(item.payload).hexdigest() if item.payload else None
            elif isinstance(item, Arrived):
                self._take_receipt(item.payload)
            elif isinstance(item, Refused):  # it waits on in the outbox, and is sent again
                self._sent.pop(item.mid, None)
            elif item.mid in self._sent:  # else that of the status
                self._take_accepted(self._sent.pop(item.mid))
        if self._hint is not None:
            self._take_hint(self._hint)

    def on_receipt(self, take: Callable[[bytes], None]) -> None:
        """Call `take` with every receipt."""
        self._take_receipt = take

    def on_accepted(self, take: Callable[[Envelope], None]) -> None:
        """Call `take` with every envelope the broker acknowledged."""
        self._take_accepted = take

    def close(self) -> None:
        """Say offline and disconnect."""
        self._session.close(Note(topic(self._box, STATUS), OFFLINE, retain=True))

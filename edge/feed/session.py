"""One connection to an MQTT broker, used from one thread; once lost it stays lost.

MQTT 5 first, then 3.1.1: clustered brokers in use still refuse 5, so nothing here depends on
its properties. paho's network thread only fills a queue; whoever owns the session empties it.
Who has thousands of sessions drives them all from one loop: `Drive`.
"""

import logging
import queue
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, Self, TypeAlias

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import FeedError

log = logging.getLogger(__name__)
ANSWER_S = 10.0
KEEPALIVE_S = 30
IN_FLIGHT = 20
REMEMBER_S = 7 * 24 * 3600
LARGEST = 1 << 20
"""No message of ours comes near it; a broker with MQTT 5 keeps larger ones to itself."""
MOST_UNCOUNTED = 1000
"""So many messages of QoS 0 may wait for us, and half of them overheard: no record comes so."""
NAME_CA = "Name its CA (uplink.ca; for the receiver --ca), or correct the host and port."
CHECK_TLS = (
    "Check that host and port are those of a broker with TLS, and the CA, certificate and key"
    " (uplink.ca, .cert, .key; for the receiver --ca, --cert, --key)."
)
CHECK_BROKER = "Check the host and port of the broker, and that it runs and lets this name in."


class Broker(Protocol):
    """Where the broker is and how to prove who we are; a client certificate names the box."""

    @property
    def host(self) -> str: ...  # noqa: D102 - named in full
    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def ca(self) -> Path | None: ...  # noqa: D102
    @property
    def cert(self) -> Path | None: ...  # noqa: D102
    @property
    def key(self) -> Path | None: ...  # noqa: D102


class Drive(Protocol):
    """What reads and writes the network of open connections."""

    def start(self, client: paho.Client) -> None:
        """Take over a client that has just called its broker."""
        ...

    def stop(self, client: paho.Client) -> None:
        """Write what a client still has to say, if that can be, and let go of it."""
        ...


class OwnThread:
    """A thread for each connection; implements `Drive`."""

    def start(self, client: paho.Client) -> None:
        """Begin."""
        client.loop_start()

    def stop(self, client: paho.Client) -> None:
        """End, once all is written."""
        client.loop_stop()


OWN_THREAD = OwnThread()


@dataclass(frozen=True, slots=True)
class Note:
    """Something to publish, or the last will."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """Who connects, what it listens to, and what the broker says when it vanishes.

    `acknowledge_late`: messages are acknowledged by `Session.acknowledge`, not on arrival.
    `overhear` is a topic that it can do without: a broker may refuse it, and drops what does not
    fit, so that a flood of it holds up nothing else. `is_lasting`: the broker keeps what comes
    while it is away. `qos` 0: it hands out once, what is lost with the line is lost.
    """

    client_id: str
    listen: str
    will: Note | None = None
    acknowledge_late: bool = False
    overhear: str | None = None
    is_lasting: bool = True
    qos: Literal[0, 1] = 1


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the broker."""

    topic: str
    payload: bytes
    mid: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker's acknowledgement (PUBACK) of what `Session.publish` numbered `mid`."""

    mid: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker's no (PUBACK of MQTT 5 from 0x80 on) to what was numbered `mid`: it keeps nothing.

    MQTT 3.1.1 has no such answer: there a broker acknowledges what it throws away.
    """

    mid: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Answer:
    refusal: str | None


@dataclass(frozen=True, slots=True)
class _Lost:
    reason: str


Item: TypeAlias = Arrived | Accepted | Refused


class Session:
    """An open connection with a persistent session at the broker."""

    def __init__(
        self, client: paho.Client, inbox: "queue.SimpleQueue[object]", name: str, drive: Drive
    ) -> None:
        """Use `Session.open`."""
        self._client, self._inbox, self._name, self._drive = client, inbox, name, drive
        self._early: list[Item] = []
        self._unanswered: dict[int, str] = {}  # the topic of each number
        self._refused: dict[str, str] = {}  # what was told last of each topic

    @classmethod
    def open(cls, broker: Broker, role: Role, drive: Drive = OWN_THREAD) -> Self:
        """Connect and subscribe.

        Raises FeedError when the broker cannot be reached, or refuses both protocols.
        """
        with suppress(_RefusedError):
            return cls._connect(broker, role, MQTTProtocolVersion.MQTTv5, drive)
        with suppress(_TooMuchError):
            return cls._connect(broker, role, MQTTProtocolVersion.MQTTv311, drive)
        last = replace(role, overhear=None)
        return cls._connect(broker, last, MQTTProtocolVersion.MQTTv311, drive)

    def publish(self, note: Note) -> int:
        """Hand a message to the broker (QoS 1); return the number of its acknowledgement.

        Raises FeedError when the connection is gone.
        """
        sent = self._client.publish(note.topic, note.payload, qos=1, retain=note.retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise FeedError(f"The connection to {self._name} is gone.", CHECK_BROKER)
        self._unanswered[sent.mid] = note.topic
        return sent.mid

    def settle(self, within_s: float) -> None:
        """Wait until the broker has answered all that was published; what arrives is kept.

        Raises FeedError when the connection is gone.
        """
        deadline = time.monotonic() + within_s
        kept: list[Item] = []
        while self._unanswered and time.monotonic() < deadline:
            kept += self.receive(0.1)
        self._early += kept

    def receive(self, wait_s: float) -> list[Item]:
        """Return what has come, waiting at most `wait_s` for the first.

        Raises FeedError when the connection is gone and all that came has been returned.
        """
        items, self._early = self._early, []
        try:
            found = (
                self._inbox.get(timeout=wait_s)
                if wait_s and not items
                else self._inbox.get_nowait()
            )
            while not isinstance(found, _Lost):
                if isinstance(found, Accepted | Refused):
                    self._note(found)
                if isinstance(found, Item):
                    items.append(found)
                found = self._inbox.get_nowait()
        except queue.Empty:
            return items
        self._inbox.put(found)
        if items:
            return items
        raise FeedError(f"The connection to {self._name} was lost ({found.reason}).", CHECK_BROKER)

    def acknowledge(self, items: list[Arrived]) -> None:
        """Tell the broker that these messages are in safe hands."""
        for item in items:
            if item.mid:  # one of QoS 0 has no number, and a broker hangs up on an answer to it
                self._client.ack(item.mid, 1)

    def close(self, last: Note | None = None) -> None:
        """Publish a last word if there still is a connection, and leave; no will is sent."""
        if last is not None:
            self._client.publish(last.topic, last.payload, qos=1, retain=last.retain)
        self._client.disconnect()
        self._drive.stop(self._client)

    def _note(self, answer: Accepted | Refused) -> None:
        """Tell a refusal, once for each topic and reason."""
        topic = self._unanswered.pop(answer.mid, "")
        if isinstance(answer, Accepted):
            self._refused.pop(topic, None)
        elif self._refused.get(topic) != answer.reason:
            self._refused[topic] = answer.reason
            log.warning("%s refuses what goes to %s: %s", self._name, topic, answer.reason)

    @classmethod
    def _connect(
        cls, broker: Broker, role: Role, version: MQTTProtocolVersion, drive: Drive
    ) -> Self:
        inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        client = _client(role, version, inbox)
        name = f"the broker {broker.host}:{broker.port}"
        _secure(client, broker)
        try:
            _dial(client, broker, role)
        except (OSError, ValueError) as e:
            remedy = CHECK_TLS if isinstance(e, ssl.SSLError) else CHECK_BROKER
            raise FeedError(f"No connection to {name} ({_reason(e)}).", remedy) from e
        drive.start(client)
        session = cls(client, inbox, name, drive)
        try:
            session._await_yes(broker)
            client.subscribe(role.listen, qos=role.qos)
            session._await_yes(broker)
            if role.overhear is not None:
                session._overhear(role.overhear, broker)
        except FeedError:
            session.close()
            raise
        return session

    def _overhear(self, topic: str, broker: Broker) -> None:
        self._client.subscribe(topic, qos=0)
        try:
            refusal = self._await_answer(broker)
        except _RefusedError as e:
            raise _TooMuchError(e.cause, e.remedy) from e
        if refusal is not None:
            log.info("%s does not let us hear %s: %s", self._name, topic, refusal)

    def _await_yes(self, broker: Broker) -> None:
        refusal = self._await_answer(broker)
        if refusal is not None:
            raise _RefusedError(f"Refused by {self._name}: {refusal}.", CHECK_BROKER)

    def _await_answer(self, broker: Broker) -> str | None:
        """Wait for CONNACK or SUBACK and return why it was no, None for yes.

        What arrives in between is kept for `receive`.
        """
        deadline = time.monotonic() + ANSWER_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                found = self._inbox.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(found, _Answer):
                return found.refusal
            if isinstance(found, _Lost):
                raise _hung_up(self._name, broker)
            if isinstance(found, Item):
                self._early.append(found)
        raise FeedError(
            f"No answer from {self._name} within {ANSWER_S:.0f} s.",
            CHECK_TLS if broker.ca else NAME_CA,
        )


class _RefusedError(FeedError):
    """The broker answered, and the answer was no."""


class _TooMuchError(_RefusedError):
    """The broker had let us in, and hung up on a topic that we can do without."""


def _hung_up(name: str, broker: Broker) -> _RefusedError:
    """Name why the other side most likely closed the connection: it cannot say so itself."""
    if broker.ca is None:
        return _RefusedError(
            f"{name[0].upper()}{name[1:]} hung up before it answered:"
            " it expects TLS, or is no MQTT broker.",
            NAME_CA,
        )
    return _RefusedError(
        f"{name[0].upper()}{name[1:]} hung up before it answered:"
        " it wants another client certificate, is one of a cluster that is not ready,"
        " or is no MQTT broker.",
        CHECK_TLS,
    )


def _client(
    role: Role, version: MQTTProtocolVersion, inbox: "queue.SimpleQueue[object]"
) -> paho.Client:
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=role.client_id,
        clean_session=None if version == MQTTProtocolVersion.MQTTv5 else not role.is_lasting,
        protocol=version,
        reconnect_on_failure=False,
        manual_ack=role.acknowledge_late,
    )
    client.max_inflight_messages_set(IN_FLIGHT)
    client.connect_timeout = ANSWER_S
    client.on_socket_open = _send_at_once
    if role.will is not None:
        client.will_set(role.will.topic, role.will.payload, qos=1, retain=role.will.retain)
    client.on_connect = lambda c, u, flags, reason, p: inbox.put(_Answer(_refusal([reason])))
    client.on_subscribe = lambda c, u, mid, reasons, p: inbox.put(_Answer(_refusal(reasons)))
    client.on_disconnect = lambda c, u, flags, reason, p: inbox.put(_Lost(str(reason)))
    client.on_message = lambda c, u, m: _let_in(m, role, inbox)
    client.on_publish = lambda c, u, mid, reason, p: inbox.put(answered(mid, reason))
    return client


def _let_in(message: paho.MQTTMessage, role: Role, inbox: "queue.SimpleQueue[object]") -> None:
    """Take a message in; of those that the broker does not count, no more than there is room for.

    With QoS 1 it sends a few and waits for their acknowledgement; a flood of QoS 0 has no end, and
    one of what is overheard leaves room for the rest.
    """
    room = MOST_UNCOUNTED // 2 if message.topic == role.overhear else MOST_UNCOUNTED
    if message.qos or inbox.qsize() < room:
        inbox.put(Arrived(message.topic, bytes(message.payload), message.mid))


def _send_at_once(_client: paho.Client, _userdata: object, opened: object) -> None:
    """Let no small packet wait for the answer to the one before: that halves a backlog's pace."""
    if isinstance(opened, socket.socket):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _secure(client: paho.Client, broker: Broker) -> None:
    """Set TLS when a CA is named; the client certificate says which box this is.

    Raises FeedError when the files cannot be used, or would be left unused in plain text.
    """
    if broker.ca is None:
        if broker.cert is not None or broker.key is not None:
            raise FeedError(
                "A client certificate or key is set but no CA: the connection would be plain text.",
                "Set uplink.ca (for the receiver --ca), or leave certificate and key out.",
            )
        return
    try:
        context = ssl.create_default_context(cafile=broker.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if broker.cert is not None:
            context.load_cert_chain(broker.cert, broker.key)
    except OSError as e:
        raise FeedError(
            f"The TLS files of the uplink cannot be used ({_reason(e)}).",
            "Check uplink.ca, uplink.cert and uplink.key.",
        ) from e
    client.tls_set_context(context)


def _dial(client: paho.Client, broker: Broker, role: Role) -> None:
    if client.protocol != MQTTProtocolVersion.MQTTv5:
        client.connect(broker.host, broker.port, KEEPALIVE_S)
        return
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = REMEMBER_S if role.is_lasting else 0
    properties.MaximumPacketSize = LARGEST
    client.connect(
        broker.host,
        broker.port,
        KEEPALIVE_S,
        clean_start=not role.is_lasting,
        properties=properties,
    )


def answered(mid: int, reason: ReasonCode) -> Accepted | Refused:
    """Return what a PUBACK says of a message."""
    if reason.is_failure:
        return Refused(mid, f"{reason} (0x{reason.value:02x})")
    return Accepted(mid)


def _refusal(reasons: list[ReasonCode]) -> str | None:
    return next((str(reason) for reason in reasons if reason.is_failure), None)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)

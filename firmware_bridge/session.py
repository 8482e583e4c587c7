"""One conversation with one start of a device: numbers, duplicates, losses and time; no I/O.

PROTOCOL.md, sections 3 and 5. The clock is an argument, the port belongs to `link.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from firmware_bridge import messages
from firmware_bridge.alignment import Aligned, Alignment, Exchange
from firmware_bridge.fields import MalformedError
from firmware_bridge.messages import (
    Ack,
    Clock,
    ClockRequest,
    Hello,
    HelloRequest,
    Log,
    Message,
    Nack,
    Refusal,
    Status,
    Trigger,
    to_packet,
)
from firmware_bridge.packet import (
    LAST_SEQUENCE,
    VERSION,
    Noise,
    Packet,
    PacketReader,
    encode,
    next_sequence,
)

COUNTER = 1 << 32
PENDING_CLOCKS = 4


@dataclass(frozen=True, slots=True)
class SeenTrigger:
    """A trigger on the host's clock; `missed` were lost on the line just before it."""

    trigger: Trigger
    aligned: Aligned | None
    missed: int


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A hello of another major version: the first payload fields are as ever."""

    version: int
    hello: Hello


@dataclass(slots=True)
class Counts:
    """What became of the packets that came."""

    packets: int = 0
    lost: int = 0
    duplicates: int = 0
    unknown: int = 0
    malformed: int = 0
    other_version: int = 0
    triggers_missed: int = 0


Heard: TypeAlias = Hello | OtherVersion | Ack | Nack | Status | SeenTrigger | Log


class Session:
    """What was agreed with the device, and what is known of its clock, until it starts anew."""

    def __init__(self, sequence: int) -> None:
        """Number what the host sends after `sequence` (a random one keeps old answers away)."""
        self._sequence = sequence
        self._reader = PacketReader()
        self._greetings: set[int] = set()
        self._clocks: dict[int, int] = {}
        self._last_packet: Packet | None = None
        self._last_trigger: int | None = None
        self.alignment = Alignment()
        self.counts = Counts()
        self.hello: Hello | None = None
        self.open = False
        """The device was greeted, and has not started anew since."""

    @property
    def noise(self) -> Noise:
        """What came and was no packet."""
        return self._reader.noise

    @property
    def hears_no_packets(self) -> bool:
        """True while what comes is too long for a packet, so that it is not counted yet."""
        return self._reader.is_overlong

    def say(self, message: Message) -> tuple[int, bytes]:
        """Return the next sequence number, and the bytes that say the message under it."""
        self._sequence = next_sequence(self._sequence)
        return self._sequence, encode(to_packet(message, self._sequence))

    def greet(self) -> bytes:
        """Return the bytes that ask for a hello; its answer opens the session."""
        sequence, wire = self.say(HelloRequest(messages.MINOR))
        self._greetings.add(sequence)
        self.open = False
        return wire

    def ask_clock(self, now_ns: int) -> bytes:
        """Return the bytes that ask for the device's clock, to be written at once."""
        sequence, wire = self.say(ClockRequest())
        self._clocks[sequence] = now_ns
        while len(self._clocks) > PENDING_CLOCKS:
            del self._clocks[next(iter(self._clocks))]
        return wire

    def take(self, chunk: bytes, now_ns: int) -> Iterator[Heard]:
        """Take bytes that came at `now_ns`; yield what they say, without duplicates."""
        for packet in self._reader.feed(chunk):
            self.counts.packets += 1
            if packet.version != VERSION:
                yield from self._foreign(packet)
            elif self._is_new(packet):
                yield from self._understood(packet, now_ns)

    def _foreign(self, packet: Packet) -> Iterator[Heard]:
        self.counts.other_version += 1
        if packet.type == Hello.TYPE:
            try:
                yield OtherVersion(packet.version, Hello.unpack(packet.payload))
            except MalformedError:
                self.counts.malformed += 1

    def _is_new(self, packet: Packet) -> bool:
        """Count what was lost before a packet; False for the one that came last, again.

        The same number with other content is another packet: of a device that started anew.
        """
        last, self._last_packet = self._last_packet, packet
        if last is None or packet.type == Hello.TYPE:
            return True
        if packet == last:
            self.counts.duplicates += 1
            return False
        between = (packet.sequence - last.sequence - 1) % LAST_SEQUENCE
        self.counts.lost += between if between < LAST_SEQUENCE // 2 else 0
        return True

    def _understood(self, packet: Packet, now_ns: int) -> Iterator[Heard]:
        try:
            message = messages.from_packet(packet)
        except MalformedError:
            self.counts.malformed += 1
            return
        match message:
            case None:
                self.counts.unknown += 1
            case Clock():
                self._learn(message, now_ns)
            case Trigger():
                yield self._seen(message, now_ns)
            case Hello():
                self._greeted(message)
                yield message
            case Status():
                self._is_ours(message.boot_count)
                yield message
            case Nack():
                if message.reason == Refusal.NO_SESSION:
                    self._end()
                yield message
            case Ack() | Log():
                yield message
            case _:
                self.counts.unknown += 1  # what only a host says

    def _greeted(self, hello: Hello) -> None:
        """Open the session with the answer; a hello that nobody asked for ends it."""
        if hello.answers in self._greetings:
            self._is_ours(hello.boot_count)
            self._greetings.clear()
            self.hello, self.open = hello, True
        elif hello.answers == 0:
            self._end()
        else:
            self._is_ours(hello.boot_count)

    def _end(self) -> None:
        """The device started anew: nothing that is known of its clock holds any more."""
        self.hello, self.open = None, False
        self.alignment, self._last_trigger = Alignment(), None
        self._clocks.clear()

    def _learn(self, clock: Clock, now_ns: int) -> None:
        asked_ns = self._clocks.pop(clock.answers, None)
        if asked_ns is not None and self._is_ours(clock.boot_count):
            self.alignment.add(Exchange(asked_ns, clock.received_us, clock.sent_us, now_ns))

    def _seen(self, trigger: Trigger, now_ns: int) -> SeenTrigger:
        if not self._is_ours(trigger.boot_count):
            return SeenTrigger(trigger, None, 0)
        last, self._last_trigger = self._last_trigger, trigger.count
        missed = 0 if last is None else (trigger.count - last - 1) % COUNTER
        missed = missed if missed < COUNTER // 2 else 0
        self.counts.triggers_missed += missed
        return SeenTrigger(trigger, self.alignment.align(trigger.device_us, now_ns), missed)

    def _is_ours(self, boot_count: int) -> bool:
        """Return whether this is the start that was greeted; end the session where it is not."""
        if self.hello is not None and boot_count != self.hello.boot_count:
            self._end()
        return self.hello is not None

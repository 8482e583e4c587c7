"""What host and device say to each other: one frozen value per type of PROTOCOL.md, section 4.

Names end in their unit. `None` means that the device does not know. Numbers that a newer firmware
may have added (a refusal, a source, a flag) stay plain numbers: they compare equal to the enums.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, TypeAlias, TypeVar

from firmware_bridge.fields import Layout, wire
from firmware_bridge.packet import Packet

MINOR = 0
AUTOMATIC = 0xFFFF
"""A level that the device chooses by itself, as it does after each start."""


class Refusal(IntEnum):
    """Why a device did not carry out a command."""

    UNKNOWN_TYPE = 1
    MALFORMED = 2
    OUT_OF_RANGE = 3
    UNAVAILABLE = 4
    INTERLOCKED = 5
    BUSY = 6
    NO_SESSION = 7


class ResetCause(IntEnum):
    """Why a device started."""

    UNKNOWN = 0
    POWER_ON = 1
    BROWNOUT = 2
    WATCHDOG = 3
    COMMAND = 4
    PIN = 5
    FAULT = 6


class Capability(IntFlag):
    """What a device has."""

    TRIGGER = 1
    ILLUMINATOR = 2
    STROBE_SYNC = 4
    HEATER = 8
    FAN = 16
    HOST_WATCHDOG = 32
    HOST_POWER = 64


class Contact(IntFlag):
    """What is open or was moved."""

    TAMPER = 1
    DOOR_OPEN = 2
    TILTED = 4


class TriggerSource(IntEnum):
    """What saw a vehicle."""

    UNKNOWN = 0
    RADAR = 1
    LOOP = 2
    LIGHT_BARRIER = 3
    INPUT = 4
    SELF_TEST = 5


class Strobe(IntEnum):
    """When the illuminator shines."""

    CONTINUOUS = 0
    EXPOSURE = 1
    TRIGGER = 2


class RebootTarget(IntEnum):
    """What starts anew."""

    DEVICE = 0
    HOST = 1


class LogLevel(IntEnum):
    """How grave a line of the device's log is."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class HelloRequest(Layout):
    """The host opens a session."""

    TYPE: ClassVar[int] = 0x01
    minor: int = wire("u8")


@dataclass(frozen=True, slots=True)
class Hello(Layout):
    """Who the device is; `answers` 0: it has just started, and nobody asked."""

    TYPE: ClassVar[int] = 0x02
    answers: int = wire("u16")
    minor: int = wire("u8")
    reset_cause: int = wire("u8")
    boot_count: int = wire("u32")
    device_us: int = wire("u32")
    capabilities: int = wire("u32")
    device_id: bytes = wire("b16")
    firmware: str = wire("b24")


@dataclass(frozen=True, slots=True)
class Ack(Layout):
    """The device carried out a command."""

    TYPE: ClassVar[int] = 0x03
    answers: int = wire("u16")


@dataclass(frozen=True, slots=True)
class Nack(Layout):
    """The device did not carry out a command."""

    TYPE: ClassVar[int] = 0x04
    answers: int = wire("u16")
    refused_type: int = wire("u8")
    reason: int = wire("u8")


@dataclass(frozen=True, slots=True)
class ClockRequest(Layout):
    """The host asks for the device's clock."""

    TYPE: ClassVar[int] = 0x05


@dataclass(frozen=True, slots=True)
class Clock(Layout):
    """When the device had the request, and when it sent this."""

    TYPE: ClassVar[int] = 0x06
    answers: int = wire("u16")
    boot_count: int = wire("u32")
    received_us: int = wire("u32")
    sent_us: int = wire("u32")


@dataclass(frozen=True, slots=True)
class Status(Layout):
    """How the box stands: at least once a second, and at once when a contact changes."""

    TYPE: ClassVar[int] = 0x10
    boot_count: int = wire("u32")
    device_us: int = wire("u32")
    temperature_cdegc: int | None = wire("i16", unknown=-0x8000)
    humidity_permille: int | None = wire("u16", unknown=0xFFFF)
    supply_mv: int | None = wire("u16", unknown=0xFFFF)
    illuminance_mlx: int | None = wire("u32", unknown=0xFFFFFFFF)
    pitch_cdeg: int | None = wire("i16", unknown=-0x8000)
    roll_cdeg: int | None = wire("i16", unknown=-0x8000)
    contacts: int = wire("u8")
    contacts_known: int = wire("u8")
    illuminator_permille: int | None = wire("u16", unknown=0xFFFF)
    heater_permille: int | None = wire("u16", unknown=0xFFFF)
    fan_permille: int | None = wire("u16", unknown=0xFFFF)
    watchdog_left_ms: int = wire("u32")
    packets_refused: int = wire("u16")
    reports_dropped: int = wire("u16")

    def contact(self, contact: Contact) -> bool | None:
        """Return whether a contact reports, None where the device cannot tell."""
        return bool(self.contacts & contact) if self.contacts_known & contact else None


@dataclass(frozen=True, slots=True)
class Trigger(Layout):
    """A vehicle is there; `count` rises by one each, so a lost one is known."""

    TYPE: ClassVar[int] = 0x11
    boot_count: int = wire("u32")
    count: int = wire("u32")
    device_us: int = wire("u32")
    source: int = wire("u8")
    strobe_fired: int = wire("u8")


@dataclass(frozen=True, slots=True)
class Log(Layout):
    """A line of the device's log, in UTF-8."""

    TYPE: ClassVar[int] = 0x12
    device_us: int = wire("u32")
    level: int = wire("u8")
    text: str = wire("text")


@dataclass(frozen=True, slots=True)
class Illuminator(Layout):
    """Set the infrared light; pulse and delay count where it is strobed."""

    TYPE: ClassVar[int] = 0x20
    level_permille: int = wire("u16")
    strobe: int = wire("u8")
    pulse_us: int = wire("u16")
    delay_us: int = wire("u16")


@dataclass(frozen=True, slots=True)
class Climate(Layout):
    """Set heater and fan: 0..1000, or AUTOMATIC."""

    TYPE: ClassVar[int] = 0x21
    heater_permille: int = wire("u16")
    fan_permille: int = wire("u16")


@dataclass(frozen=True, slots=True)
class Watchdog(Layout):
    """Feed the watchdog: without another feed within the time, the host's power is cycled."""

    TYPE: ClassVar[int] = 0x22
    timeout_ms: int = wire("u32")


@dataclass(frozen=True, slots=True)
class Reboot(Layout):
    """Start the device or the host anew, after a delay."""

    TYPE: ClassVar[int] = 0x23
    target: int = wire("u8")
    delay_ms: int = wire("u16")


Message: TypeAlias = (
    HelloRequest
    | Hello
    | Ack
    | Nack
    | ClockRequest
    | Clock
    | Status
    | Trigger
    | Log
    | Illuminator
    | Climate
    | Watchdog
    | Reboot
)
Command: TypeAlias = Illuminator | Climate | Watchdog | Reboot
TYPES: dict[int, type[Message]] = {kind.TYPE: kind for kind in Message.__args__}
COMMAND_TYPES = range(0x20, 0x40)
"""What a device must answer, even where it does not know the type."""


def to_packet(message: Message, sequence: int) -> Packet:
    """Return the packet that carries a message."""
    return Packet(message.TYPE, sequence, message.pack())


def from_packet(packet: Packet) -> Message | None:
    """Return the message in a packet of this version, None for a type that is not known here.

    Raises MalformedError where the payload is shorter than its layout.
    """
    kind = TYPES.get(packet.type)
    return None if kind is None else kind.unpack(packet.payload)


M = TypeVar("M", bound=IntEnum)


def word(kind: type[M], number: int) -> str:
    """Return the name of a number in small letters, or the number where it has none here."""
    known = number in kind.__members__.values()
    return kind(number).name.lower() if known else str(number)

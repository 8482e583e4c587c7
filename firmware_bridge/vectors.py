"""The shared test vectors: made here, checked by every codec (PROTOCOL.md, section 8).

`python -m firmware_bridge.vectors` writes `vectors.txt` anew after a change of the protocol.
"""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from firmware_bridge import cobs
from firmware_bridge.fields import MalformedError
from firmware_bridge.messages import (
    AUTOMATIC,
    MINOR,
    TYPES,
    Ack,
    Climate,
    Clock,
    ClockRequest,
    Hello,
    HelloRequest,
    Illuminator,
    Log,
    Message,
    Nack,
    Reboot,
    Status,
    Trigger,
    Watchdog,
    to_packet,
)
from firmware_bridge.packet import CRC, HEADER, MAX_PAYLOAD, VERSION, Packet, encode

PATH = Path(__file__).parent / "vectors.txt"
HEAD = """\
# Test vectors of PROTOCOL.md, section 8. Written by `python -m firmware_bridge.vectors`.
# crc PLAIN CRC              CRC-32 of the bytes, as a number
# cobs PLAIN ENCODED         both ways
# packet WIRE DESCRIPTION    decoded it reads so, and written anew it is the same bytes
# accept WIRE DESCRIPTION    decoded it reads so: of a newer or a private peer
# refuse REASON WIRE         one refusal, no packet
# Bytes are hexadecimal, "-" is none. A description is: version type sequence name field=value...
"""
STATUS = Status(
    boot_count=42,
    device_us=4_294_967_295,
    temperature_cdegc=-1250,
    humidity_permille=455,
    supply_mv=12_100,
    illuminance_mlx=350_000,
    pitch_cdeg=-90,
    roll_cdeg=120,
    contacts=2,
    contacts_known=7,
    illuminator_permille=500,
    heater_permille=1000,
    fan_permille=0,
    watchdog_left_ms=59_000,
    packets_refused=3,
    reports_dropped=1,
)
BLIND = Status(1, 0, None, None, None, None, None, None, 0, 0, None, None, None, 0, 0, 0)
HELLO = Hello(513, MINOR, 1, 42, 1_000_000, 127, bytes(range(16)), "1.0.0+g1a2b3c4")
MESSAGES: tuple[Message, ...] = (
    HelloRequest(MINOR),
    HELLO,
    replace(HELLO, answers=0, firmware="x" * 24, device_id=b"\xff" * 16),
    Ack(513),
    Ack(0),
    Nack(65_535, 0x3F, 1),
    ClockRequest(),
    Clock(7, 42, 4_294_967_290, 4),
    STATUS,
    BLIND,
    Trigger(42, 17, 0x00FF00FF, 1, 1),
    Log(12, 3, ""),
    Log(12, 1, "Spannung fällt: 10,9 V"),
    Log(0xFFFFFFFF, 0, "x" * 234),
    Illuminator(500, 1, 150, 20),
    Climate(AUTOMATIC, 0),
    Watchdog(60_000),
    Watchdog(0),
    Reboot(1, 5000),
)


def describe(packet: Packet) -> str:
    """Return one line of text for a packet: its fields as they stand on the wire."""
    return f"{packet.version} {packet.type} {packet.sequence} {_content(packet)}"


def _content(packet: Packet) -> str:
    kind = TYPES.get(packet.type)
    if packet.version != VERSION and kind not in (Hello, HelloRequest):
        return f"other_version {_hex(packet.payload)}"
    if kind is None:
        return f"unknown {_hex(packet.payload)}"
    try:
        raw = kind.raw(packet.payload)
    except MalformedError:
        return f"malformed {_hex(packet.payload)}"
    shown = (f"{k}={_hex(v) if isinstance(v, bytes) else v}" for k, v in raw.items())
    return " ".join([name_of(kind), *shown])


def name_of(kind: type[Message]) -> str:
    """Return the name of a message as the C codec has it: `ClockRequest` -> `clock_request`."""
    name = kind.__name__
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _hex(plain: bytes) -> str:
    return plain.hex() or "-"


def lines() -> Iterator[str]:
    """Return the vectors, line by line."""
    for plain in (b"", b"123456789", bytes(32), b"\xff" * 32):
        yield f"crc {_hex(plain)} {zlib.crc32(plain):08x}"
    for plain in _plains():
        yield f"cobs {_hex(plain)} {_hex(cobs.encode(plain))}"
    for sequence, message in enumerate(MESSAGES, start=254):
        yield _told("packet", to_packet(message, sequence))
    for packet in _of_others():
        yield _told("accept", packet)
    for reason, wire in _refused():
        yield f"refuse {reason} {wire.hex()}"


def _told(kind: str, packet: Packet) -> str:
    return f"{kind} {encode(packet).hex()} {describe(packet)}"


def _plains() -> Iterator[bytes]:
    yield from (b"", b"\0", b"\0\0", b"\x01", b"\x11\x22\0\x33", b"\x11\0\0\0", b"\xff" * 5)
    yield from (bytes(range(1, 254)), bytes(range(248)), bytes(248), b"\x01" * 248)


def _of_others() -> Iterator[Packet]:
    """What a newer minor version, another major version or a private extension may send."""
    yield replace(to_packet(HELLO, 9), version=2)
    yield replace(to_packet(HELLO, 9), version=2, payload=HELLO.pack() + b"more")
    yield replace(to_packet(STATUS, 10), version=2)
    yield Packet(Ack.TYPE, 11, Ack(3).pack() + b"\x01\x02")
    yield Packet(Status.TYPE, 12, STATUS.pack() + bytes(MAX_PAYLOAD - len(STATUS.pack())))
    yield Packet(Log.TYPE, 13, Log(1, 2, "text").pack() + b"more")
    yield Packet(Status.TYPE, 14, STATUS.pack()[:-1])
    yield Packet(Log.TYPE, 15, Log(1, 2, "text").pack()[:-1])
    yield Packet(Log.TYPE, 15, b"\0" * 5)
    yield Packet(0x3F, 16, b"a later command")
    yield Packet(0xE0, 0, b"")


def _refused() -> Iterator[tuple[str, bytes]]:
    whole = encode(to_packet(Ack(513), 513))
    body = HEADER.pack(VERSION, Ack.TYPE, 1) + Ack(513).pack()
    wrong = body + CRC.pack(zlib.crc32(body) ^ 1)
    yield "bad_crc", b"\0" + cobs.encode(wrong) + b"\0"
    yield "bad_crc", whole[:4] + bytes([whole[4] ^ 0x80]) + whole[5:]
    yield "bad_cobs", whole[:-4] + whole[-1:]
    yield "bad_cobs", b"\0\xff\x01\0"
    yield "too_short", b"\0\x01\0"
    yield "too_short", b"\0" + cobs.encode(bytes(7)) + b"\0"
    yield "too_long", b"\0" + b"\x01" * 250 + b"\0"
    yield "too_long", b"\0" + b"\xaa" * 1000 + b"\0"


def text() -> str:
    """Return the whole file."""
    return HEAD + "".join(f"{line}\n" for line in lines())


if __name__ == "__main__":
    PATH.write_text(text())

"""Packets on the wire: `00`, COBS of (version, type, sequence, payload, CRC-32), `00`.

PROTOCOL.md, section 2. A reader takes any bytes, gives whole packets, and counts the rest.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_bridge import cobs

VERSION = 1
MAX_PAYLOAD = 240
HEADER = struct.Struct("<BBH")
CRC = struct.Struct("<I")
OVERHEAD = HEADER.size + CRC.size
MAX_ENCODED = MAX_PAYLOAD + OVERHEAD + 1  # below 255 bytes COBS adds one
DELIMITER = b"\0"
LAST_SEQUENCE = 0xFFFF


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet whose CRC was right, whatever its type."""

    type: int
    sequence: int
    payload: bytes
    version: int = VERSION


@dataclass(slots=True)
class Noise:
    """What came and was no packet, by reason."""

    too_long: int = 0
    bad_cobs: int = 0
    too_short: int = 0
    bad_crc: int = 0

    @property
    def total(self) -> int:
        """Everything refused."""
        return self.too_long + self.bad_cobs + self.too_short + self.bad_crc


def next_sequence(sequence: int) -> int:
    """Return the number that follows: 1..65535, for 0 means "none"."""
    return sequence % LAST_SEQUENCE + 1


def encode(packet: Packet) -> bytes:
    """Return the bytes of a packet with a delimiter on either side.

    Raises ValueError for a payload above MAX_PAYLOAD: a fault of the caller.
    """
    if len(packet.payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(packet.payload)} bytes; the most is {MAX_PAYLOAD}")
    plain = HEADER.pack(packet.version, packet.type, packet.sequence) + packet.payload
    return DELIMITER + cobs.encode(plain + CRC.pack(zlib.crc32(plain))) + DELIMITER


class PacketReader:
    """Finds packets in a stream of bytes; garbage before a packet does not cost it."""

    def __init__(self) -> None:
        """Begin between two packets."""
        self._pending = bytearray()
        self._overlong = False
        self.noise = Noise()

    @property
    def is_overlong(self) -> bool:
        """True within what is too long for a packet, and may never end: plain text, say."""
        return self._overlong

    def feed(self, chunk: bytes) -> Iterator[Packet]:
        """Take the next bytes, in pieces of any size; yield each packet they complete."""
        *ended, rest = chunk.split(DELIMITER)
        for piece in ended:
            self._keep(piece)
            packet = self._finish()
            if packet is not None:
                yield packet
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        if self._overlong or len(self._pending) + len(piece) > MAX_ENCODED:
            self._overlong = True
            self._pending.clear()
        else:
            self._pending += piece

    def _finish(self) -> Packet | None:
        encoded, overlong = bytes(self._pending), self._overlong
        self._pending.clear()
        self._overlong = False
        if overlong:
            self.noise.too_long += 1
            return None
        return self._decode(encoded) if encoded else None

    def _decode(self, encoded: bytes) -> Packet | None:
        try:
            plain = cobs.decode(encoded)
        except cobs.CobsError:
            self.noise.bad_cobs += 1
            return None
        if len(plain) < OVERHEAD:
            self.noise.too_short += 1
            return None
        body, crc = plain[: -CRC.size], plain[-CRC.size :]
        if CRC.unpack(crc)[0] != zlib.crc32(body):
            self.noise.bad_crc += 1
            return None
        version, kind, sequence = HEADER.unpack_from(body)
        return Packet(kind, sequence, body[HEADER.size :], version)

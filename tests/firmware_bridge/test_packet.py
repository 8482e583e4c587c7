import struct
import zlib

import pytest
from cobs import cobs as oracle
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware_bridge.messages import to_packet
from firmware_bridge.packet import (
    MAX_PAYLOAD,
    Packet,
    PacketReader,
    encode,
    next_sequence,
)
from firmware_bridge.vectors import MESSAGES
from tests.firmware_bridge.strategies import PACKETS, SAID, STREAMS


def read(stream: bytes) -> list[Packet]:
    return list(PacketReader().feed(stream))


@settings(deadline=None)
@given(st.lists(PACKETS, max_size=6), st.data())
def test_packets_come_out_as_they_went_in_however_the_bytes_are_cut(packets, data):
    stream = b"".join(map(encode, packets))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    reader = PacketReader()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    assert [packet for piece in pieces for packet in reader.feed(piece)] == packets
    assert reader.noise.total == 0


@settings(deadline=None)
@given(PACKETS)
def test_a_packet_is_what_the_protocol_says_byte_by_byte(packet):
    plain = struct.pack("<BBH", packet.version, packet.type, packet.sequence) + packet.payload
    plain += struct.pack("<I", zlib.crc32(plain))
    assert encode(packet) == b"\0" + oracle.encode(plain) + b"\0"


@settings(deadline=None)
@given(STREAMS, SAID)
@example(b"\x05", encode(Packet(1, 1, b"")))
@example(b"x" * 5000, encode(Packet(1, 1, b"")))
def test_after_any_garbage_the_very_next_packet_is_read(garbage, wire):
    assert read(garbage + wire)[-1:] == read(wire)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=400)))
def test_any_bytes_are_taken_without_a_fault(chunks):
    reader = PacketReader()
    for chunk in chunks:
        for packet in reader.feed(chunk):
            assert len(packet.payload) <= MAX_PAYLOAD


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_no_flipped_bit_is_accepted_wherever_it_is(message):
    wire = encode(to_packet(message, 513))
    for bit in range(8, 8 * (len(wire) - 1)):  # all but the delimiters
        damaged = bytearray(wire)
        damaged[bit // 8] ^= 1 << bit % 8
        assert read(bytes(damaged)) == []


@settings(deadline=None)
@given(SAID, st.integers(0, 7))
def test_a_flipped_delimiter_costs_its_packet_and_no_more(wire, bit):
    damaged = wire[:-1] + bytes([wire[-1] ^ 1 << bit])
    assert read(damaged + wire) == read(wire)


@settings(deadline=None)
@given(SAID, st.data())
def test_a_lost_byte_is_never_accepted(wire, data):
    at = data.draw(st.integers(1, len(wire) - 2))
    assert read(wire[:at] + wire[at + 1 :]) == []


def test_each_refusal_is_counted_under_its_reason():
    reader = PacketReader()
    list(reader.feed(b"\0" + b"x" * 250 + b"\0\xff\x01\0\x01\0" + encode(Packet(1, 1, b""))[:-2]))
    list(reader.feed(b"\0\0\0"))
    noise = reader.noise
    assert (noise.too_long, noise.bad_cobs, noise.too_short, noise.bad_crc) == (1, 2, 1, 0)
    assert noise.total == 4


def test_the_largest_packet_fits_and_a_larger_one_is_the_callers_fault():
    wire = encode(Packet(1, 1, b"\xff" * MAX_PAYLOAD))
    assert len(wire) == 251
    assert len(read(wire)) == 1
    with pytest.raises(ValueError, match="241 bytes"):
        encode(Packet(1, 1, bytes(MAX_PAYLOAD + 1)))


def test_sequences_never_are_zero():
    assert [next_sequence(n) for n in (0, 1, 65_534, 65_535)] == [1, 2, 65_535, 1]

import zlib

from firmware_bridge import cobs, vectors
from firmware_bridge.messages import TYPES, from_packet, to_packet
from firmware_bridge.packet import PacketReader, encode


def split() -> list[list[str]]:
    text = vectors.PATH.read_text()
    return [line.split(" ", 2) for line in text.splitlines() if not line.startswith("#")]


def plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


def test_the_file_is_what_this_code_makes():
    assert vectors.PATH.read_text() == vectors.text(), "run python -m firmware_bridge.vectors"


def test_the_python_codec_agrees_with_every_vector():
    for kind, one, rest in split():
        if kind == "crc":
            assert f"{zlib.crc32(plain(one)):08x}" == rest
        elif kind == "cobs":
            assert cobs.encode(plain(one)) == plain(rest)
            assert cobs.decode(plain(rest)) == plain(one)
        elif kind == "refuse":
            reader = PacketReader()
            assert list(reader.feed(plain(rest))) == []
            assert (getattr(reader.noise, one), reader.noise.total) == (1, 1)
        else:
            check_packet(kind, one, rest)


def check_packet(kind: str, wire: str, description: str) -> None:
    [packet] = PacketReader().feed(plain(wire))
    assert vectors.describe(packet) == description
    if kind == "packet":
        message = from_packet(packet)
        assert message is not None
        assert encode(to_packet(message, packet.sequence)) == plain(wire)


def test_every_type_has_a_vector():
    described = {rest.split()[3] for kind, _, rest in split() if kind == "packet"}
    assert described == {vectors.name_of(kind) for kind in TYPES.values()}

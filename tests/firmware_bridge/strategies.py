"""Messages and streams of any content, for hypothesis."""

from hypothesis import strategies as st

from firmware_bridge.fields import SIZES, TEXT, Layout
from firmware_bridge.messages import TYPES, to_packet
from firmware_bridge.packet import MAX_PAYLOAD, Packet, encode

RANGES = {
    "u8": (0, 0xFF),
    "u16": (0, 0xFFFF),
    "u32": (0, 0xFFFFFFFF),
    "i16": (-0x8000, 0x7FFF),
}
LONGEST_TEXT = MAX_PAYLOAD - 6


def value(slot):
    """Return a strategy for the values that a field may have."""
    if slot.form == TEXT:
        return st.text(max_size=40).filter(lambda t: len(t.encode()) <= LONGEST_TEXT)
    if slot.form == "b24":
        return st.text(max_size=24, alphabet=st.characters(min_codepoint=32, max_codepoint=126))
    if slot.form == "b16":
        return st.binary(min_size=16, max_size=16)
    numbers = st.integers(*RANGES[slot.form])
    if slot.unknown is None:
        return numbers
    return st.none() | numbers.filter(lambda n: n != slot.unknown)


def of_type(kind: type[Layout]):
    """Return a strategy for the messages of a type."""
    return st.builds(kind, **{slot.name: value(slot) for slot in kind.slots()})


MESSAGES = st.one_of([of_type(kind) for kind in TYPES.values()])
SEQUENCES = st.integers(1, 0xFFFF)
PACKETS = st.builds(
    Packet,
    st.integers(0, 0xFF),
    st.integers(0, 0xFFFF),
    st.binary(max_size=MAX_PAYLOAD),
    st.integers(0, 0xFF),
)
SAID = st.builds(lambda m, s: encode(to_packet(m, s)), MESSAGES, SEQUENCES)
FRAMED = PACKETS.map(encode)


@st.composite
def _flipped(draw, wires=SAID | FRAMED):
    wire = bytearray(draw(wires))
    wire[draw(st.integers(0, len(wire) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(wire)


@st.composite
def _cut(draw, wires=SAID):
    wire = draw(wires)
    at = draw(st.integers(0, len(wire)))
    return wire[:at] + wire[at + draw(st.integers(0, 4)) :]


STREAMS = st.lists(SAID | FRAMED | _flipped() | _cut() | st.binary(max_size=300), max_size=8).map(
    b"".join
)
__all__ = ["FRAMED", "MESSAGES", "PACKETS", "SAID", "SEQUENCES", "SIZES", "STREAMS", "of_type"]

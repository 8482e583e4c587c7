"""The words of the seam: each survives its packet, and no bytes whatsoever break a reader."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.housing.words import (
    LARGEST,
    TEXT_MOST,
    Change,
    Conditions,
    Greeting,
    Plates,
    Progress,
    Standing,
    Taken,
    Trigger,
    Word,
    packed,
    read,
)

counts = st.integers(0, 2**63 - 1)
moments = st.integers(-(2**63), 2**63 - 1)
shares = st.none() | st.floats(allow_nan=False, allow_infinity=False)
known = st.none() | st.booleans()
texts = st.text(max_size=TEXT_MOST)
WORDS = st.one_of(
    st.builds(Greeting, version=counts, start=texts),
    st.builds(
        Standing,
        connected=st.booleans(),
        cause=texts,
        remedy=texts,
        restarts=counts,
        triggers=st.booleans(),
    ),
    st.builds(Conditions, at_ns=moments, temperature_c=shares, humidity=shares, door=known),
    st.builds(
        Change,
        number=counts,
        contact=st.sampled_from(["tamper", "door", "tilt"]),
        reports=st.booleans(),
        at_ns=moments,
        found=st.booleans(),
    ),
    st.builds(Trigger, at_ns=moments, error_us=st.none() | counts, lost=counts),
    st.builds(Taken, number=counts),
    st.just(Progress()),
    st.builds(Plates, right=counts, over=counts, under=counts),
)


@given(WORDS)
def test_a_word_comes_out_of_its_packet_as_it_went_in(word: Word) -> None:
    assert read(packed(word)) == word


@given(st.binary(max_size=200) | WORDS.map(packed).map(lambda packet: packet[:-1]))
def test_what_is_no_word_is_refused_and_breaks_nothing(packet: bytes) -> None:
    try:
        read(packet)
    except ValueError:
        return


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert read(b'{"type":"weather","rain":true}') is None
    assert read(b'{"type":"taken","number":3,"why":"signed"}') == Taken(number=3)


def test_bounds_are_kept() -> None:
    for packet in (b'{"type":"taken","number":-1}', b'{"type":"change"}', b"[]", b"", b"\xff"):
        with pytest.raises(ValueError, match="no word"):
            read(packet)
    longest = Standing(connected=False, cause="\x01" * TEXT_MOST, remedy="\x01" * TEXT_MOST)
    assert len(packed(longest)) <= LARGEST
    with pytest.raises(ValueError, match="no word"):
        read(msgspec.json.encode({"type": "standing", "connected": True, "cause": "x" * 5000}))

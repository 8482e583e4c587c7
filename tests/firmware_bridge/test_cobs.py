import pytest
from cobs import cobs as oracle
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware_bridge import cobs

ZEROS_AND_RUNS = st.lists(
    st.sampled_from([b"\0", b"\x01", b"\xff", b"x" * 253, b"x" * 254, b"x" * 255]), max_size=8
).map(b"".join)
ANY = st.binary(max_size=600) | ZEROS_AND_RUNS


@settings(deadline=None)
@given(ANY)
@example(b"x" * 254)
@example(b"x" * 254 + b"\0")
@example(b"x" * 508)
def test_it_encodes_as_the_oracle_does(plain):
    assert cobs.encode(plain) == oracle.encode(plain)


@settings(deadline=None)
@given(ANY)
def test_it_decodes_what_it_encoded_and_no_zero_is_in_between(plain):
    encoded = cobs.encode(plain)
    assert 0 not in encoded
    assert cobs.decode(encoded) == plain


@settings(deadline=None)
@given(ANY)
def test_any_bytes_are_decoded_or_refused_as_the_oracle_does(encoded):
    if not encoded:
        return  # the oracle takes nothing for nothing; here it is no packet
    try:
        expected = oracle.decode(encoded)
    except oracle.DecodeError:
        with pytest.raises(cobs.CobsError):
            cobs.decode(encoded)
    else:
        assert cobs.decode(encoded) == expected


def test_nothing_is_no_encoding():
    with pytest.raises(cobs.CobsError):
        cobs.decode(b"")

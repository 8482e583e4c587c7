import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as jose

from edge.errors import RecordError
from edge.record.chain import next_link
from edge.record.envelope import MAX_BYTES, Flaw, RefusedError, peek, verify
from tests.chains import Pen, alarm

PEN, OTHER = Pen("box-1"), Pen("box-2")
GENUINE = PEN.write()
KEYRING = {**PEN.keyring, **OTHER.keyring}
UNTIMED = settings(deadline=None, max_examples=60)
PAYLOAD = alarm(next_link(None), "box-1")


def b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def with_header(header: dict[str, object]) -> bytes:
    """The genuine payload under another header, signed by the genuine key over just that."""
    start = b64(json.dumps(header).encode()) + b"." + b64(PAYLOAD)
    key = PEN.key.private_key
    assert key is not None
    return start + b"." + b64(key.sign(start))


def hs256_with_public_key() -> bytes:
    header = {"alg": "HS256", "kid": PEN.signer.key_id}
    start = b64(json.dumps(header).encode()) + b"." + b64(PAYLOAD)
    secret = PEN.key.as_pem(private=False)
    return start + b"." + b64(hmac.new(secret, start, hashlib.sha256).digest())


def swapped_payload() -> bytes:
    header, _, signature = GENUINE.jws.split(b".")
    return b".".join((header, b64(alarm(next_link(None), "box-1", "Nothing.")), signature))


def non_canonical() -> bytes:
    """The last character of a signature has spare bits: another spelling of the same bytes."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(GENUINE.jws[-1])
    return GENUINE.jws[:-1] + alphabet[last ^ 1 : (last ^ 1) + 1]


def malleated() -> bytes:
    """S + L proves the same as S where a verifier forgets to look: a second JWS of one record."""
    order = 2**252 + 27742317777372353535851937790883648493
    start, _, signature = GENUINE.jws.rpartition(b".")
    raw = base64.urlsafe_b64decode(signature + b"==")
    twin = int.from_bytes(raw[32:], "little") + order
    return start + b"." + b64(raw[:32] + twin.to_bytes(32, "little"))


def signed_text(payload: bytes) -> bytes:
    return PEN.signer.sign(payload)


KID = {"kid": PEN.signer.key_id}
ATTACKS: dict[str, tuple[Callable[[], bytes], Flaw]] = {
    "alg none": (lambda: with_header({"alg": "none", **KID}), Flaw.ALGORITHM),
    "alg none without signature": (
        lambda: with_header({"alg": "none", **KID}).rpartition(b".")[0] + b".",
        Flaw.ALGORITHM,
    ),
    "HS256 with the public key": (hs256_with_public_key, Flaw.ALGORITHM),
    "EdDSA, the older name": (lambda: with_header({"alg": "EdDSA", **KID}), Flaw.ALGORITHM),
    "alg in other letters": (lambda: with_header({"alg": "ed25519", **KID}), Flaw.ALGORITHM),
    "no alg": (lambda: with_header(KID), Flaw.ALGORITHM),
    "crit": (lambda: with_header({"alg": "Ed25519", **KID, "crit": ["exp"]}), Flaw.CRITICAL),
    "empty crit": (lambda: with_header({"alg": "Ed25519", **KID, "crit": []}), Flaw.CRITICAL),
    "no kid": (lambda: with_header({"alg": "Ed25519"}), Flaw.NO_KEY),
    "kid is no text": (lambda: with_header({"alg": "Ed25519", "kid": 1}), Flaw.NO_KEY),
    "unknown kid": (lambda: with_header({"alg": "Ed25519", "kid": "x"}), Flaw.WRONG_KEY),
    "unencoded payload": (
        lambda: with_header({"alg": "Ed25519", **KID, "b64": False}),
        Flaw.HEADER,
    ),
    "key in the header": (
        lambda: with_header({"alg": "Ed25519", **KID, "jwk": PEN.key.as_dict(private=False)}),
        Flaw.HEADER,
    ),
    "payload of another record": (swapped_payload, Flaw.ALTERED),
    "kid of another box": (
        lambda: with_header({"alg": "Ed25519", "kid": OTHER.signer.key_id}),
        Flaw.ALTERED,
    ),
    "other box's own key": (lambda: OTHER.signer.sign(PAYLOAD), Flaw.OTHER_BOX),
    "empty signature": (lambda: GENUINE.jws.rpartition(b".")[0] + b".", Flaw.UNSIGNED),
    "short signature": (
        lambda: GENUINE.jws.rpartition(b".")[0] + b"." + b64(b"x" * 63),
        Flaw.ALTERED,
    ),
    "malleated signature": (malleated, Flaw.ALTERED),
    "non-canonical base64": (non_canonical, Flaw.ENCODING),
    "padding": (lambda: GENUINE.jws + b"==", Flaw.ENCODING),
    "white space": (lambda: GENUINE.jws + b"\n", Flaw.ENCODING),
    "two parts": (lambda: GENUINE.jws.rpartition(b".")[0], Flaw.MALFORMED),
    "four parts": (lambda: GENUINE.jws + b".AA", Flaw.MALFORMED),
    "nothing": (lambda: b"", Flaw.MALFORMED),
    "enormous": (lambda: b"A" * 200_000 + b".A.A", Flaw.MALFORMED),
    "header is a list": (
        lambda: b64(b"[]") + GENUINE.jws[GENUINE.jws.index(b".") :],
        Flaw.MALFORMED,
    ),
    "not JSON": (lambda: signed_text(b"hello"), Flaw.MESSAGE),
    "no place": (lambda: signed_text(b'{"type":"x","data":{"box":"box-1"}}'), Flaw.MESSAGE),
    "place below one": (
        lambda: signed_text(PAYLOAD.replace(b'"seq":1', b'"seq":0')),
        Flaw.MESSAGE,
    ),
    "prev is no hash": (lambda: signed_text(PAYLOAD.replace(b"0" * 64, b"Z" * 64)), Flaw.MESSAGE),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_is_refused_for_its_own_reason(attack: str) -> None:
    forge, flaw = ATTACKS[attack]
    with pytest.raises(RefusedError) as refused:
        verify(forge(), KEYRING)
    assert refused.value.flaw is flaw


def test_a_genuine_record_is_verified() -> None:
    record = verify(GENUINE.jws, KEYRING)
    assert record.envelope == GENUINE
    assert record.kid == PEN.signer.key_id
    assert peek(GENUINE.jws).link == record.link == next_link(None)


def test_what_is_too_long_to_be_taken_by_anybody_is_never_sealed() -> None:
    """Written down, it would be put into the outbox at every start, and refused there."""
    with pytest.raises(RecordError, match="longer than any may be"):
        PEN.at(next_link(None), "x" * MAX_BYTES)


def test_the_hash_is_that_of_the_bytes_sent() -> None:
    assert GENUINE.sha256 == hashlib.sha256(GENUINE.jws).hexdigest()


def test_another_implementation_agrees() -> None:
    assert jose.deserialize_compact(GENUINE.jws, PEN.key, algorithms=["Ed25519"]).payload == PAYLOAD


@UNTIMED
@given(st.integers(0, len(GENUINE.jws) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_refused(at: int, bit: int) -> None:
    flipped = bytearray(GENUINE.jws)
    flipped[at] ^= 1 << bit
    with pytest.raises(RefusedError):
        verify(bytes(flipped), KEYRING)


@UNTIMED
@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    with pytest.raises(RefusedError):
        verify(garbage, KEYRING)


def test_no_refusal_shows_what_was_in_the_record() -> None:
    with pytest.raises(RefusedError) as refused:
        verify(swapped_payload(), KEYRING)
    assert "door" not in str(refused.value)
    assert PEN.signer.key_id not in str(refused.value)


def altered_payload(old: bytes, new: bytes) -> bytes:
    return signed_text(PAYLOAD.replace(old, new, 1))


DEEP = b"[" * 40_000 + b"]" * 40_000
UNSTORABLE: dict[str, Callable[[], bytes]] = {
    "a seq beyond 64 bits": lambda: altered_payload(b'"seq":1', b'"seq":%d' % (2**64 + 5)),
    "a seq beyond 53 bits": lambda: altered_payload(b'"seq":1', b'"seq":%d' % 2**53),
    "a seq of 400 digits": lambda: altered_payload(b'"seq":1', b'"seq":1' + b"0" * 400),
    "a seq of 5000 digits": lambda: altered_payload(b'"seq":1', b'"seq":' + b"9" * 5000),
    "an epoch beyond 64 bits": lambda: altered_payload(b'"epoch":1', b'"epoch":%d' % 2**64),
    "a long kind": lambda: altered_payload(b"anpr-edge.alarm", b"k" * 50_000),
    "a kind of NUL": lambda: altered_payload(b"anpr-edge.alarm", b"\\u0000"),
    "an empty kind": lambda: altered_payload(b"anpr-edge.alarm.v1", b""),
    "a long box": lambda: altered_payload(b'"box":"box-1"', b'"box":"' + b"b" * 50_000 + b'"'),
    "half a surrogate": lambda: altered_payload(b'"box":"box-1"', b'"box":"\\ud800"'),
    "deep nesting": lambda: altered_payload(b'"seq":1', b'"seq":1,"x":' + DEEP),
}


@pytest.mark.parametrize("depth", [1, 100, 400, 900, 3000])
def test_a_header_of_nested_lists_is_refused_at_every_depth(depth: int) -> None:
    header = f'{{"alg":"Ed25519","kid":"{PEN.signer.key_id}","typ":{"[" * depth + "]" * depth}}}'
    with pytest.raises(RefusedError):
        verify(b64(header.encode()) + b"." + b64(PAYLOAD) + b".AA", KEYRING)


@pytest.mark.parametrize("attack", UNSTORABLE)
def test_a_genuine_message_that_no_store_can_hold_is_refused(attack: str) -> None:
    jws = UNSTORABLE[attack]()
    for read in (lambda: verify(jws, KEYRING), lambda: peek(jws)):
        with pytest.raises(RefusedError) as refused:
            read()
        assert refused.value.flaw is Flaw.MESSAGE


def test_the_last_place_of_all_is_still_a_place() -> None:
    assert verify(altered_payload(b'"seq":1', b'"seq":%d' % (2**53 - 1)), KEYRING).link.seq > 1


def test_a_header_nested_without_end_is_refused() -> None:
    jws = b64(b'{"alg":"Ed25519","kid":"k","typ":' + DEEP + b"}") + b".e30.AA"
    with pytest.raises(RefusedError) as refused:
        verify(jws, KEYRING)
    assert refused.value.flaw is Flaw.MALFORMED

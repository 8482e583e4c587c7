"""Attacks on one record: no checker takes it, and the platform neither keeps it nor answers.

What is forged, and how, stands beside the tests of the checklist.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.record.envelope import Flaw, RefusedError, verify
from tests.edge.record.test_envelope import ATTACKS, GENUINE, KEYRING, PEN, b64
from tools.receive.growth import Verdict
from tools.receive.listen import receipts, take_burst
from tools.receive.store import Store


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "received.sqlite", lambda: KEYRING) as store:
        yield store


def refused_everywhere(platform: Store, *attacks: str) -> None:
    for attack in attacks:
        forge, flaw = ATTACKS[attack]
        refused(platform, forge(), flaw)
    assert platform.total() == 0
    assert platform.accounts()[0].refused == len(attacks)


def refused(platform: Store, jws: bytes, flaw: Flaw) -> None:
    with pytest.raises(RefusedError) as told:
        verify(jws, KEYRING)
    assert told.value.flaw is flaw
    assert take_burst(platform, [("box-1", jws)]) == set()
    assert receipts(platform, PEN.signer, {"box-1"}) == []


def test_the_record_that_was_not_attacked_is_taken(platform: Store) -> None:
    assert platform.take([("box-1", GENUINE.jws)]) == [Verdict.STORED]


def test_attack_alg_none(platform: Store) -> None:
    refused_everywhere(platform, "alg none", "alg none without signature", "no alg")


def test_attack_hs256_with_the_public_key(platform: Store) -> None:
    refused_everywhere(platform, "HS256 with the public key")


def test_attack_empty_signature(platform: Store) -> None:
    refused_everywhere(platform, "empty signature", "short signature")


def test_attack_malleated_signature(platform: Store) -> None:
    refused_everywhere(platform, "malleated signature", "non-canonical base64", "padding")


def test_attack_unknown_crit(platform: Store) -> None:
    refused_everywhere(platform, "crit", "empty crit")


def test_attack_another_boxs_key(platform: Store) -> None:
    refused_everywhere(platform, "other box's own key", "kid of another box", "unknown kid")


def test_attack_payload_flip(platform: Store) -> None:
    """Each byte of the message in turn, its encoding whole again."""
    header, payload, signature = GENUINE.jws.split(b".")
    message = verify(GENUINE.jws, KEYRING).payload
    assert b64(message) == payload
    for at in range(len(message)):
        flipped = bytearray(message)
        flipped[at] ^= 1
        with pytest.raises(RefusedError) as told:
            verify(b".".join((header, b64(bytes(flipped)), signature)), KEYRING)
        assert told.value.flaw is Flaw.ALTERED
    refused(platform, b".".join((header, b64(bytes(flipped)), signature)), Flaw.ALTERED)

"""Which keys follow which: a rotation, signed by one key, brings in the next (pure).

A verifier trusts a key that is in its register, or that a proven rotation of the same box named
for exactly that epoch.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from edge.record.envelope import (
    UNREADABLE,
    Keyring,
    RefusedError,
    TrustedKey,
    Verified,
    peek,
    verify,
)
from edge.record.jwk import PublicJwk, Unfit, trusted_key
from edge.record.message import DECODERS, RotationRecord
from edge.record.standing import check_standing

ROTATION = "rotation"


class Turn(NamedTuple):
    """What a rotation says comes next: an epoch, and the id of the key that signs it."""

    epoch: int
    kid: str


def rotation_of(kind: str, payload: bytes) -> RotationRecord | None:
    """Return the rotation that a message is; None for any other, and one that cannot be read."""
    if kind != ROTATION:
        return None
    try:
        record = DECODERS[ROTATION].decode(payload).data
    except UNREADABLE:
        return None
    return record if isinstance(record, RotationRecord) else None


def turn_of(record: Verified) -> Turn | None:
    """Return what comes after a record; None where that is the same key and epoch."""
    found = rotation_of(record.envelope.kind, record.payload)
    return None if found is None else Turn(found.next_epoch, found.key.kid)


def introduced(record: Verified) -> TrustedKey | None:
    """Return the key that a proven record brings in; None where it brings in none."""
    found = rotation_of(record.envelope.kind, record.payload)
    if found is None or found.next_epoch != record.link.epoch + 1:
        return None
    key, box = found.key, record.envelope.box
    named = PublicJwk(
        kty=key.kty, crv=key.crv, x=key.x, kid=key.kid, box=box, epoch=found.next_epoch
    )
    trusted = trusted_key(named)
    return None if isinstance(trusted, Unfit) else replace(trusted, is_introduced=True)


def followed(
    records: Iterable[tuple[bytes, datetime | None]], keyring: Keyring
) -> dict[str, TrustedKey]:
    """Return the keyring with every key that the rotations among stored records bring in.

    Each record comes with the moment at which the platform received it, if it is known. What the
    keyring says of a key goes before what a rotation says of it.
    """
    left, known = [record for record in records if _is_rotation(record[0])], dict(keyring)
    while True:
        found = (_brought_in(jws, known, received_at) for jws, received_at in left)
        new = [key for key in found if key is not None and key.kid not in known]
        if not new:
            return known
        known |= {key.kid: key for key in new}


def _is_rotation(jws: bytes) -> bool:
    try:
        return peek(jws).envelope.kind == ROTATION
    except RefusedError:
        return False


def _brought_in(jws: bytes, known: Keyring, received_at: datetime | None) -> TrustedKey | None:
    try:
        record = verify(jws, known)
        check_standing(record, known, received_at)
    except RefusedError:
        return None
    return introduced(record)

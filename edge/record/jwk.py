"""Public keys as JWK (RFC 7517, RFC 8037), and what a register of keys says beside them (pure).

A key id is the thumbprint of RFC 7638.
"""

import base64
from datetime import datetime
from typing import NamedTuple

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.record.envelope import ALGORITHM, TrustedKey

KTY = "OKP"
SHOWN_BYTES = 16
"""So much of a thumbprint is compared by phone: nobody finds another key with the same 128 bits."""


class Last(msgspec.Struct, frozen=True):
    """The last place of a chain that a revoked key still proves."""

    epoch: int
    seq: int


class PublicJwk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An Ed25519 public key as JWK; `box` names the box it belongs to, absent for the platform.

    A register says more of it: `epoch`, the one that it signs; `not_after` and `revoked_at`; of a
    revoked one the `reason` and the `last` place that it still proves.
    """

    kty: str
    crv: str
    x: str
    kid: str
    alg: str = ALGORITHM
    use: str = "sig"
    box: str | None = None
    epoch: int | None = None
    not_after: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    last: Last | None = None
    d: str | None = None


class Jwks(msgspec.Struct, frozen=True):
    """A set of public keys."""

    keys: tuple[PublicJwk, ...]


class Unfit(NamedTuple):
    """Why a key cannot be trusted."""

    cause: str


def public_jwk(key: OKPKey, box: str | None) -> PublicJwk:
    """Return the public half of a key as JWK, for the box it belongs to."""
    x = str(key.as_dict(private=False)["x"])
    return PublicJwk(kty=KTY, crv=ALGORITHM, x=x, kid=key.thumbprint(), box=box)


def trusted_key(jwk: PublicJwk) -> TrustedKey | Unfit:
    """Return a key to verify with, or why it is none."""
    if jwk.d is not None:
        return Unfit("is a private key where a public one belongs")
    if (jwk.kty, jwk.crv, jwk.alg, jwk.use) != (KTY, ALGORITHM, ALGORITHM, "sig"):
        return Unfit("is not Ed25519 for signatures")
    try:
        key = OKPKey.import_key({"kty": KTY, "crv": ALGORITHM, "x": jwk.x})
        thumbprint = key.thumbprint()
    except (JoseError, ValueError, TypeError):
        return Unfit("is garbled")
    if thumbprint != jwk.kid:
        return Unfit("has an id that is not the thumbprint of it")
    last = None if jwk.last is None else (jwk.last.epoch, jwk.last.seq)
    return TrustedKey(jwk.kid, jwk.box, key, jwk.epoch, jwk.not_after, jwk.revoked_at, last)


def fingerprint(kid: str) -> str:
    """Return a key id as people compare it by phone: eight groups of four hexadecimal digits."""
    digits = base64.urlsafe_b64decode(kid + "=" * (-len(kid) % 4))[:SHOWN_BYTES].hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

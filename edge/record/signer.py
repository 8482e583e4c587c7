"""A box's key as it signs: what every kind of signer promises beyond the port, and that of a file.

Compact JWS (RFC 7515) with exactly `alg` and `kid` in the header.
"""

from typing import Protocol

from joserfc import jws as jose
from joserfc.jwk import OKPKey

from edge.ports import Signer
from edge.record.envelope import ALGORITHM
from edge.record.jwk import PublicJwk, public_jwk


class OwnSigner(Signer, Protocol):
    """A signer that shows its public key, as its owner needs it."""

    def public(self, box: str | None) -> PublicJwk:
        """Return the public key as JWK, for the box it belongs to."""
        ...


class FileSigner:
    """Signs with a private key in memory; implements `OwnSigner`."""

    def __init__(self, key: OKPKey) -> None:
        """Keep the key."""
        self._key = key
        self._kid = key.thumbprint()

    @property
    def key_id(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        return self._kid

    def sign(self, payload: bytes) -> bytes:
        """Return the compact JWS over the payload."""
        header = {"alg": ALGORITHM, "kid": self._kid}
        return jose.serialize_compact(header, payload, self._key, algorithms=[ALGORITHM]).encode()

    def public(self, box: str | None) -> PublicJwk:
        """Return the public key as JWK, for the box it belongs to."""
        return public_jwk(self._key, box)

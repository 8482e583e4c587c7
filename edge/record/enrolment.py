"""How a box is taken in: its signed request, and the platform's signed certificate (pure).

Both are compact JWS. Neither can be taken for a record or a receipt: each says what it is, and has
no place in a chain.
"""

from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec

from edge.errors import RecordError
from edge.ports import Signer
from edge.record.envelope import (
    NAME,
    UNREADABLE,
    RefusedError,
    TrustedKey,
    decode_part,
    open_signed,
    split,
)
from edge.record.jwk import PublicJwk, Unfit, trusted_key

REQUEST: Final = "anpr-edge.key-request.v1"
CERTIFICATE: Final = "anpr-edge.key-certificate.v1"
ASK_AGAIN = "Nothing was done with it. Let the box make another: `anpr-edge keys request`."
NOT_TAKEN = "Nothing was put in place. Ask the platform for the one that is meant for this box."
Epoch = Annotated[int, msgspec.Meta(ge=1)]
T = TypeVar("T")


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a box asks: that its key be trusted, and a certificate for its TLS client key.

    `csr` is the PEM of a PKCS 10 request, absent for a box that has no broker; `nonce` 128 random
    bits in hexadecimal.
    """

    type: str = REQUEST
    box: str
    key: PublicJwk
    csr: str | None
    software: str
    made_at: datetime
    nonce: str


class KeyCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform says: this key signs for this box from this epoch on.

    `client` is the PEM of the client certificate, absent where none was asked for; `nonce` is that
    of the request it answers.
    """

    type: str = CERTIFICATE
    box: str
    kid: str
    epoch: Epoch
    client: str | None
    issued_at: datetime
    not_after: datetime
    nonce: str


def sign_request(request: KeyRequest, signer: Signer) -> bytes:
    """Return a request signed with the very key that it asks trust for."""
    return signer.sign(msgspec.json.encode(request))


def read_request(jws: bytes) -> KeyRequest:
    """Return a request whose key signed it.

    Raises RecordError (its subclass RefusedError included) otherwise.
    """
    try:
        payload = decode_part(split(jws)[1])
    except (RefusedError, *UNREADABLE):
        raise RecordError("This is not a request of a box.", ASK_AGAIN) from None
    claimed = _decoded(payload, KeyRequest, "request of a box", ASK_AGAIN)
    key = trusted_key(claimed.key)
    if isinstance(key, Unfit):
        raise RecordError(f"The key in the request {key.cause}.", ASK_AGAIN)
    signed = open_signed(jws, {key.kid: key})
    request = _decoded(signed.payload, KeyRequest, "request of a box", ASK_AGAIN)
    if request.type != REQUEST or not NAME.fullmatch(request.box) or request.key.box != request.box:
        raise RecordError("This is not a request of a box.", ASK_AGAIN)
    return request


def sign_certificate(certificate: KeyCertificate, signer: Signer) -> bytes:
    """Return the platform's signed word."""
    return signer.sign(msgspec.json.encode(certificate))


def read_certificate(jws: bytes, platform: TrustedKey) -> KeyCertificate:
    """Return a certificate that the platform signed.

    Raises RecordError (its subclass RefusedError included) otherwise.
    """
    payload = open_signed(jws, {platform.kid: platform}).payload
    found = _decoded(payload, KeyCertificate, "certificate of a box", NOT_TAKEN)
    if found.type != CERTIFICATE:
        raise RecordError("The platform signed something that is no certificate.", NOT_TAKEN)
    return found


def _decoded(payload: bytes, kind: type[T], what: str, remedy: str) -> T:
    try:
        return msgspec.json.decode(payload, type=kind)
    except UNREADABLE:
        raise RecordError(f"This is not a {what}.", remedy) from None

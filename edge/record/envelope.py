"""Signed records: sealing, and verification as a numbered checklist (pure).

Compact JWS (RFC 7515) with exactly `alg: Ed25519` (RFC 9864) and `kid` in the header. joserfc
checks the signature; the checklist stands before it, so that each refusal has its own reason.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NoReturn

import msgspec
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.errors import RecordError
from edge.ports import Signer
from edge.record.message import Header, kind_of
from edge.types import Envelope, Link

ALGORITHM: Final = "Ed25519"
MAX_BYTES = 120_000
TOO_LONG = "Nothing was stored; look for what is too long in registry, packs or configuration."
HEADER_MEMBERS = {"alg", "kid", "typ"}
HASH_DIGITS = 64
LAST_PLACE = 2**53 - 1
"""What every JSON reader and every database can hold of an epoch or a seq."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""The form of a box id and a record kind: both are parts of topics and of file names."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What hostile JSON does to a decoder; nested deeply enough it exhausts the stack."""


class Flaw(StrEnum):
    """What is wrong with a record or a chain; the words are those that people see."""

    MALFORMED = "malformed"
    ENCODING = "non-canonical base64"
    HEADER = "header not allowed"
    ALGORITHM = "algorithm not allowed"
    CRITICAL = "critical extension"
    NO_KEY = "no key id"
    WRONG_KEY = "key not trusted"
    UNSIGNED = "no signature"
    ALTERED = "altered"
    MESSAGE = "not a message"
    OTHER_BOX = "other box"
    OTHER_KEY = "key changed within its epoch"
    REMOVED = "removed"
    REORDERED = "reordered"
    DUPLICATE = "duplicate"
    FORKED = "forked"
    WRONG_PREV = "does not follow its predecessor"
    REVOKED = "key revoked"
    NOT_IN_FORCE = "key not in force"
    EPOCH_RESET = "epoch reset"
    ROTATION = "rotation not valid"
    AFTER_ROTATION = "after the rotation of its key"
    DROP = "drop not valid"
    MISCOUNT = "miscounted"
    TRUNCATED = "truncated"


class RefusedError(RecordError):
    """A record that fails the checklist; `flaw` says at which point."""

    def __init__(self, flaw: Flaw, cause: str) -> None:
        """Name the point and the fault."""
        super().__init__(cause, "Do not rely on this record; find out where it was changed.")
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key and the box that may sign with it; None is the platform.

    `epoch` is the only one that it signs, None: any. Of a revoked key what came before
    `revoked_at` still counts, or stands no later than `last` (epoch, seq): `edge.record.standing`.
    `is_introduced`: by a rotation, and not by a register.
    """

    kid: str
    box: str | None
    key: OKPKey
    epoch: int | None = None
    not_after: datetime | None = None
    revoked_at: datetime | None = None
    last: tuple[int, int] | None = None
    is_introduced: bool = False


Keyring = Mapping[str, TrustedKey]
"""Trusted keys by key id."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A payload whose signature holds, and the key that made it."""

    payload: bytes
    key: TrustedKey


@dataclass(frozen=True, slots=True)
class Claim:
    """What a record says of itself: its envelope and its link."""

    envelope: Envelope
    link: Link


@dataclass(frozen=True, slots=True)
class Verified:
    """A record that passed the whole checklist."""

    envelope: Envelope
    link: Link
    payload: bytes
    kid: str


def seal(message: bytes, signer: Signer) -> Envelope:
    """Sign a message; the bytes of the envelope are stored and sent as they are.

    Raises RecordError when the message lacks its place in the chain, or is so long that nobody
    would take it: written down anywhere, it could never leave.
    """
    jws = signer.sign(message)
    if len(jws) > MAX_BYTES:
        raise RecordError(f"A record of {len(jws)} bytes is longer than any may be.", TOO_LONG)
    return claim_of(message, jws).envelope


def verify(jws: bytes, keyring: Keyring) -> Verified:
    """Check one record from its outer form to its box.

    Raises RefusedError naming the first point of the checklist that fails.
    """
    signed = open_signed(jws, keyring)  # 1-8
    claim = claim_of(signed.payload, jws)  # 9. the payload is a message with its place
    box = claim.envelope.box
    if signed.key.box != box:  # 10. the key is that of the box it speaks for
        _refuse(Flaw.OTHER_BOX, f"The record speaks for box {box}, its key belongs to another.")
    return Verified(claim.envelope, claim.link, signed.payload, signed.key.kid)


def open_signed(jws: bytes, keyring: Keyring) -> Signed:
    """Check the outer form and the signature, whatever the payload is.

    Raises RefusedError naming the first point of the checklist that fails.
    """
    header_part, payload_part, signature_part = split(jws)  # 1. three parts, of bounded length
    header = _header(decode_part(header_part))  # 2. canonical base64url; 3. a JSON object
    _check_header(header)  # 4. no `crit`; 5. `alg` exactly Ed25519; 6. a `kid`, no strange member
    trusted = keyring.get(str(header["kid"]))
    if trusted is None:  # 7. a key that we trust
        _refuse(Flaw.WRONG_KEY, "The record is signed with a key that is not trusted here.")
    payload = decode_part(payload_part)
    _check_signature(jws, decode_part(signature_part), trusted.key)  # 8. the signature holds
    return Signed(payload, trusted)


def peek(jws: bytes) -> Claim:
    """Read what a record says of itself, proving nothing.

    Raises RefusedError when it says nothing that can be read.
    """
    return claim_of(decode_part(split(jws)[1]), jws)


def key_id_of(jws: bytes) -> str:
    """Return the key that a record says it is signed with, proving nothing.

    Raises RefusedError when it names none.
    """
    header = _header(decode_part(split(jws)[0]))
    _check_header(header)
    return str(header["kid"])


def claim_of(payload: bytes, jws: bytes) -> Claim:
    """Read the place in the chain out of a payload.

    Raises RefusedError when it is not a message.
    """
    try:
        head = msgspec.json.decode(payload, type=Header)
    except UNREADABLE:
        _refuse(Flaw.MESSAGE, "The payload is not a message of a box.")
    data = head.data
    link = Link(data.epoch, data.seq, data.prev)
    in_bounds = 1 <= link.epoch <= LAST_PLACE and 1 <= link.seq <= LAST_PLACE
    if not in_bounds or not _is_hash(link.prev):
        _refuse(Flaw.MESSAGE, "The message has no valid place in a chain.")
    kind, digest = kind_of(head.type), hashlib.sha256(jws).hexdigest()
    if not (NAME.fullmatch(data.box) and NAME.fullmatch(kind)):
        _refuse(Flaw.MESSAGE, "The message names a box or a kind that cannot be one.")
    return Claim(Envelope(kind, data.box, link.epoch, link.seq, digest, jws), link)


def split(jws: bytes) -> tuple[bytes, bytes, bytes]:
    """Return header, payload and signature, still encoded."""
    parts = jws.split(b".")
    if len(jws) > MAX_BYTES or len(parts) != 3:
        _refuse(Flaw.MALFORMED, "This is not a compact JWS of three parts and sane length.")
    return parts[0], parts[1], parts[2]


def decode_part(part: bytes) -> bytes:
    """Decode base64url; exactly one spelling of each value is accepted."""
    try:
        value = base64.b64decode(part + b"=" * (-len(part) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        _refuse(Flaw.ENCODING, "A part of the record is not base64url.")
    if base64.urlsafe_b64encode(value).rstrip(b"=") != part:
        _refuse(Flaw.ENCODING, "A part of the record is not spelt in canonical base64url.")
    return value


def _header(raw: bytes) -> dict[str, object]:
    try:
        header = msgspec.json.decode(raw, type=dict[str, object])
    except UNREADABLE:
        _refuse(Flaw.MALFORMED, "The header of the record is not a JSON object.")
    return header


def _check_header(header: dict[str, object]) -> None:
    if "crit" in header:
        _refuse(Flaw.CRITICAL, "The record demands an extension (crit); none is understood.")
    if header.get("alg") != ALGORITHM:
        _refuse(Flaw.ALGORITHM, f"The record is not signed with {ALGORITHM}.")
    if not isinstance(header.get("kid"), str) or not header["kid"]:
        _refuse(Flaw.NO_KEY, "The record does not name the key that signed it.")
    if not isinstance(header.get("typ", ""), str):  # read once more below, by another decoder
        _refuse(Flaw.HEADER, "The header of the record has a typ that is no text.")
    if not set(header) <= HEADER_MEMBERS:  # jwk, jku, x5c, b64: all of them change the rules
        _refuse(Flaw.HEADER, "The header of the record has members beyond alg, kid and typ.")


def _check_signature(jws: bytes, signature: bytes, key: OKPKey) -> None:
    if not signature:
        _refuse(Flaw.UNSIGNED, "The record carries no signature.")
    try:
        jose.deserialize_compact(jws, key, algorithms=[ALGORITHM])
    except JoseError:
        _refuse(Flaw.ALTERED, "The signature does not hold: the record was altered.")


def _is_hash(text: str) -> bool:
    return len(text) == HASH_DIGITS and set(text) <= set("0123456789abcdef")


def _refuse(flaw: Flaw, cause: str) -> NoReturn:
    raise RefusedError(flaw, cause) from None

"""The keys of a box and of its platform, from their files.

Private keys are Ed25519 in PEM (PKCS 8), for their owner alone; public keys are JWK. No error
text ever holds key material.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.record.envelope import ALGORITHM, TrustedKey
from edge.record.jwk import Jwks, PublicJwk, Unfit, trusted_key
from edge.record.keyfile import (
    MAKE_ONE,
    PRIVATE_MODE,
    PUBLIC_MODE,
    fail,
    read,
    read_private,
    replace,
    write_new,
)
from edge.record.signer import FileSigner

COPY_AGAIN = "Copy the file again from where it was made."
T = TypeVar("T")


def load_signer(path: Path) -> FileSigner:
    """Open a private key file.

    Raises KeyFileError when it is missing, readable by others, or not an Ed25519 private key.
    """
    raw = read_private(path)
    try:
        key = OKPKey.import_key(raw)
    except (JoseError, ValueError, TypeError):
        fail(f"{path} is not an unencrypted Ed25519 private key in PEM.", MAKE_ONE)
    if not key.is_private or key.curve_name != ALGORITHM:
        fail(f"{path} holds a key of another kind than an Ed25519 private key.", MAKE_ONE)
    return FileSigner(key)


def create_signer(path: Path, box: str | None) -> FileSigner:
    """Make a key pair: the private key at `path`, the public one beside it with suffix .jwk.

    Raises KeyFileError when either exists: keys are never overwritten.
    """
    signer = create_private(path)
    write_new(path.with_suffix(".jwk"), text_of(signer.public(box)), PUBLIC_MODE)
    return signer


def create_private(path: Path) -> FileSigner:
    """Make a private key alone. Raises KeyFileError when it exists."""
    key = OKPKey.generate_key(ALGORITHM, auto_kid=False)
    write_private(path, key.as_pem(private=True))
    return FileSigner(key)


def write_private(path: Path, secret: bytes) -> None:
    """Write a secret for its owner's eyes only, durably.

    Raises KeyFileError when the file exists or cannot be written.
    """
    write_new(path, secret, PRIVATE_MODE)


def load_public(path: Path) -> TrustedKey:
    """Open one public key (JWK), such as the platform's.

    Raises KeyFileError.
    """
    return _trusted(path, _decode(path, PublicJwk))


def load_trusted(path: Path) -> dict[str, TrustedKey]:
    """Open the trusted keys of boxes: a JWKS or a register of keys, or a single JWK.

    Each key names its box. Raises KeyFileError.
    """
    told = public_keys(path)
    keys = [_trusted(path, jwk) for jwk in told]
    if not keys:
        fail(f"{path} holds no key.", MAKE_ONE)
    if any(key.box is None for key in keys):
        fail(f"A key in {path} does not name its box.", 'Add the member "box" to each key.')
    said = {jwk.kid: jwk for jwk in told}
    if any(said[jwk.kid] != jwk for jwk in told):  # such as revoked, and pasted in again
        fail(f"A key stands twice in {path}, and not alike.", "Take the wrong one out.")
    return {key.kid: key for key in keys}


def public_keys(path: Path) -> tuple[PublicJwk, ...]:
    """Return the keys of a JWKS, or a single JWK, as they stand there. Raises KeyFileError."""
    decoded = _decode(path, dict[str, msgspec.Raw])
    return _decode(path, Jwks).keys if "keys" in decoded else (_decode(path, PublicJwk),)


def extend_trusted(path: Path, jwk: PublicJwk) -> None:
    """Add a box's key to a JWKS file, creating the file if need be.

    Raises KeyFileError when it cannot be read or written.
    """
    known = public_keys(path) if path.exists() else ()
    write_trusted(path, (*known, jwk))


def write_trusted(path: Path, keys: Iterable[PublicJwk]) -> None:
    """Write a JWKS file whole. Raises KeyFileError."""
    replace(path, msgspec.json.format(msgspec.json.encode(Jwks(tuple(keys)))) + b"\n")


def text_of(jwk: PublicJwk) -> bytes:
    """Return a public key as its file holds it."""
    return msgspec.json.encode(jwk) + b"\n"


def _trusted(path: Path, jwk: PublicJwk) -> TrustedKey:
    found = trusted_key(jwk)
    if isinstance(found, Unfit):
        fail(f"A key in {path} {found.cause}.", COPY_AGAIN)
    return found


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fail(f"{path} is not a public key in JWK form.", "Correct its path, or restore the file.")

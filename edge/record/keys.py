"""Key files: the box's signing key, the platform's public key, the trusted keys of all boxes.

Private keys are Ed25519 in PEM (PKCS 8), mode 0600. Public keys are JWK (RFC 7517, RFC 8037);
a key id is the thumbprint of RFC 7638. No error text ever holds key material.
"""

import os
import stat
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.errors import KeyFileError
from edge.record.envelope import ALGORITHM, TrustedKey

PRIVATE_MODE, PUBLIC_MODE = 0o600, 0o644
MAKE_ONE = "Make one with `python -m tools.make_keys`, or correct its path."
COPY_AGAIN = "Copy the file again from where it was made."


T = TypeVar("T")


class PublicJwk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An Ed25519 public key as JWK; `box` names the box it belongs to, absent for the platform."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str = ALGORITHM
    use: str = "sig"
    box: str | None = None
    d: str | None = None


class Jwks(msgspec.Struct, frozen=True):
    """A set of public keys."""

    keys: tuple[PublicJwk, ...]


class FileSigner:
    """Signs with the private key of a file; implements `Signer`."""

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
        return PublicJwk(
            kty="OKP",
            crv=ALGORITHM,
            x=str(self._key.as_dict(private=False)["x"]),
            kid=self._kid,
            box=box,
        )


def load_signer(path: Path) -> FileSigner:
    """Open a private key file.

    Raises KeyFileError when it is missing, readable by others, or not an Ed25519 private key.
    """
    raw = _read(path)
    _check_private(path)
    try:
        key = OKPKey.import_key(raw)
    except (JoseError, ValueError, TypeError):
        _fail(f"{path} is not an unencrypted Ed25519 private key in PEM.", MAKE_ONE)
    if not key.is_private or key.curve_name != ALGORITHM:
        _fail(f"{path} holds a key of another kind than an Ed25519 private key.", MAKE_ONE)
    return FileSigner(key)


def create_signer(path: Path, box: str | None) -> FileSigner:
    """Make a key pair: the private key at `path`, the public one beside it with suffix .jwk.

    Raises KeyFileError when either exists: keys are never overwritten.
    """
    signer_key = OKPKey.generate_key(ALGORITHM, auto_kid=False)
    signer = FileSigner(signer_key)
    write_private(path, signer_key.as_pem(private=True))
    _write_new(
        path.with_suffix(".jwk"), msgspec.json.encode(signer.public(box)) + b"\n", PUBLIC_MODE
    )
    return signer


def write_private(path: Path, secret: bytes) -> None:
    """Write a secret for its owner's eyes only, durably.

    Raises KeyFileError when the file exists or cannot be written.
    """
    _write_new(path, secret, PRIVATE_MODE)


def load_public(path: Path) -> TrustedKey:
    """Open one public key (JWK), such as the platform's.

    Raises KeyFileError.
    """
    return _trusted(path, _decode(path, PublicJwk))


def load_trusted(path: Path) -> dict[str, TrustedKey]:
    """Open the trusted keys of boxes: a JWKS, or a single JWK, each key naming its box.

    Raises KeyFileError.
    """
    keys = [_trusted(path, jwk) for jwk in _public_keys(path)]
    if not keys:
        _fail(f"{path} holds no key.", MAKE_ONE)
    if any(key.box is None for key in keys):
        _fail(f"A key in {path} does not name its box.", 'Add the member "box" to each key.')
    return {key.kid: key for key in keys}


def extend_trusted(path: Path, jwk: PublicJwk) -> None:
    """Add a box's key to a JWKS file, creating the file if need be.

    Raises KeyFileError when it cannot be read or written.
    """
    known = _public_keys(path) if path.exists() else ()
    _replace(path, msgspec.json.format(msgspec.json.encode(Jwks((*known, jwk)))) + b"\n")


def _public_keys(path: Path) -> tuple[PublicJwk, ...]:
    decoded = _decode(path, dict[str, msgspec.Raw])
    return _decode(path, Jwks).keys if "keys" in decoded else (_decode(path, PublicJwk),)


def _trusted(path: Path, jwk: PublicJwk) -> TrustedKey:
    if jwk.d is not None:
        _fail(f"{path} holds a private key where a public one belongs.", "Replace that key pair.")
    if (jwk.kty, jwk.crv, jwk.alg, jwk.use) != ("OKP", ALGORITHM, ALGORITHM, "sig"):
        _fail(f"{path} holds a key that is not Ed25519 for signatures.", MAKE_ONE)
    try:
        key = OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, "x": jwk.x})
        thumbprint = key.thumbprint()
    except (JoseError, ValueError, TypeError):
        _fail(f"{path} holds a garbled public key.", COPY_AGAIN)
    if thumbprint != jwk.kid:
        _fail(f"A key id in {path} is not the thumbprint of its key.", COPY_AGAIN)
    return TrustedKey(jwk.kid, jwk.box, key)


def _check_private(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        _fail(
            f"{path} can be read by others (mode {mode:04o}).",
            f"Run `chmod 600 {path}`; if others may have read it, replace the key.",
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise KeyFileError(f"The key file {path} cannot be read ({e.strerror}).", MAKE_ONE) from e


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(_read(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        _fail(f"{path} is not a public key in JWK form.", MAKE_ONE)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    if path.exists():
        _fail(f"{path} exists; keys are never overwritten.", "Name another folder, or remove it.")
    _replace(path, content, mode)


def _replace(path: Path, content: bytes, mode: int = PUBLIC_MODE) -> None:
    """Write a file so that after a power cut it is there whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        draft.replace(path)
        _fsync_folder(path.parent)
    except OSError as e:
        raise KeyFileError(
            f"The key file {path} cannot be written ({e.strerror}).", "Name a folder you may write."
        ) from e


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fail(cause: str, remedy: str) -> NoReturn:
    raise KeyFileError(cause, remedy) from None

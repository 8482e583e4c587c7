"""Key files of the repository: Ed25519, PKCS#8 in PEM, and the public half beside it as .pub.

No error text ever holds key material.
"""

import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from edge.errors import KeyFileError
from edge.record.keys import write_private

MAKE_ONE = "Make one with `python -m tools.publish key`, or correct its path."
PUBLIC, PRIVATE = b"-----BEGIN PUBLIC KEY", b"PRIVATE KEY-----"
ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"
Passphrases: TypeAlias = Callable[[Path], Iterable[bytes]]
"""Gives the passphrases that may open a key file."""
Signers: TypeAlias = dict[str, CryptoSigner]
"""What signs, by key id."""


def public_path(path: Path) -> Path:
    """Return where the public half of a key lies."""
    return path.with_name(f"{path.name}.pub")


def make_key(path: Path, passphrase: bytes | None) -> str:
    """Make a key pair and return its key id. Raises KeyFileError where either file exists."""
    for taken in (path, public_path(path)):
        if taken.exists():
            raise KeyFileError(f"{taken} exists; keys are never overwritten.", "Name another file.")
    key = Ed25519PrivateKey.generate()
    lock: KeySerializationEncryption = (
        BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    )
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    public = key.public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        public_path(path).write_bytes(text)
    except OSError as e:
        raise KeyFileError(
            f"{public_path(path)} cannot be written ({e.strerror}).", "Free some space."
        ) from e
    return key_of(public).keyid


def key_of(public: Ed25519PublicKey) -> SSlibKey:
    """Return a public key under its key id."""
    return SSlibKey.from_crypto(public)


def load_public(path: Path) -> Key:
    """Return the public key of a .pub file. Raises KeyFileError."""
    try:
        public = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(f"{path} is not a public key in PEM.", MAKE_ONE) from None
    if not isinstance(public, Ed25519PublicKey):
        raise KeyFileError(f"{path} is not an Ed25519 key.", MAKE_ONE)
    return key_of(public)


def is_public(path: Path) -> bool:
    """True for the public half of a key. Raises KeyFileError."""
    return _read(path).lstrip().startswith(PUBLIC)


def load_signer(path: Path, passphrases: Passphrases) -> CryptoSigner:
    """Open a private key. Raises KeyFileError when it is missing, readable by others or locked."""
    content = _read(path)
    if PRIVATE not in content:
        raise KeyFileError(f"{path} is not a private key in PEM.", MAKE_ONE)
    locked = ENCRYPTED in content
    if not locked:
        _refuse_open(path)  # a stick's file system may know no modes: there a passphrase guards
    for passphrase in passphrases(path) if locked else (None,):
        if (key := _opened(content, passphrase)) is not None:
            return CryptoSigner(key, key_of(key.public_key()))
    cause = f"{path} does not open{' with that passphrase' if locked else ''} as an Ed25519 key."
    raise KeyFileError(cause, "Try again, or take another key of that role.")


def _opened(content: bytes, passphrase: bytes | None) -> Ed25519PrivateKey | None:
    try:
        key = load_pem_private_key(content, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None


def load_signers(paths: Iterable[Path], passphrases: Passphrases) -> Signers:
    """Open private keys. Raises KeyFileError."""
    signers = (load_signer(path, passphrases) for path in paths)
    return {signer.public_key.keyid: signer for signer in signers}


def _refuse_open(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        cause = f"{path} can be read by others (mode {mode:04o}) and has no passphrase."
        raise KeyFileError(cause, f"Run `chmod 600 {path}`; replace the key if others read it.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise KeyFileError(f"The key {path} cannot be read ({e.strerror}).", MAKE_ONE) from e

"""The panel's password: unique per box, made when the box is, known to the box by its hash (pure).

The file `panel.password` (a credential, or beside the other keys) is one line of JSON: scrypt
(RFC 7914) with its parameters, salt and hash. What people type may differ in case, dashes, blanks.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Annotated, Final, Literal

import msgspec

from edge.errors import KeyFileError

NAME: Final = "panel.password"
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Nothing that looks like something else on a wet screen: no 0, 1, i, l, o."""
GROUPS, GROUP = 4, 4
"""16 characters of 31: 79 bits."""
SALT_BYTES, HASH_BYTES = 16, 32
N, R, P = 2**15, 8, 1
"""32 MB of memory for each guess."""
UNREADABLE = "Make another: `anpr-edge provision --new-password`."
Base64 = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{22,44}={0,2}\Z")]


class PasswordHash(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A password as the box knows it; salt and hash are base64."""

    kdf: Literal["scrypt"] = "scrypt"
    n: Annotated[int, msgspec.Meta(ge=2**14, le=2**17)] = N
    r: Annotated[int, msgspec.Meta(ge=8, le=16)] = R
    p: Annotated[int, msgspec.Meta(ge=1, le=4)] = P
    salt: Base64
    hash: Base64

    def is_of(self, password: str) -> bool:
        """True when this is the hash of a password; takes the same time for any."""
        wanted = base64.b64decode(self.hash)
        return hmac.compare_digest(_scrypt(password, self), wanted)


def new_password() -> str:
    """Return a password that nobody can guess, in groups as people type them."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def hashed(password: str) -> PasswordHash:
    """Return what the box keeps of a password."""
    salt = base64.b64encode(secrets.token_bytes(SALT_BYTES)).decode()
    blank = PasswordHash(salt=salt, hash="A" * 43 + "=")
    found = base64.b64encode(_scrypt(password, blank)).decode()
    return msgspec.structs.replace(blank, hash=found)


def line_of(known: PasswordHash) -> bytes:
    """Return the content of the file."""
    return msgspec.json.encode(known) + b"\n"


def read_line(content: bytes) -> PasswordHash:
    """Return what the file says. Raises KeyFileError."""
    try:
        known = msgspec.json.decode(content, type=PasswordHash)
        base64.b64decode(known.salt, validate=True)
        sane = len(base64.b64decode(known.hash, validate=True)) == HASH_BYTES
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, binascii.Error):
        sane = False
    if not sane or known.n & (known.n - 1):
        raise KeyFileError(f"The file {NAME} is no hash of a password.", UNREADABLE) from None
    return known


def _scrypt(password: str, known: PasswordHash) -> bytes:
    """Return the hash of a password as it was meant: without case, dashes and blanks."""
    typed = "".join(password.lower().replace("-", " ").split())
    salt, room = base64.b64decode(known.salt), 2 * 128 * known.n * known.r
    return hashlib.scrypt(
        typed.encode(errors="replace"),
        salt=salt,
        n=known.n,
        r=known.r,
        p=known.p,
        maxmem=room,
        dklen=HASH_BYTES,
    )

"""The password of a box's panel: one line of JSON with its scrypt hash, never the password itself.

`{"n": 16384, "r": 8, "p": 1, "salt": "<32 hex>", "hash": "<64 hex>"}`. Source: RFC 7914.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import KeyFileError

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that a person on a ladder takes for another: neither i, l, o nor 0, 1."""
GROUPS, GROUP = 4, 4  # 31 ** 16: 79 bits
N, R, P = 2**14, 8, 1
SALT_BYTES, HASH_BYTES, MAX_MEMORY = 16, 32, 300_000_000
LONGEST = 200
REMEDY = "Make one with `anpr-edge panel --new-password`."


class Salted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A salted hash, and how hard it was made to try."""

    n: Annotated[int, msgspec.Meta(ge=2**14, le=2**17)]
    r: Annotated[int, msgspec.Meta(ge=8, le=16)]
    p: Annotated[int, msgspec.Meta(ge=1, le=4)]
    salt: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){16,64}\Z")]
    hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]

    def matches(self, password: str) -> bool:
        """Tell whether it is the password; takes some 50 ms and 16 MB, whatever it is."""
        found = _hash(password[:LONGEST], bytes.fromhex(self.salt), (self.n, self.r, self.p))
        return hmac.compare_digest(found, bytes.fromhex(self.hash))


def new_password() -> str:
    """Return a password of 79 random bits that is easy to type: `k7wm-3tqp-9xhd-vr42`."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def salted(password: str) -> Salted:
    """Return the salted hash of a password."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Salted(N, R, P, salt.hex(), _hash(password, salt, (N, R, P)).hex())


def line_of(found: Salted) -> bytes:
    """Return the line that stands in the file."""
    return msgspec.json.encode(found) + b"\n"


def load_password(path: Path) -> Salted:
    """Open the file of a panel's password. Raises KeyFileError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Salted)
    except OSError as e:
        cause = f"The password file {path} cannot be read ({e.strerror})."
        raise KeyFileError(cause, REMEDY) from e
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise KeyFileError(f"{path} holds no hash of a password.", REMEDY) from None


def _hash(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=MAX_MEMORY,
        dklen=HASH_BYTES,
    )

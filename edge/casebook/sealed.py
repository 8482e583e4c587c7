"""A held passage at rest: sealed, and bound to all that is told of the candidate in clear.

It does not open once a date beside it was changed. The key of its pictures lies there too.
"""

from typing import NamedTuple

import msgspec

from edge.access.hold import Held
from edge.types import Passage
from edge.vault import Vault

USE, INTENT = "casebook v1", b"intent"
UNDATED = b',"dated":null}'
"""An older version did not tell it: what it sealed must open all the same."""


class Kept(NamedTuple):
    """What is sealed of a candidate: its passage, and the key of its pictures if it has any."""

    passage: Passage
    key: bytes = b""


def seal_kept(vault: Vault, kept: Kept, held: Held) -> bytes:
    """Return what only this box can read."""
    return vault.seal(msgspec.json.encode(kept), _place(held))


def open_kept(vault: Vault, sealed: object, held: Held) -> Kept | None:
    """Return what was sealed; None when altered, or sealed by another key or software."""
    plain = vault.open(sealed, _place(held))
    if plain is None:
        return None
    try:
        return msgspec.json.decode(plain, type=Kept)
    except msgspec.DecodeError:
        return None


def seal_key(vault: Vault, key: bytes, sha256: str) -> bytes:
    """Return the key of a picture that is to be handed over, as only this box can read it."""
    return vault.seal(key, _picture(sha256))


def open_key(vault: Vault, sealed: object, sha256: str) -> bytes | None:
    """Return that key; None when altered or another's."""
    return vault.open(sealed, _picture(sha256))


def _picture(sha256: str) -> bytes:
    return b"picture\0" + sha256.encode()


def _place(held: Held) -> bytes:
    told = msgspec.json.encode(held)
    return b"held\0" + (told.removesuffix(UNDATED) + b"}" if told.endswith(UNDATED) else told)

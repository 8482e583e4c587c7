"""A held passage at rest: sealed, and bound to all that is told of the candidate in clear.

It does not open once a date beside it was changed.
"""

import msgspec

from edge.access.hold import Held
from edge.types import Passage
from edge.vault import Vault

USE, INTENT = "casebook v1", b"intent"


def seal_passage(vault: Vault, passage: Passage, held: Held) -> bytes:
    """Return a passage that only this box can read."""
    return vault.seal(msgspec.json.encode(passage), _place(held))


def open_passage(vault: Vault, sealed: object, held: Held) -> Passage | None:
    """Return the passage; None when altered, or sealed by another key or software."""
    plain = vault.open(sealed, _place(held))
    if plain is None:
        return None
    try:
        return msgspec.json.decode(plain, type=Passage)
    except msgspec.DecodeError:
        return None


def _place(held: Held) -> bytes:
    return b"held\0" + msgspec.json.encode(held)

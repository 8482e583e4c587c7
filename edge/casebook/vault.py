"""A held passage at rest: sealed, so that a stolen disk shows no plate.

ChaCha20-Poly1305, because a Raspberry Pi 4 has no instructions for AES; the key is derived from
the box's token key (HKDF-SHA256), which does not lie on the disk in clear. The seal is bound to the
box and to all that is told of the candidate in clear: it opens in no other place, and not once a
date beside it was changed.
"""

import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edge.access.hold import Held
from edge.types import Passage

INFO = b"anpr-edge hold v1"
KEY_BYTES, NONCE_BYTES = 32, 12


class Vault:
    """Seals and opens the passages of one box."""

    def __init__(self, box: str, token_key: bytes) -> None:
        """Derive the key."""
        key = HKDF(SHA256(), KEY_BYTES, salt=None, info=INFO).derive(token_key)
        self._box, self._cipher = box, ChaCha20Poly1305(key)

    def seal(self, passage: Passage, held: Held) -> bytes:
        """Return a passage that only this box can read, with its nonce before it."""
        nonce = os.urandom(NONCE_BYTES)
        plain = msgspec.json.encode(passage)
        return nonce + self._cipher.encrypt(nonce, plain, self._place(held))

    def open(self, sealed: bytes, held: Held) -> Passage | None:
        """Return the passage; None when altered, or sealed by another key or software."""
        try:
            nonce, cipher = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            plain = self._cipher.decrypt(nonce, cipher, self._place(held))
            return msgspec.json.decode(plain, type=Passage)
        except (InvalidTag, ValueError, msgspec.DecodeError):
            return None

    def _place(self, held: Held) -> bytes:
        return self._box.encode() + b"\0" + msgspec.json.encode(held)

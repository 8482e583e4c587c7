"""What lies on the disk of a box is sealed: a stolen disk shows no plate.

ChaCha20-Poly1305 (RFC 8439), because a Raspberry Pi 4 has no instructions for AES; the key is
derived (HKDF-SHA256, RFC 5869) from a credential of the box, which does not lie on the disk in
clear. What is sealed is bound to the box and to its place: it opens in no other.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES, CHECK_BYTES = 32, 12, 16


class Vault:
    """Seals and opens what one box keeps for one use."""

    def __init__(self, credential: bytes, use: str, box: str) -> None:
        """Derive the key; `use` keeps files apart that share a credential."""
        self._cipher = ChaCha20Poly1305(_derived(credential, f"anpr-edge {use}", KEY_BYTES))
        self._box = box.encode()
        self.check = _derived(credential, f"anpr-edge {use} check", CHECK_BYTES).hex()
        """Tells which credential it is, and not the credential."""

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """Return what only this box can read, and only in this place; its nonce stands first."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound(place))

    def open(self, sealed: object, place: bytes) -> bytes | None:
        """Return what was sealed; None when it was altered, moved, or is another credential's."""
        if not isinstance(sealed, bytes) or len(sealed) < NONCE_BYTES:
            return None
        nonce, cipher = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, cipher, self._bound(place))
        except InvalidTag:
            return None

    def _bound(self, place: bytes) -> bytes:
        return self._box + b"\0" + place


def _derived(credential: bytes, info: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=info.encode()).derive(credential)

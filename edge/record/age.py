"""age (https://age-encryption.org/v1): sealed to public keys, opened with a private one (pure).

X25519 and ChaCha20-Poly1305 by way of pyrage. A box knows public keys alone: what it has sealed
it cannot open.
"""

from collections.abc import Sequence

import pyrage
from pyrage import x25519

from edge.errors import ConfigError, EvidenceError, KeyFileError

MAGIC = b"age-encryption.org/v1\n"
SECRET = "AGE-SECRET-KEY-1"


class Recipients:
    """The public keys to which a box seals."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take public keys in their text form.

        Raises ConfigError when one is garbled.
        """
        try:
            self._keys = [x25519.Recipient.from_str(key) for key in keys]
        except pyrage.RecipientError as e:
            raise ConfigError(
                "A key in evidence.recipients is garbled.", "Copy it again from its owner."
            ) from e

    def seal(self, plain: bytes) -> bytes:
        """Return an age file that any one of the keys' owners can open."""
        sealed: bytes = pyrage.encrypt(plain, self._keys)
        return sealed


class Identity:
    """A private key of the authority."""

    def __init__(self, key: x25519.Identity) -> None:
        """Use `Identity.read`."""
        self._key = key

    @classmethod
    def read(cls, text: str) -> "Identity":
        """Take the private key out of an identity file, as `age-keygen` writes it.

        Raises KeyFileError when there is none, or it is garbled.
        """
        lines = [line.strip() for line in text.splitlines()]
        found = [line for line in lines if line.startswith(SECRET)]
        if len(found) != 1:
            cause = f"The identity file holds {len(found)} age keys (X25519); it must hold one."
            raise KeyFileError(cause, "Give the file that `age-keygen` wrote.")
        try:
            return cls(x25519.Identity.from_str(found[0]))
        except pyrage.IdentityError:
            raise KeyFileError(
                "The age key in the identity file is garbled.", "Copy the file again."
            ) from None

    def open(self, sealed: bytes) -> bytes:
        """Return what an age file holds.

        Raises EvidenceError when it was sealed to others, or is damaged.
        """
        try:
            plain: bytes = pyrage.decrypt(sealed, [self._key])
        except pyrage.DecryptError as e:
            other = "No matching keys" in str(e)
            cause = (
                "It was not encrypted to this key."
                if other
                else "It is damaged: it does not decrypt."
            )
            raise EvidenceError(
                cause,
                "Give the other key of the authority." if other else "Ask for it again.",
            ) from None
        return plain

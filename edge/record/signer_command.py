"""A key that never leaves its place: a program signs, be it beside a secure element, TPM or HSM.

The program is called with one more word. `public`: it writes the 32 bytes of the Ed25519 public key
to standard output. `sign`: it reads what is to be signed from standard input, to its end, and
writes the 64 bytes of the signature (RFC 8032).
"""

import base64
import subprocess
from collections.abc import Sequence

import msgspec
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from edge.errors import KeyFileError
from edge.record.envelope import ALGORITHM
from edge.record.jwk import KTY, PublicJwk, public_jwk

LONGEST_S = 10.0
PUBLIC_BYTES, SIGNATURE_BYTES = 32, 64
LOOK = "Run the program of keys.signer_command by hand, with `public` after it."


class CommandSigner:
    """Signs through a program; implements `OwnSigner`."""

    def __init__(self, command: Sequence[str]) -> None:
        """Ask for the public key.

        Raises KeyFileError when the program does not give one.
        """
        self._command = tuple(command)
        public = self._run("public", b"", PUBLIC_BYTES)
        self._key = OKPKey.import_key({"kty": KTY, "crv": ALGORITHM, "x": _encoded(public)})
        self._kid = self._key.thumbprint()

    @property
    def key_id(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        return self._kid

    def sign(self, payload: bytes) -> bytes:
        """Return the compact JWS over the payload.

        Raises KeyFileError when the program fails, or signs with another key than it showed: a
        record that nobody can prove is never written.
        """
        header = msgspec.json.encode({"alg": ALGORITHM, "kid": self._kid})
        signed = f"{_encoded(header)}.{_encoded(payload)}"
        signature = self._run("sign", signed.encode(), SIGNATURE_BYTES)
        jws = f"{signed}.{_encoded(signature)}".encode()
        try:
            jose.deserialize_compact(jws, self._key, algorithms=[ALGORITHM])
        except JoseError:
            raise self._fault("signed with another key than it showed") from None
        return jws

    def public(self, box: str | None) -> PublicJwk:
        """Return the public key as JWK, for the box it belongs to."""
        return public_jwk(self._key, box)

    def _run(self, word: str, given: bytes, expected: int) -> bytes:
        try:
            done = subprocess.run(
                [*self._command, word],
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=LONGEST_S,
                check=False,
            )
        except OSError as e:
            raise self._fault(f"cannot be run ({e.strerror})") from e
        except subprocess.TimeoutExpired:
            raise self._fault(f"did not answer {word} within {LONGEST_S:.0f} s") from None
        if done.returncode or len(done.stdout) != expected:
            raise self._fault(f"did not give the {expected} bytes of {word}")
        return done.stdout

    def _fault(self, what: str) -> KeyFileError:
        return KeyFileError(f"The program {self._command[0]} {what}.", LOOK)


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

"""Where boxes are taken in: the register, the platform's key, and the authority, as files."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec

from edge.record.client import certificate_of, open_request
from edge.record.enrolment import KeyCertificate, KeyRequest, sign_certificate
from edge.record.jwk import PublicJwk
from edge.record.keyfile import PUBLIC_MODE, locked, replace
from edge.record.keys import load_signer, load_trusted, public_keys, write_trusted
from tools.registrar.authority import Authority, Term
from tools.registrar.received import brought_in
from tools.registrar.register import Register, Replacement, accept, find, follow


@dataclass(frozen=True, slots=True)
class Office:
    """What it takes to answer a box; `ca` and its key may be left out for boxes without a broker.

    `days` is how long a client certificate is valid; `received` are records that show rotations.
    """

    register: Path
    signing: Path
    ca: Path | None
    ca_key: Path | None
    days: int
    received: Path | None = None

    def take_in(
        self, asked: KeyRequest, out: Path, now: datetime, ends: Replacement | None = None
    ) -> KeyCertificate:
        """Trust the key of a box, and write its certificate; the register is written first.

        Raises RegisterError, KeyFileError.
        """
        term = Term(now, now + timedelta(days=self.days))
        client = self._client(asked, term)
        with locked(self.register.parent):
            keys = followed(self.register, self.received)
            wanted = accept(keys, msgspec.structs.replace(asked.key, epoch=None), ends)
            trusted = find(wanted, asked.key.kid)
            assert trusted is not None  # it has just been put there
            answer = _certificate(asked, trusted, term, client)
            signed = sign_certificate(answer, load_signer(self.signing))
            write_trusted(self.register, wanted)
        replace(out, signed + b"\n", PUBLIC_MODE)
        return answer

    def _client(self, asked: KeyRequest, term: Term) -> str | None:
        """Return the client certificate that a box asks for; None where it asks for none."""
        if asked.csr is None:
            return None
        if self.ca is None or self.ca_key is None:
            raise click.UsageError("The box asks for a client certificate: --ca and --ca-key.")
        return Authority.load(self.ca, self.ca_key).client(open_request(asked.csr), asked.box, term)


def followed(path: Path, received: Path | None) -> Register:
    """Return the register, with the keys that rotations brought in since it was written."""
    keys = public_keys(path) if path.exists() else ()
    return keys if received is None else follow(keys, brought_in(received, load_trusted(path)))


def _certificate(
    asked: KeyRequest, key: PublicJwk, term: Term, client: str | None
) -> KeyCertificate:
    until = term.end if client is None else certificate_of(client, "").not_valid_after_utc
    return KeyCertificate(
        box=asked.box,
        kid=key.kid,
        epoch=key.epoch or 1,
        client=client,
        issued_at=term.start,
        not_after=until,
        nonce=asked.nonce,
    )

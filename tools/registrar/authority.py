"""The authority that signs client certificates, and what it signs."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import KeyFileError
from edge.record.client import load_certificate
from edge.record.keyfile import fail, read_private

CHECK_CA = "Name the authority's certificate with --ca and its private key with --ca-key."
BEFORE = datetime.timedelta(hours=1)
"""A box whose clock is a little behind is let in at once."""
SIGNING = (EllipticCurvePrivateKey, RSAPrivateKey, Ed25519PrivateKey)


@dataclass(frozen=True, slots=True)
class Term:
    """From when, and until when, a certificate is valid (UTC)."""

    start: datetime.datetime
    end: datetime.datetime


class Authority:
    """A certificate authority: its certificate and its private key."""

    def __init__(self, certificate: x509.Certificate, key: PrivateKeyTypes) -> None:
        """Use `Authority.load`."""
        self.certificate, self._key = certificate, key

    @classmethod
    def load(cls, certificate: Path, key: Path) -> "Authority":
        """Open certificate and key. Raises KeyFileError when they are not those of an authority."""
        found, private = load_certificate(certificate), _private(key)
        if not isinstance(private, SIGNING) or _spki(private) != _spki_of(found):
            fail(f"{key} is not the private key of {certificate}.", CHECK_CA)
        try:
            is_ca = found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            is_ca = False
        if not is_ca:
            fail(f"{certificate} is not the certificate of an authority.", CHECK_CA)
        return cls(found, private)

    def client(self, request: x509.CertificateSigningRequest, box: str, term: Term) -> str:
        """Return the PEM of a client certificate in the name of a box, for the key that asked.

        Of the request nothing but its key is taken. Raises KeyFileError when the authority itself
        runs out before.
        """
        if term.end > self.certificate.not_valid_after_utc:
            until = f"{self.certificate.not_valid_after_utc:%Y-%m-%d}"
            fail(f"The authority itself runs out before, on {until}.", "Give fewer --days.")
        public = request.public_key()
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self.certificate.public_key()  # type: ignore[arg-type]
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)]))
            .issuer_name(self.certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(term.start - BEFORE)
            .not_valid_after(term.end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(DIGITAL_SIGNATURE, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(own, critical=False)
        )
        made = builder.sign(self._key, self._hash())  # type: ignore[arg-type]
        return made.public_bytes(Encoding.PEM).decode()

    def outlaw(
        self, certificates: Sequence[x509.Certificate], before: bytes | None, term: Term
    ) -> str:
        """Return the PEM of a revocation list: those that stood on the one before, and these.

        Raises KeyFileError when the one before, or a certificate, is not of this authority.
        """
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self.certificate.subject,
            last_update=term.start - BEFORE,
            next_update=term.end,
        )
        known = {} if before is None else self._listed(before)
        for certificate in certificates:
            self._check_ours(certificate)
            known.setdefault(certificate.serial_number, term.start - BEFORE)
        for serial, since in sorted(known.items()):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        made = builder.sign(self._key, self._hash())  # type: ignore[arg-type]
        return made.public_bytes(Encoding.PEM).decode()

    def _listed(self, pem: bytes) -> dict[int, datetime.datetime]:
        try:
            found = x509.load_pem_x509_crl(pem)
            ours = found.is_signature_valid(self.certificate.public_key())  # type: ignore[arg-type]
        except (ValueError, TypeError, UnsupportedAlgorithm):
            ours = False
        if not ours:
            fail("The revocation list that is there is not one of this authority.", CHECK_CA)
        return {one.serial_number: one.revocation_date_utc for one in found}

    def _check_ours(self, certificate: x509.Certificate) -> None:
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            fail("A certificate to be shut out is not one of this authority.", CHECK_CA)

    def _hash(self) -> SHA256 | None:
        return None if isinstance(self._key, Ed25519PrivateKey) else SHA256()


DIGITAL_SIGNATURE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _private(path: Path) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(read_private(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        cause = f"{path} is not an unencrypted private key in PEM."
        raise KeyFileError(cause, CHECK_CA) from e


def _spki(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

"""The key and certificate with which a box shows itself to the broker (TLS client).

The key is a P-256 key in PEM that never leaves the box: what leaves is a request (PKCS 10) that it
signed. The common name is the id of the box, which the broker takes as its user.
"""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from edge.errors import KeyFileError
from edge.record.keyfile import fail, read, read_private
from edge.record.keys import write_private

ASK = "Ask for another: `anpr-edge keys request`."


def create_client_key(path: Path) -> EllipticCurvePrivateKey:
    """Open the client key of the box, or make it if there is none. Raises KeyFileError."""
    if path.exists():
        return load_client_key(path)
    key = generate_private_key(SECP256R1())
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def load_client_key(path: Path) -> EllipticCurvePrivateKey:
    """Open the client key of the box. Raises KeyFileError."""
    try:
        key = load_pem_private_key(read_private(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fail(f"{path} is not an unencrypted private key in PEM.", ASK)
    if not isinstance(key, EllipticCurvePrivateKey):
        fail(f"{path} is not a P-256 key.", ASK)
    return key


def certificate_request(key: EllipticCurvePrivateKey, box: str) -> str:
    """Return the PEM of a request (PKCS 10) for a client certificate in the name of the box."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def load_certificate(path: Path) -> x509.Certificate:
    """Open a certificate file. Raises KeyFileError."""
    return certificate_of(read(path).decode(errors="replace"), str(path))


def certificate_of(pem: str, where: str) -> x509.Certificate:
    """Return the first certificate of a PEM text. Raises KeyFileError naming where it was."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        fail(f"{where} holds no certificate in PEM.", ASK)


def common_name(subject: x509.Name) -> str | None:
    """Return the common name, if there is exactly one."""
    found = [str(part.value) for part in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return found[0] if len(found) == 1 else None


def is_for(certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> bool:
    """True when the certificate speaks for this very key."""
    return _spki(certificate.public_key()) == _spki(key.public_key())


def until(certificate: x509.Certificate) -> datetime:
    """Return when a certificate runs out (UTC)."""
    return certificate.not_valid_after_utc


def open_request(pem: str) -> x509.CertificateSigningRequest:
    """Return a request whose own key signed it. Raises KeyFileError."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        proven = request.is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm) as e:
        raise KeyFileError("The certificate request cannot be read.", ASK) from e
    if not proven:
        fail("The certificate request is not signed with the key that it names.", ASK)
    return request


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

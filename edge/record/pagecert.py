"""The certificate with which the panel shows itself to a browser: made and signed by the box.

No authority vouches for an address like 10.42.0.1: a person compares the fingerprint.
"""

from datetime import datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEFORE, LASTS = timedelta(days=1), timedelta(days=3650)
"""A phone's clock may be slow; nobody climbs a ladder for a new one."""


def page_certificate(
    key: EllipticCurvePrivateKey, box: str, address: str, now: datetime
) -> x509.Certificate:
    """Return a certificate of the page of a box at an IPv4 address."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + LASTS)
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )


def pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate in PEM."""
    return certificate.public_bytes(Encoding.PEM)


def is_of(certificate: x509.Certificate, address: str) -> bool:
    """True when a certificate is that of a page at an IPv4 address."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    return IPv4Address(address) in found.value.get_values_for_type(x509.IPAddress)


def print_of(certificate: x509.Certificate) -> str:
    """Return its SHA-256 as browsers show it: `A1:B2:...`."""
    return certificate.fingerprint(SHA256()).hex(":").upper()

"""A certificate authority of a test, in a folder."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
WIRED = "10.77.0.2"  # of the platform at the end of `tests.faults.wire`
HOSTS = (*(f"127.0.0.{n}" for n in range(1, 5)), WIRED)


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, generate_private_key(SECP256R1())
        self.name, self.lasts, self.lasts_client = _name("authority"), DAY, DAY
        public = self.key.public_key()
        self._write("ca", self.key, self._certificate("authority", public, is_ca=True))

    def renew(self, days: datetime.timedelta) -> None:
        """Make the authority's own certificate last longer than those of a day."""
        self.lasts = days
        public = self.key.public_key()
        self._write("ca", self.key, self._certificate("authority", public, is_ca=True))

    def issue(self, file: str, name: str) -> tuple[Path, Path]:
        key = generate_private_key(SECP256R1())
        return self._write(file, key, self._certificate(name, key.public_key(), is_ca=False))

    def signed(self, csr: str, name: str) -> str:
        """Return the PEM of a certificate in any name for the key of a request."""
        public = x509.load_pem_x509_csr(csr.encode()).public_key()
        assert isinstance(public, EllipticCurvePublicKey)
        made = self._certificate(name, public, is_ca=False)
        return made.public_bytes(Encoding.PEM).decode()

    def _certificate(self, name: str, key: EllipticCurvePublicKey, is_ca: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(self.name)
        builder = builder.public_key(key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + (self.lasts if is_ca else self.lasts_client))
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        names = x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(host)) for host in HOSTS]
        )
        return builder.add_extension(names, critical=False).sign(self.key, SHA256())

    def _write(
        self, file: str, key: EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> tuple[Path, Path]:
        paths = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].touch(mode=0o600)
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

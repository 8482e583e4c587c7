"""The way to a real broker over TLS, where the client certificate names the box."""

import datetime
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edge.errors import FeedError
from edge.feed.mqtt import MqttPublisher
from tests.mosquitto import Mosquitto, find_mosquitto

TLS = """\
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
require_certificate true
use_identity_as_username true
acl_file {folder}/acl
"""


@dataclass(frozen=True)
class Address:
    port: int
    ca: Path | None
    cert: Path | None = None
    key: Path | None = None
    host: str = "127.0.0.1"


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, generate_private_key(SECP256R1())
        self.name = _name("authority")
        self._write("ca", self.key, self._certificate("authority", self.key, is_ca=True))

    def issue(self, file: str, name: str) -> tuple[Path, Path]:
        key = generate_private_key(SECP256R1())
        return self._write(file, key, self._certificate(name, key, is_ca=False))

    def _certificate(
        self, name: str, key: EllipticCurvePrivateKey, is_ca: bool
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(self.name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        names = x509.SubjectAlternativeName([loopback])
        return builder.add_extension(names, critical=False).sign(self.key, SHA256())

    def _write(
        self, file: str, key: EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> tuple[Path, Path]:
        paths = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "acl").write_text("pattern readwrite anpr/v1/%u/#\n")
    return Authority(tmp_path)


@pytest.fixture
def secure_broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    authority.issue("broker", "broker")
    found = Mosquitto(find_mosquitto(), tmp_path, TLS.format(folder=tmp_path))
    found.start()
    yield found
    found.kill()


def test_a_box_with_its_certificate_gets_in(secure_broker: Mosquitto, authority: Authority) -> None:
    cert, key = authority.issue("box", "box-1")
    ca = authority.folder / "ca.pem"
    MqttPublisher.connect("box-1", Address(secure_broker.port, ca, cert, key)).close()


def test_a_box_without_a_certificate_does_not(
    secure_broker: Mosquitto, authority: Authority
) -> None:
    with pytest.raises(FeedError, match=r"client certificate|alert certificate required"):
        MqttPublisher.connect("box-1", Address(secure_broker.port, authority.folder / "ca.pem"))


def test_a_tls_port_without_a_ca_is_told_as_one(secure_broker: Mosquitto) -> None:
    with pytest.raises(FeedError, match="it expects TLS") as told:
        MqttPublisher.connect("box-1", Address(secure_broker.port, None))
    assert "uplink.ca" in told.value.remedy


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_of_another_authority_is_not_trusted(
    secure_broker: Mosquitto, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    Authority(tmp_path / "other")
    with pytest.raises(FeedError, match="certificate verify failed"):
        MqttPublisher.connect("box-1", Address(secure_broker.port, tmp_path / "other/ca.pem"))

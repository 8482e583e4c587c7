"""The boxes of a fleet as the registrar knows them: keys, certificates, the register."""

import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OKPKey

from edge.record.client import certificate_request, open_request
from edge.record.envelope import TrustedKey
from edge.record.jwk import Jwks, PublicJwk, public_jwk
from edge.record.keys import create_signer, load_public, load_signer, write_private, write_trusted
from edge.record.signer import FileSigner
from tools.fleet.plan import FleetError
from tools.registrar.authority import Authority, Term
from tools.registrar.register import accept

BROKER_HOST = "127.0.0.1"
CLUSTER_HOSTS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
VALID = timedelta(days=30)
SECRET_BYTES = 32
PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Papers:
    """A client certificate and its key, and whom to trust."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Member:
    """A box: its name, its keys, and its certificate where there is TLS."""

    number: int
    box: str
    key: OKPKey
    storage: bytes
    papers: Papers | None


@dataclass(frozen=True, slots=True)
class Office:
    """Who vouches for whom: the register, the platform's key, the authority of certificates."""

    folder: Path
    members: tuple[Member, ...]
    signer: FileSigner
    trusted: TrustedKey

    @property
    def register(self) -> Path:
        """The public keys of all boxes."""
        return self.folder / "register.json"

    @property
    def signing(self) -> Path:
        """The platform's private key."""
        return self.folder / "platform.pem"

    @property
    def routes(self) -> Path:
        """The papers of the servers of a cluster among themselves: an authority of their own."""
        return self.folder / "routes"

    def papers(self, name: str) -> Papers:
        """Return where the certificate of somebody lies."""
        return Papers(*(self.folder / one for one in ("ca.pem", f"{name}.crt", f"{name}.key")))


def enrol(folder: Path, names: Sequence[str], tls: bool) -> Office:
    """Make keys for boxes and platform, and enter the boxes in a register.

    Raises FleetError, KeyFileError.
    """
    folder.mkdir(parents=True)
    create_signer(folder / "platform.pem", None)
    keys = [OKPKey.generate_key("Ed25519", auto_kid=False) for _ in names]
    _enter(folder / "register.json", [*zip(names, keys, strict=True)])
    papers = _certify(folder, names) if tls else dict.fromkeys(names)
    members = tuple(
        Member(number, box, key, secrets.token_bytes(SECRET_BYTES), papers[box])
        for number, (box, key) in enumerate(zip(names, keys, strict=True))
    )
    trusted = load_public(folder / "platform.jwk")
    return Office(folder, members, load_signer(folder / "platform.pem"), trusted)


def _enter(path: Path, keys: Sequence[tuple[str, OKPKey]]) -> None:
    """Accept each box as the registrar does; in parts, for each is compared with all before."""
    register: tuple[PublicJwk, ...] = ()
    part: tuple[PublicJwk, ...] = ()
    for number, (box, key) in enumerate(keys, 1):
        part = accept(part, public_jwk(key, box), None)
        if number % 200 == 0 or number == len(keys):
            register, part = (*register, *part), ()
    write_trusted(path, Jwks(register).keys)


def _certify(folder: Path, names: Sequence[str]) -> dict[str, Papers | None]:
    """Make an authority, its revocation list, and certificates for broker, platform and boxes."""
    _authority(folder)
    (folder / "routes").mkdir()
    _authority(folder / "routes")
    authority = Authority.load(folder / "ca.pem", folder / "ca.key")
    now = datetime.now(UTC)
    term = Term(now, now + VALID)
    (folder / "outlaws.pem").write_text(authority.outlaw([], None, term), encoding="ascii")
    return {name: _issue(folder, name, authority, term) for name in (PLATFORM, *names)}


def _authority(folder: Path) -> None:
    """Make an authority, and the broker's own certificate in the names of its addresses."""
    ca, key = (str(folder / f"ca.{suffix}") for suffix in ("pem", "key"))
    extensions = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _certificate(key, ca, "/CN=Authority of a simulated fleet", extensions)
    names = ",".join(f"IP:{host}" for host in (BROKER_HOST, *CLUSTER_HOSTS))
    signed = ("-CA", ca, "-CAkey", key, "-addext", f"subjectAltName={names}")
    _certificate(str(folder / "broker.key"), str(folder / "broker.pem"), "/CN=broker", signed)


def _certificate(key: str, pem: str, name: str, more: tuple[str, ...]) -> None:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    _openssl("req", "-x509", "-new", "-key", key, "-out", pem, "-subj", name, "-days", "60", *more)


def _issue(folder: Path, name: str, authority: Authority, term: Term) -> Papers:
    found = Papers(folder / "ca.pem", folder / f"{name}.crt", folder / f"{name}.key")
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(found.key, private)
    request: x509.CertificateSigningRequest = open_request(certificate_request(key, name))
    found.cert.write_text(authority.client(request, name, term), encoding="ascii")
    return found


def _openssl(*words: str) -> None:
    try:
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise FleetError("A certificate cannot be made.", "Install openssl 3.") from e

"""How a box asks to be taken in, and puts in place what the platform answers."""

import os
from datetime import datetime
from pathlib import Path

from edge import __version__
from edge.config import Config
from edge.errors import KeyFileError, RecordError
from edge.record.client import (
    certificate_of,
    certificate_request,
    common_name,
    create_client_key,
    is_for,
    load_client_key,
)
from edge.record.enrolment import (
    NOT_TAKEN,
    KeyCertificate,
    KeyRequest,
    read_certificate,
    sign_request,
)
from edge.record.keyfile import PUBLIC_MODE, read, replace
from edge.record.keyplace import KeyPlace
from edge.record.keys import load_public, write_private
from edge.record.signer import OwnSigner

CERTIFICATE = "certificate.jws"
NONCE_BYTES = 16
STORAGE_BYTES = 32


def make_keys(config: Config, place: KeyPlace) -> OwnSigner:
    """Make the keys that are the box's own and are not there yet; return the signing key.

    The token key is not among them: boxes that take the same registry share it. Raises
    KeyFileError.
    """
    signer = place.create()
    if not config.keys.storage.exists():
        write_private(config.keys.storage, f"{os.urandom(STORAGE_BYTES).hex()}\n".encode())
    if config.uplink.key is not None:
        create_client_key(config.uplink.key)
    return signer


def request(config: Config, signer: OwnSigner, now: datetime) -> bytes:
    """Return the signed request of a box whose keys are there. Raises KeyFileError."""
    key, box = config.uplink.key, config.box.id
    asked = KeyRequest(
        box=box,
        key=signer.public(box),
        csr=None if key is None else certificate_request(load_client_key(key), box),
        software=f"anpr-edge {__version__}",
        made_at=now,
        nonce=os.urandom(NONCE_BYTES).hex(),
    )
    return sign_request(asked, signer)


def install(config: Config, signer: OwnSigner, jws: bytes) -> KeyCertificate:
    """Put a certificate in place, once it is proven to be for this box and these keys.

    Raises RecordError when it is not, KeyFileError when it cannot be written.
    """
    found = read_certificate(jws, load_public(config.keys.platform))
    if (found.box, found.kid) != (config.box.id, signer.key_id):
        cause = f"The certificate is for box {found.box} and key {found.kid}."
        raise RecordError(cause, NOT_TAKEN)
    if found.client is not None:
        _install_client(config, found.client)
    replace(config.box.state / CERTIFICATE, jws + b"\n")
    return found


def installed(config: Config) -> KeyCertificate | None:
    """Return the certificate in place; None where there is none.

    Raises RecordError when it is not one that the platform signed for this box.
    """
    path = config.box.state / CERTIFICATE
    if not path.exists():
        return None
    found = read_certificate(read(path).strip(), load_public(config.keys.platform))
    if found.box != config.box.id:
        raise RecordError(f"The certificate {path} is for box {found.box}.", NOT_TAKEN)
    return found


def _install_client(config: Config, pem: str) -> None:
    cert, key = config.uplink.cert, config.uplink.key
    if cert is None or key is None:
        raise KeyFileError(
            "The configuration does not say where the client certificate belongs.",
            "Set uplink.cert and uplink.key.",
        )
    _check_client(pem, config.box.id, key)
    replace(cert, pem.encode(), PUBLIC_MODE)


def _check_client(pem: str, box: str, key: Path) -> None:
    certificate = certificate_of(pem, "The platform's answer")
    if common_name(certificate.subject) != box or not is_for(certificate, load_client_key(key)):
        raise RecordError("The client certificate is for another box or another key.", NOT_TAKEN)

"""What travels between a box and its registrar: requests, answers, bundles, client certificates."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from edge.errors import KeyFileError
from edge.record.client import certificate_of
from edge.record.commissioning import BROKEN, Bundle
from edge.record.envelope import UNREADABLE, RefusedError, decode_part, split
from edge.record.jwk import fingerprint
from edge.record.keyfile import read

REQUEST, ANSWER = ".request", ".certificate"


def waiting(folder: Path) -> Iterator[Path]:
    """Yield the requests in a folder that have no answer. Raises KeyFileError."""
    if not folder.is_dir():
        raise KeyFileError(f"There is no folder {folder}.", "Mount the stick, or correct its name.")
    for request in sorted(folder.glob(f"*{REQUEST}")):
        if not answer_of(request).exists():
            yield request


def answer_of(request: Path) -> Path:
    """Return where the answer to a request belongs."""
    return request.with_suffix(ANSWER)


def told_of(bundle: Bundle) -> dict[str, Any]:
    """Return what a proven bundle says, as a program reads it."""
    manifest = bundle.manifest
    return {
        "box": manifest.box,
        "kid": bundle.kid,
        "fingerprint": fingerprint(bundle.kid),
        "made_at": f"{manifest.made_at:%Y-%m-%dT%H:%M:%SZ}",
        "software": manifest.software,
        "fine": manifest.fine,
        "files": {one.name: one.sha256 for one in manifest.files},
        "faults": [item["says"] for item in _check(bundle) if not item["ok"]],
    }


def lines_of(facts: dict[str, Any]) -> Iterator[str]:
    """Yield the same as a person reads it."""
    yield f"Box {facts['box']} signed all {len(facts['files'])} files: {facts['fingerprint']}"
    yield f"made at {facts['made_at']} by {facts['software']}"
    yield "its own check was fine" if facts["fine"] else "its own check found faults:"
    yield from (f"  {fault}" for fault in facts["faults"])


def client_of(path: Path) -> x509.Certificate:
    """Return a client certificate out of a PEM file, an answer (JWS) or a bundle (zip).

    Nothing is proven: whoever asks to shut a certificate out may. Raises KeyFileError.
    """
    content = read(path)
    if zipfile.is_zipfile(path):
        content = _inside(path)
    try:
        pem_text = msgspec.json.decode(decode_part(split(content.strip())[1]))["client"]
    except (RefusedError, *UNREADABLE, TypeError, KeyError):
        pem_text = content.decode(errors="replace")
    return certificate_of(str(pem_text), str(path))


def _inside(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as bundle:
            return bundle.read("client.pem")
    except (KeyError, *BROKEN):
        cause = f"{path} is a bundle without a client certificate, or was damaged."
        raise KeyFileError(cause, "Name the certificate itself, or the answer.") from None


def _check(bundle: Bundle) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(bundle.files.get("check.json", b"[]"), type=list[dict[str, Any]])
    except UNREADABLE:
        return []

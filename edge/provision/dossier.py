"""What goes into a commissioning bundle: public halves, configuration, check, versions."""

import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from edge import __version__
from edge.daemon import enrolment
from edge.provision.credstore import sealed_by
from edge.provision.first_updates import Updated
from edge.provision.site import Site
from edge.record.commissioning import Manifest, packed
from edge.record.jwk import fingerprint
from edge.record.keyfile import PUBLIC_MODE, is_credential, read, replace
from edge.record.keys import load_public, text_of

BUNDLE: Final = "commissioning.zip"
PASSWORD_IN_ADDRESS = re.compile(r"(://)[^/@\s\"']*@")
PAGE = """\
Commissioning bundle of box {box}, made at {made_at} by anpr-edge {software}

Fingerprint of its signing key:  {fingerprint}
Fingerprint of the platform:     {platform}
What its own check came to:      {fine}

manifest.jws is signed by the box and names every other file by length and SHA-256.
Whoever has the register of keys proves all of it:

    python -m tools.registrar prove {name} --register register.json

No private key is in here, and no password.
"""


def write_bundle(site: Site, updated: Updated, check: Sequence[Mapping[str, Any]]) -> Path:
    """Write the bundle of a box that was taken in, and its checksum beside it; return where.

    Raises KeyFileError.
    """
    fine = updated.fault is None and all(item["ok"] for item in check)
    manifest = Manifest(
        box=site.box, made_at=site.clock.read().now, software=f"anpr-edge {__version__}", fine=fine
    )
    signer, target = site.place.load(), site.paper(BUNDLE)
    files = {**_papers(site), "check.json": _json(check), "facts.json": _json(_facts(site))}
    files["README.txt"] = _page(site, manifest).encode()
    if updated.report:
        files["sync.json"] = updated.report
    made = packed(manifest, files, signer)
    replace(target, made, PUBLIC_MODE)
    return target


def _papers(site: Site) -> dict[str, bytes]:
    """Return what the box and its platform show everybody; passwords in addresses are left out."""
    config = site.config
    papers: dict[str, Path | None] = {
        "certificate.jws": config.box.state / enrolment.CERTIFICATE,
        "client.pem": config.uplink.cert,
        "platform.jwk": config.keys.platform,
        "ca.pem": config.uplink.ca,
        "root.json": site.root,
    }
    found = {name: read(path) for name, path in papers.items() if path is not None}
    shown = PASSWORD_IN_ADDRESS.sub(r"\1***@", site.text)
    key = text_of(site.place.load().public(site.box))
    return {**found, "box.toml": shown.encode(), "box.jwk": key}


def _facts(site: Site) -> dict[str, Any]:
    now = site.clock.read()
    return {
        "box": site.box,
        "config_sha256": site.config.sha256,
        "software": f"anpr-edge {__version__}",
        "python": platform.python_version(),
        "system": _system(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "clock": {"now": now.now.isoformat(), "trusted": now.trusted, "error_ms": now.error_ms},
        "keys": {
            name: sealed_by() if is_credential(path) else "a file"
            for name, path in site.own._asdict().items()
            if path is not None
        },
    }


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def _page(site: Site, manifest: Manifest) -> str:
    return PAGE.format(
        box=site.box,
        made_at=f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC",
        software=__version__,
        fingerprint=fingerprint(site.place.load().key_id),
        platform=fingerprint(load_public(site.config.keys.platform).kid),
        fine="all fine" if manifest.fine else "FAULTS: see check.json and sync.json",
        name=site.paper(BUNDLE).name,
    )


def _json(content: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"

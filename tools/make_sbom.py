"""`python -m tools.make_sbom`: all that runs on a box, as a CycloneDX 1.6 list (SBOM)."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import metadata
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import click
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from edge import __version__
from edge.vision.model import ManifestEntry, read_manifest
from tools.box_lock import ROOT, locked, needs

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
BOX = "anpr-edge"
PYTHON = "3.11"
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
DEPENDS = re.compile(r"^Depends:(.*?)^\S", re.MULTILINE | re.DOTALL)
DEBIAN_NAME = re.compile(r"^ ([a-z0-9][a-z0-9+.-]*)", re.MULTILINE)
Part = dict[str, Any]
"""One component, as CycloneDX has it."""


@click.command()
@click.option("--machine", type=click.Choice(sorted(ARCHITECTURES)), required=True)
def main(machine: str) -> None:
    """Print the list for a box of this kind.

    The same commit makes the same bytes. It is dated only where SOURCE_DATE_EPOCH is set.
    """
    click.echo(json.dumps(bill(machine), indent=2, sort_keys=True))


def bill(machine: str) -> Part:
    """Return the list of a machine: packages, models, and what comes from Debian.

    Raises ModelError where the manifest of the models cannot be read.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = needs(project["dependencies"], machine)
    packages = list(_packages(frozenset(needed), machine))
    others = [_model(entry) for entry in read_manifest(ROOT / "models/manifest.toml").values()]
    others += _debian(ARCHITECTURES[machine])
    refs = {part["name"]: part["bom-ref"] for part in packages}
    asked = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    graph = {refs[name]: {refs[need] for need in direct} for name, direct in needed.items()}
    graph[BOX] = {refs[name] for name in asked} | {part["bom-ref"] for part in others}
    return _numbered(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": _metadata(project["license"]),
            "components": packages + others,
            "dependencies": [{"ref": r, "dependsOn": sorted(graph[r])} for r in sorted(graph)],
            # wheels bring libraries of their own; where makers list them: *.dist-info/sboms
            "compositions": [{"aggregate": "unknown", "assemblies": sorted(refs.values())}],
        }
    )


def _numbered(listed: Part) -> Part:
    """Add the serial number, which follows from all the rest."""
    said = json.dumps(listed, sort_keys=True)
    return {**listed, "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, said)}"}


def _metadata(licence: str) -> Part:
    box = {"type": "application", "bom-ref": BOX, "name": BOX, "version": __version__}
    box["purl"] = f"pkg:generic/{BOX}@{__version__}"
    said = {"lifecycles": [{"phase": "build"}], "component": {**box, **_licence(licence)}}
    epoch_s = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch_s is None:
        return said
    return {**said, "timestamp": datetime.fromtimestamp(int(epoch_s), UTC).isoformat()}


def _packages(names: frozenset[str], machine: str) -> Iterator[Part]:
    """Yield the locked packages that a box of this kind installs."""
    there = {"python_full_version": f"{PYTHON}.0", "python_version": PYTHON}
    there |= {"platform_machine": machine, "sys_platform": "linux"}
    for pin in locked((ROOT / "requirements.lock").read_text(), names):
        wanted = Requirement(pin.partition("\\")[0].strip())
        if wanted.marker is None or wanted.marker.evaluate(there):
            yield _package(wanted, HASH.findall(pin))


def _package(wanted: Requirement, hashes: list[str]) -> Part:
    version = str(wanted.specifier).removeprefix("==")
    purl = f"pkg:pypi/{wanted.name}@{version}"
    files = {
        "type": "distribution",
        "url": f"https://pypi.org/project/{wanted.name}/{version}/#files",
        "comment": "The files of this version that are locked; the box has one of them.",
        "hashes": [_sha256(content) for content in hashes],
    }
    part = {"type": "library", "bom-ref": purl, "purl": purl, "name": wanted.name}
    licence = _licence_of(wanted.name)
    return {**part, "version": version, "externalReferences": [files], **licence}


def _licence_of(name: str) -> Part:
    """Return the licence as the package tells it: an expression, or in words; or nothing."""
    told = metadata(name).json
    words = str(told.get("license_expression") or told.get("license") or "").strip()
    if not words or "\n" in words:
        classifiers = [text.split(" :: ") for text in told.get("classifier", [])]
        words = ", ".join(parts[-1] for parts in classifiers if parts[0] == "License")
    return _licence(words) if words else {}


def _licence(words: str) -> Part:
    try:
        return {"licenses": [{"expression": str(canonicalize_license_expression(words))}]}
    except InvalidLicenseExpression:
        return {"licenses": [{"license": {"name": words}}]}


def _model(entry: ManifestEntry) -> Part:
    part = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{entry.name}",
        "name": entry.name,
        "version": f"sha256:{entry.sha256}",
        "description": f"{entry.file}, {entry.precision}; made from {entry.lineage}",
        "hashes": [_sha256(entry.sha256)],
        "modelCard": {"modelParameters": {"task": entry.task}},
        **_licence(entry.licence),
    }
    if entry.config_sha256 is None:
        return part
    config = {"type": "file", "name": entry.config, "hashes": [_sha256(entry.config_sha256)]}
    return {**part, "components": [config]}


def _debian(architecture: str) -> Iterator[Part]:
    """Yield what the package asks Debian for, and Debian updates: so without a version."""
    depends = DEPENDS.search((ROOT / "deploy/debian/control").read_text())
    assert depends is not None
    for name in dict.fromkeys(DEBIAN_NAME.findall(depends[1])):
        runtime = name == "python3"
        named = f"python{PYTHON}" if runtime else name
        purl = f"pkg:deb/debian/{named}?arch={architecture}&distro=bookworm"
        kind = "platform" if runtime else "library"
        yield {"type": kind, "bom-ref": purl, "purl": purl, "name": named, "group": "debian"}


def _sha256(content: str) -> Part:
    return {"alg": "SHA-256", "content": content}


if __name__ == "__main__":
    main()

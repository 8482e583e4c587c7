"""Model files: named in the manifest and pinned by SHA-256."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from edge.errors import ModelError

Precision = Literal["fp32", "int8"]
Line = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f]+\Z")]
"""A name on one line, of a model or of a file."""
REMEDY_HASH = "Install the models again from a trusted source, or add it with tools.add_model."


class ManifestEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of the manifest; `config` is the reader's fast-plate-ocr file.

    An int8 model is an entry of its own, which box.toml names instead of the fp32 one.
    """

    name: Line
    task: str
    file: Line
    sha256: str
    licence: str
    lineage: str
    precision: Precision = "fp32"
    config: Line | None = None
    config_sha256: str | None = None


class _Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    model: tuple[ManifestEntry, ...]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model whose bytes were checked against the manifest."""

    name: str
    path: Path
    sha256: str
    precision: Precision
    config: Path | None
    task: str


def read_manifest(path: Path) -> dict[str, ManifestEntry]:
    """Read the manifest: model name -> entry.

    Raises ModelError when it is missing or malformed.
    """
    try:
        listed = msgspec.toml.decode(path.read_bytes(), type=_Manifest)
    except OSError as e:
        raise ModelError(
            f"The model manifest {path} cannot be read ({e.strerror}).",
            "Name the folder of the models, or correct models.manifest in box.toml.",
        ) from e
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ModelError(f"{path} is no model manifest: {e}.", "Restore it.") from e
    return {entry.name: entry for entry in listed.model}


def checked_model(manifest: Path, name: str) -> ModelFile:
    """Find a model by name and prove that its file is the one the manifest pins.

    Raises ModelError when it is unknown, missing or altered.
    """
    entries = read_manifest(manifest)
    if name not in entries:
        raise ModelError(
            f"No model is called {name} in {manifest}.", f"Known: {', '.join(sorted(entries))}."
        )
    entry = entries[name]
    path = _pinned(manifest.parent / entry.file, entry.sha256)
    config = None
    if entry.config is not None and entry.config_sha256 is not None:
        config = _pinned(manifest.parent / entry.config, entry.config_sha256)
    return ModelFile(name, path, entry.sha256, entry.precision, config, entry.task)


def _pinned(path: Path, sha256: str) -> Path:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as e:
        raise ModelError(
            f"The model file {path} cannot be read ({e.strerror}).", REMEDY_HASH
        ) from e
    if found != sha256:
        raise ModelError(
            f"{path} is not the file that the manifest pins (SHA-256 {found[:12]}..., "
            f"expected {sha256[:12]}...); it is not loaded.",
            REMEDY_HASH,
        )
    return path

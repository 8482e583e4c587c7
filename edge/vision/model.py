"""Model files: named in the manifest, pinned by SHA-256, opened by onnxruntime."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from edge.errors import ModelError

# onnxruntime's exceptions share no root of their own.
ORT_ERRORS: tuple[type[Exception], ...] = (
    ort_state.Fail,
    ort_state.InvalidArgument,
    ort_state.InvalidGraph,
    ort_state.InvalidProtobuf,
    ort_state.NotImplemented,
    ort_state.RuntimeException,
    IndexError,
    RuntimeError,
    TypeError,
    ValueError,
)

REMEDY_HASH = "Install the models again from a trusted source, or add it with tools.add_model."


class ManifestEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of the manifest; `config` is the reader's fast-plate-ocr file."""

    name: str
    task: str
    file: str
    sha256: str
    licence: str
    lineage: str
    config: str | None = None
    config_sha256: str | None = None


class _Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    model: tuple[ManifestEntry, ...]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model whose bytes were checked against the manifest."""

    name: str
    path: Path
    sha256: str
    config: Path | None


def read_manifest(path: Path) -> dict[str, ManifestEntry]:
    """Read the manifest: model name -> entry.

    Raises ModelError when it is missing or malformed.
    """
    try:
        listed = msgspec.toml.decode(path.read_bytes(), type=_Manifest)
    except OSError as e:
        raise ModelError(
            f"The model manifest {path} cannot be read ({e.strerror}).",
            "Check models.manifest in box.toml.",
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
    return ModelFile(name, path, entry.sha256, config)


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


def session_options(threads: int) -> ort.SessionOptions:
    """Return options for a small model beside other work: few threads, no spinning."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def require_providers(wanted: tuple[str, ...]) -> list[str]:
    """Return the providers asked for; one that this machine lacks is an error, not a fallback.

    Raises ModelError.
    """
    available = ort.get_available_providers()
    missing = [name for name in wanted if name not in available]
    if missing or not wanted:
        raise ModelError(
            f"onnxruntime here has no {', '.join(missing) or 'provider named'}.",
            f"Set models.providers to some of: {', '.join(available)}.",
        )
    return list(wanted)

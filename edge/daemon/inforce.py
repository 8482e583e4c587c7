"""What is in force on a box: what its configuration names, or what the updates brought."""

import os
from pathlib import Path

import msgspec

from edge.config import MODELS_FOLDER, Config, Models
from edge.update.releases import FAMILIES, REGISTRY, Family
from edge.update.shelf import ACTIVE, active, had_one
from edge.update.unfit import outdated

MANIFEST = "manifest.toml"


def manifest(models: Models) -> Path:
    """Return the manifest that is named, or that of the software."""
    return models.manifest or MODELS_FOLDER / MANIFEST


def models_in_force(config: Config) -> Models:
    """Return the models of this box: those it names, those of the updates, or the software's."""
    place = active(config.box.state, "models")
    if config.models.manifest is not None or place is None:
        return config.models
    return msgspec.structs.replace(config.models, manifest=place / MANIFEST)


def packs_in_force(config: Config) -> Path | None:
    """Return the folder of packs that come before the software's: named, or of the updates."""
    return config.access.packs or active(config.box.state, "packs")


def overtaken(config: Config) -> bool:
    """True when newer packs than those in force did not start here, left for nothing, or are lost.

    What came with the software is older law than any that the updates brought.
    """
    found, state = packs_in_force(config), config.box.state
    gone = found is None and had_one(state, "packs")
    return gone or outdated(state / "packs", found)


def registry_path(config: Config) -> Path:
    """Return where the registry lies, or will lie: the one named, or that of the updates."""
    return config.access.registry or config.box.state / "registry" / ACTIVE / REGISTRY


def pinned(config: Config) -> Config:
    """Return a configuration that names the packs and models in force now.

    A daemon keeps to them however long it runs: no part of it takes a version of its own.
    """
    access = msgspec.structs.replace(config.access, packs=packs_in_force(config))
    return msgspec.structs.replace(config, access=access, models=models_in_force(config))


def followed(config: Config) -> tuple[Family, ...]:
    """Return the families that the updates bring: what the configuration does not name itself."""
    named = {
        "registry": config.access.registry,
        "packs": config.access.packs,
        "models": config.models.manifest,
    }
    return tuple(family for family in FAMILIES if named[family] is None)


def registry_stands(config: Config, file: Path) -> bool:
    """True while the registry in an open file may answer.

    One of the updates may not when none is in force, or when it was taken off the shelf.
    """
    if config.access.registry is not None:
        return True
    return active(config.box.state, "registry") is not None and os.access(file, os.F_OK)

"""A registry to be released: sealed, whole, with canaries that the law answers as they must."""

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import click

from edge.access.pack import shipped
from edge.daemon.gate import is_of, refuse_other_outcomes
from edge.errors import RegistryError, UpdateError
from edge.registry.accepted import accepted, refuse_lesser
from edge.registry.cache import RegistryCache
from edge.registry.seal import seal_of
from edge.update.releases import Release, Releases
from tools.publish import index as indexes
from tools.publish.family import Parcel
from tools.publish.repository import Repository
from tools.publish.store import unpack

NAME = "registry.sqlite"
BUILD_AGAIN = "Build it again with tools.build_registry; nothing was published."
MakeDelta: TypeAlias = Callable[[Path, Path, Path], object]


def parcel_of(
    repository: Repository, index: Releases, file: Path, key: bytes, max_shrink: float, work: Path
) -> Parcel:
    """Prove a registry and return what is released of it. Raises RegistryError, UpdateError.

    `work` is an empty folder for the release before, against which it is measured.
    """
    with RegistryCache.open(file, key) as cache:
        refuse_wrong_canaries(cache)
        base = unpacked_base(repository, index, work)
        known = base is not None and refuse_shrunken(cache, base[1], key, max_shrink)
        delta = delta_from(base, file, work) if known and base is not None else None
        return Parcel(
            id=cache.snapshot.id,
            files={NAME: file},
            content=cache.snapshot.sha256,
            delta=delta,
            packed=frozenset({NAME}),
        )


def refuse_wrong_canaries(cache: RegistryCache) -> None:
    """Raise UpdateError unless every canary has its outcome under the shipped law."""
    canaries = cache.canaries()
    try:
        for pack in shipped():
            refuse_other_outcomes(cache, pack, [one for one in canaries if is_of(one, pack)])
    except RegistryError as e:
        raise UpdateError(e.cause, BUILD_AGAIN) from e


def unpacked_base(
    repository: Repository, index: Releases, work: Path
) -> tuple[Release, Path] | None:
    """Return the release before and its registry, unpacked and sealed; None for a first one."""
    newest = indexes.newest(index)
    if newest is None:
        return None
    (file,) = newest.files
    target = repository.published(index.family).signed.targets[file.path]
    path = work / NAME
    unpack(repository, target, path)
    seal_of(path).write_text(f"{file.sha256}\n", "ascii")
    return newest, path


def refuse_shrunken(cache: RegistryCache, base: Path, key: bytes, max_shrink: float) -> bool:
    """True when a registry may follow the one before; False where that one cannot be opened.

    Raises UpdateError when it is older, or lost too many rows.
    """
    try:
        before = RegistryCache.open(base, key)
    except RegistryError as e:  # another schema or token key: nothing to measure against
        click.echo(f"The release before cannot be compared with: {e.cause}", err=True)
        return False
    with before:
        try:
            refuse_lesser(accepted(cache), accepted(before), max_shrink)
        except RegistryError as e:
            remedy = f"{BUILD_AGAIN} If it is right, allow it with --max-shrink."
            raise UpdateError(e.cause, remedy) from e
    return True


def delta_from(base: tuple[Release, Path], file: Path, work: Path) -> tuple[Release, Path] | None:
    """Return the release before and the delta that leads from it to a registry."""
    make: MakeDelta | None = _found("tools.make_delta", "make_delta")
    if make is None:
        return None
    out = work / "delta.sqlite"
    make(base[1], file, out)
    return base[0], out


def _found(module: str, name: str) -> MakeDelta | None:
    if importlib.util.find_spec(module) is None:
        return None
    found: MakeDelta = getattr(importlib.import_module(module), name)
    return found

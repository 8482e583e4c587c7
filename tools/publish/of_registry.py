"""A registry to be released: sealed, whole, with canaries that the law answers as they must."""

import shutil
import sqlite3
from pathlib import Path

import click

from edge.access.pack import shipped
from edge.daemon.gate import is_of, refuse_other_outcomes
from edge.errors import RegistryError, UpdateError
from edge.registry.accepted import accepted, refuse_lesser
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.delta import apply_delta
from edge.registry.seal import seal_of
from edge.update.releases import Release, Releases
from tools.make_delta import make_delta
from tools.publish import index as indexes
from tools.publish.family import Parcel
from tools.publish.repository import Repository
from tools.publish.store import unpack

NAME = "registry.sqlite"
BUILD_AGAIN = "Build it again with tools.build_registry; nothing was published."


def parcel_of(
    repository: Repository, index: Releases, file: Path, key: bytes, max_shrink: float, work: Path
) -> Parcel:
    """Prove a registry and return what is released of it. Raises RegistryError, UpdateError.

    `work` is an empty folder: what is proven is a copy there, so that it is what is published,
    and the release before lies there too, against which it is measured.
    """
    copy = copied(file, work)
    with RegistryCache.open(copy, key) as cache:
        refuse_false_content(cache)
        refuse_wrong_canaries(cache)
        base = unpacked_base(repository, index, work)
        comparable = base is not None and refuse_lesser_than(base[1], cache, key, max_shrink)
        delta = delta_from(base, copy, work) if comparable and base is not None else None
        if delta is not None and base is not None:
            refuse_wrong_delta(base[1], delta[1], cache, key)
        return Parcel(
            id=cache.snapshot.id,
            files={NAME: copy, seal_of(copy).name: seal_of(copy)},
            content=cache.snapshot.sha256,
            delta=delta,
            packed=frozenset({NAME}),
        )


def copied(file: Path, work: Path) -> Path:
    """Copy a registry with its seal into a folder. Raises UpdateError."""
    copy = work / "new" / NAME
    try:
        copy.parent.mkdir()
        shutil.copyfile(file, copy)
        shutil.copyfile(seal_of(file), seal_of(copy))
    except OSError as e:
        cause = f"{e.filename} cannot be copied ({e.strerror})."
        remedy = "A registry comes with its .sha256 file; TMPDIR names a folder with room for it."
        raise UpdateError(cause, remedy) from e
    return copy


def refuse_false_content(cache: RegistryCache) -> None:
    """Raise UpdateError unless a registry holds the rows that it says it does.

    A box does not count them: it trusts the seal, and by this name a delta finds its base.
    """
    try:
        content = written(content_of(cache.connection))
    except (sqlite3.Error, LookupError) as e:
        raise UpdateError(f"The registry is damaged ({e}).", BUILD_AGAIN) from e
    if content != cache.snapshot.sha256:
        raise UpdateError("The registry holds other rows than its content says.", BUILD_AGAIN)


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
    file = next(file for file in newest.files if file.name == NAME)
    target = repository.published(index.family).signed.targets[file.path]
    path = work / "before" / NAME
    path.parent.mkdir()
    unpack(repository, target, path)
    seal_of(path).write_text(f"{file.sha256}\n", "ascii")
    return newest, path


def refuse_lesser_than(base: Path, cache: RegistryCache, key: bytes, max_shrink: float) -> bool:
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


def delta_from(base: tuple[Release, Path], file: Path, work: Path) -> tuple[Release, Path]:
    """Return the release before and the delta that leads from it to a registry.

    Raises RegistryError when it cannot be made.
    """
    out = work / "delta.sqlite"
    make_delta(base[1], file, out)
    return base[0], out


def refuse_wrong_delta(base: Path, delta: Path, cache: RegistryCache, key: bytes) -> None:
    """Raise UpdateError unless a box that applies a delta holds the same registry."""
    out = delta.with_name(f"applied-{NAME}")
    apply_delta(base, delta, out)
    with RegistryCache.open(out, key) as applied:
        if applied.snapshot != cache.snapshot:
            raise UpdateError("The delta leads to another registry than this one.", BUILD_AGAIN)

"""A registry to be released: sealed, whole, with canaries that the law answers as they must."""

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.access.pack import shipped
from edge.daemon.gate import is_of, refuse_other_outcomes
from edge.errors import RegistryError, UpdateError
from edge.registry.accepted import accepted, refuse_lesser
from edge.registry.cache import RegistryCache
from edge.registry.content import content_of, written
from edge.registry.delta import apply_delta
from edge.registry.seal import seal_of
from edge.registry.vanished import refuse_vanished, vanished
from edge.update.releases import Release, Releases
from tools.make_delta import make_delta
from tools.publish import index as indexes
from tools.publish.family import Parcel
from tools.publish.repository import Repository
from tools.publish.store import unpack

NAME = "registry.sqlite"
BUILD_AGAIN = "Build it again with tools.build_registry; nothing was published."
LESSER = "If the loss is right, allow it with --max-shrink; if an older one is, withdraw the newer."
VANISHED = (
    "Compare the sources with those before (`python -m tools.reconcile` finds what the file alone "
    "lacks). If so many were withdrawn, and their rows are gone, allow it with --max-lost; boxes "
    "allow access.max_lost."
)
NOT_COMPARED = (
    "Build it with the token key of the boxes; nothing was published. If every box is given "
    "another key or software first, allow it with --not-compared."
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a registry may go: which part of its rows it may lose, and how late it may be as of.

    `max_lost` is the share of the exemptions that have not ended of which it may know no more, for
    each day between it and the one before.

    `comparable` is False where nothing of the release before binds it: it has another token key
    or schema, as all boxes are about to have.
    """

    max_shrink: float
    latest: datetime
    comparable: bool = True
    max_lost: float = 0.002


def parcel_of(
    repository: Repository, index: Releases, file: Path, key: bytes, bounds: Bounds, work: Path
) -> Parcel:
    """Prove a registry and return what is released of it. Raises RegistryError, UpdateError.

    `work` is an empty folder: what is proven is a copy there, so that it is what is published,
    and the release before lies there too, against which it is measured.
    """
    copy = copied(file, work)
    with RegistryCache.open(copy, key) as cache:
        refuse_false_content(cache)
        refuse_wrong_canaries(cache)
        refuse_ahead(cache, bounds.latest)
        base = unpacked_base(repository, index, work) if bounds.comparable else None
        if base is not None:
            refuse_lesser_than(base[1], cache, key, bounds)
        delta = None if base is None else delta_from(base, copy, work)
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


def refuse_ahead(cache: RegistryCache, latest: datetime) -> None:
    """Raise UpdateError for a registry of a day to come: every box refuses it, too."""
    snapshot = cache.snapshot
    ages = {"vehicles": snapshot.vehicles_as_of, "exemptions": snapshot.exemptions_as_of}
    for name, at in ages.items():
        if at > latest:
            cause = f"The {name} of registry {snapshot.id} are of a day to come, {at:%Y-%m-%d}."
            raise UpdateError(cause, BUILD_AGAIN)


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


def refuse_lesser_than(base: Path, cache: RegistryCache, key: bytes, bounds: Bounds) -> None:
    """Raise UpdateError unless a registry may follow the one before.

    It may not when it is older, lost too many rows or exemptions that have not ended, or has
    another token key: boxes keep theirs.
    """
    try:
        before = RegistryCache.open(base, key)
    except RegistryError as e:  # another schema or token key: nothing to measure against
        cause = f"The release before cannot be compared with this one: {e.cause}"
        raise UpdateError(cause, NOT_COMPARED) from e
    with before:
        try:
            refuse_lesser(accepted(cache), accepted(before), bounds.max_shrink)
        except RegistryError as e:
            raise UpdateError(e.cause, f"{BUILD_AGAIN} {LESSER}") from e
        try:
            refuse_vanished(vanished(before, cache), cache.snapshot.id, bounds.max_lost)
        except RegistryError as e:
            raise UpdateError(e.cause, f"{BUILD_AGAIN} {VANISHED}") from e


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

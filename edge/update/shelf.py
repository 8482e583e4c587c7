"""The versions of a family on the box: staged, then active by the rename of one link.

    FAMILY/000007/...            a version; release.json says which release it is
    FAMILY/active -> 000007      what is in force
    FAMILY/previous -> 000006    what was in force before
    FAMILY/left -> 000005        what was in force, was withdrawn, and has no successor yet
    FAMILY/.000008.new/...       being staged

Whoever follows the link finds the old version or the new one, whole, at any moment.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from edge.errors import UpdateError
from edge.storefile import fsync_folder
from edge.update.files import ROOM, keep, replace_durably
from edge.update.releases import OWN, Family, Release

ACTIVE, PREVIOUS, LEFT = "active", "previous", "left"
VERSION = re.compile(r"\d{6,16}")
FETCH = "Remove that version's folder; the next `anpr-edge sync` fetches it again."


class Shelved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version on the shelf: its release, since when it lies there, and what it says of itself.

    `as_of` are the ages of a registry's sources.
    """

    release: Release
    since: datetime
    as_of: dict[str, datetime] = {}


def active(state: Path, family: Family) -> Path | None:
    """Return the folder of the version in force; None before a first update."""
    return _led_to(state / family / ACTIVE)


def previous(state: Path, family: Family) -> Path | None:
    """Return the folder of the version that was in force before; None where there is none."""
    found = _led_to(state / family / PREVIOUS)
    return None if found == active(state, family) else found


def left(state: Path, family: Family) -> Path | None:
    """Return the folder of a withdrawn version that nothing followed yet; None without one."""
    return _led_to(state / family / LEFT)


def had_one(state: Path, family: Family) -> bool:
    """True when a link says that a version is or was in force, though it may lead nowhere now."""
    return any((state / family / link).is_symlink() for link in (ACTIVE, LEFT))


def shelved(folder: Path) -> Shelved:
    """Return what a version says of itself. Raises UpdateError."""
    try:
        return msgspec.json.decode((folder / OWN).read_bytes(), type=Shelved)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as e:
        raise UpdateError(f"The version {folder} cannot be told ({e}).", FETCH) from e


def release_of(folder: Path) -> Release | None:
    """Return the release of a version; None where that cannot be read any more."""
    try:
        return shelved(folder).release
    except UpdateError:
        return None


def version(state: Path, family: Family, number: int) -> Path:
    """Return where a version lies, or would lie."""
    return state / family / f"{number:06}"


def stage(state: Path, family: Family, number: int) -> Path:
    """Return an empty folder to put a version into. Raises UpdateError."""
    folder = state / family / f".{number:06}.new"
    with _on_disk(folder):
        _remove(folder)
        if not folder.parent.is_dir():
            folder.parent.mkdir(parents=True)
            fsync_folder(state)
        folder.mkdir()
    return folder


def settle(staged: Path, found: Shelved) -> Path:
    """Make a staged version durable and give it its place; it is not in force yet.

    Raises UpdateError.
    """
    replace_durably(staged / OWN, msgspec.json.encode(found))
    place = staged.parent / staged.name.removeprefix(".").removesuffix(".new")
    with _on_disk(place):
        for path in staged.iterdir():
            keep(path)
        fsync_folder(staged)
        _remove(place)
        staged.rename(place)
        fsync_folder(place.parent)
    return place


def renew(place: Path, since: datetime) -> None:
    """Say of a version that lies here already since when it is in force. Raises UpdateError."""
    found = msgspec.structs.replace(shelved(place), since=since)
    replace_durably(place / OWN, msgspec.json.encode(found))


def activate(place: Path, keep_before: bool = True) -> None:
    """Put a settled version in force; the one before is kept unless it is withdrawn.

    Raises UpdateError.
    """
    family = place.parent
    with _on_disk(place):
        now = _led_to(family / ACTIVE)
        if not keep_before:
            (family / PREVIOUS).unlink(missing_ok=True)
        elif now is not None and now != place:
            _link(family / PREVIOUS, now.name)
        _link(family / ACTIVE, place.name)
        (family / LEFT).unlink(missing_ok=True)
    tidy(family)


def leave(place: Path) -> None:
    """Take the version in force out of force: it was withdrawn, and nothing is there instead.

    Raises UpdateError.
    """
    with _on_disk(place):
        (place.parent / ACTIVE).replace(place.parent / LEFT)
        fsync_folder(place.parent)


def tidy(family: Path) -> None:
    """Remove what a kill left behind, and every version but the two that are kept.

    Raises UpdateError.
    """
    kept = {_led_to(family / name) for name in (ACTIVE, PREVIOUS, LEFT)}
    with _on_disk(family):
        for path in family.iterdir() if family.is_dir() else ():
            left = path.name.startswith(".") and path.name.endswith(".new")
            if left or (VERSION.fullmatch(path.name) and path not in kept):
                _remove(path)


def _remove(path: Path) -> None:
    """Remove whatever lies there: a draft of `unfit.json` is a file. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _led_to(link: Path) -> Path | None:
    """Return the version that a link leads to; None unless it is a version beside the link."""
    try:
        name = link.readlink().name
    except OSError:
        return None
    folder = link.with_name(name) if VERSION.fullmatch(name) else None
    return folder if folder is not None and folder.is_dir() else None


def _link(link: Path, name: str) -> None:
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(name)
    draft.replace(link)
    fsync_folder(link.parent)


@contextmanager
def _on_disk(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise UpdateError(f"{place} cannot be written ({e.strerror}).", ROOM) from e

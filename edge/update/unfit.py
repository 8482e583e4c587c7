"""Versions that did not start on this box: it went back from them, and does not take them again."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import msgspec

from edge.errors import UpdateError
from edge.storefile import fsync_folder
from edge.update.files import ROOM, replace_durably
from edge.update.shelf import ACTIVE, activate, shelved

NAME = "unfit.json"
MOST = 20
"""So many are remembered; the numbers of releases rise, and old ones are offered no more."""


class Unfit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release that did not start here, why, and when that was seen."""

    number: int
    id: str
    cause: str
    at: datetime


def unfit(family: Path) -> tuple[Unfit, ...]:
    """Return the versions of a family that did not start here, the last one last.

    Where that cannot be read there is none: one that is taken again shows itself again.
    """
    return _written(family) or ()


def _written(family: Path) -> tuple[Unfit, ...] | None:
    """Return what was written down; None where it cannot be read."""
    try:
        return msgspec.json.decode((family / NAME).read_bytes(), type=tuple[Unfit, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def refuse_unfit(family: Path, number: int) -> None:
    """Raise UpdateError for a version that did not start here: a newer one must come."""
    for one in unfit(family):
        if one.number == number:
            cause = f"Release {number} ({one.id}) did not start on this box: {one.cause}"
            raise UpdateError(cause, remedy(family))


def outdated(family: Path, in_force: Path | None) -> bool:
    """True when a newer version than the one in force, or than none, did not start here.

    With none in force that holds where nobody can read any more which it was, until one is taken.
    What lies elsewhere than on the shelf of the family is no version of it.
    """
    if in_force is not None and in_force.parent != family:
        return False
    known = _written(family)
    if known is None:
        return in_force is None
    number = 0 if in_force is None else int(in_force.name)
    return any(one.number > number for one in known)


def remedy(family: Path) -> str:
    """Return what a person does about a version that does not start."""
    return (
        "The box keeps the version before until the publisher releases a newer one; to try this "
        f"one again, remove {family / NAME} and run `anpr-edge sync`."
    )


def remember(family: Path, one: Unfit) -> None:
    """Keep it in mind, durably. Raises UpdateError."""
    others = [known for known in unfit(family) if known.number != one.number]
    replace_durably(family / NAME, msgspec.json.encode([*others, one][-MOST:]))


def forget(family: Path, numbers: Collection[int]) -> None:
    """Forget versions that were withdrawn: they overtake none any more. Raises UpdateError."""
    known = unfit(family)
    kept = [one for one in known if one.number not in numbers]
    if len(kept) < len(known):
        replace_durably(family / NAME, msgspec.json.encode(kept))


def is_whole(place: Path) -> bool:
    """True when every file of a version is still the one that its release states."""
    try:
        files = shelved(place).release.files
        return all(_sha256(place / file.name) == file.sha256 for file in files)
    except (OSError, UpdateError):
        return False


def go_back(family: Path, to: Path | None) -> None:
    """Put the version before in force again, or none: then what came with the software is.

    Raises UpdateError.
    """
    if to is not None:
        activate(to, keep_before=False)
        return
    try:
        (family / ACTIVE).unlink(missing_ok=True)
        fsync_folder(family)
    except OSError as e:
        raise UpdateError(f"{family} cannot be written ({e.strerror}).", ROOM) from e


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""What a box never goes below again, kept outside the cache that anyone may wipe.

Versions per role, and a clock: TUF alone forgets both with its cache.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import SourceError, UpdateError
from edge.update.files import replace_durably

NAME = "floors.json"
ROOT, TARGETS = "root", "targets"
TOP = (ROOT, "timestamp", "snapshot", TARGETS)
DAMAGED = (
    "Compare it with a backup, or remove it: then the box believes the next repository it sees "
    "that is signed and not expired."
)


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of a role that was proven last, and the ids of the keys that may sign it."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    keys: tuple[str, ...]


class Floors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions by role, and the latest moment that is known to have been."""

    clock: Annotated[datetime, msgspec.Meta(tz=True)]
    roles: dict[str, Mark] = {}


def refuse_lower(floors: Floors, seen: Mapping[str, Mark]) -> None:
    """Raise SourceError for a role that is older than one proven before: a rollback.

    `seen` holds the roles above each role, too. A role to which those gave other keys starts
    anew: an attacker who held the old keys may have raised its version beyond reach.
    """
    for role, mark in seen.items():
        floor = floors.roles.get(role)
        if floor is None or mark.version >= floor.version or _renewed(role, mark, floor):
            continue
        cause = (
            f"Its {role} metadata has version {mark.version}, and version {floor.version} was "
            "seen before."
        )
        raise SourceError(cause, "Somebody shows an old state, or a stick is old: bring a new one.")


def raised(floors: Floors, seen: Mapping[str, Mark], now: datetime) -> Floors:
    """Return floors after these roles were proven at a moment; the clock never goes back."""
    return Floors(max(floors.clock, now), {**floors.roles, **seen})


def _renewed(role: str, mark: Mark, floor: Mark) -> bool:
    """True when the keys of a role are other ones; those above it, who say so, are not lower."""
    return role != ROOT and set(mark.keys) != set(floor.keys)


def read_floors(path: Path, built: datetime) -> Floors:
    """Return the floors of a box; before the first sync there is only when its software was built.

    Raises UpdateError for a file that cannot be read: without floors an old state would pass.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Floors)
    except FileNotFoundError:
        return Floors(built)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise UpdateError(f"The floors {path} cannot be read ({e}).", DAMAGED) from e
    return Floors(max(found.clock, built), found.roles)


def write_floors(path: Path, floors: Floors) -> None:
    """Keep the floors, whole or not at all. Raises UpdateError."""
    replace_durably(path, msgspec.json.encode(floors))

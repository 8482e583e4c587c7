"""The registry that a box accepted last: a new one is measured against it, restart or not."""

import os
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import RegistryError
from edge.registry.cache import RegistryCache
from edge.storefile import fsync_folder
from edge.types import Snapshot

KEEP = "The one in force stays; fetch another, or see access.max_shrink in box.toml."


LOOK = "Compare the registry with the one built; then remove that file, and start again."


class Accepted(msgspec.Struct, frozen=True):
    """A registry by its identity and its size."""

    snapshot: Snapshot
    vehicles: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    exemptions: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


def accepted(cache: RegistryCache) -> Accepted:
    """Return what is kept of a registry."""
    vehicles = cache.rows("vehicles") + cache.rows("plain")
    return Accepted(cache.snapshot, vehicles, cache.rows("exemptions"))


def refuse_lesser(new: Accepted, before: Accepted, max_shrink: float) -> None:
    """Raise RegistryError for a registry that is older, or lost more rows than may be (RULES 7)."""
    ages = (
        ("vehicles", new.snapshot.vehicles_as_of, before.snapshot.vehicles_as_of),
        ("exemptions", new.snapshot.exemptions_as_of, before.snapshot.exemptions_as_of),
    )
    for name, now, then in ages:
        if now < then:
            cause = (
                f"The {name} of registry {new.snapshot.id} are older than those accepted before."
            )
            raise RegistryError(cause, KEEP)
    sizes = (
        ("vehicles", new.vehicles, before.vehicles),
        ("exemptions", new.exemptions, before.exemptions),
    )
    for name, now_rows, rows in sizes:
        if now_rows < rows * (1 - max_shrink):
            lost = f"{rows - now_rows} of {rows} {name}"
            cause = f"Registry {new.snapshot.id} lost {lost}, more than {max_shrink:.0%}."
            raise RegistryError(cause, KEEP)


def read_accepted(path: Path) -> Accepted | None:
    """Return what was accepted last; None where nothing was.

    Raises RegistryError when it cannot be read: without it a lesser registry would pass.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Accepted)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as e:
        raise RegistryError(f"What was accepted last, {path}, cannot be read.", LOOK) from e
    ages = (found.snapshot.vehicles_as_of, found.snapshot.exemptions_as_of)
    if any(age.utcoffset() is None for age in ages):
        raise RegistryError(f"What was accepted last, {path}, is damaged.", LOOK)
    return found


class WayBack(msgspec.Struct, frozen=True):
    """The one step back that is allowed: from a withdrawn registry, by the digests of both."""

    withdrawn: str
    to: str


def allows_back(path: Path, before: Accepted, new: Accepted) -> bool:
    """True when the step from the registry accepted before to this one was allowed.

    What cannot be read allows nothing, and keeps no newer registry away.
    """
    try:
        allowed = msgspec.json.decode(path.read_bytes(), type=WayBack)
    except (OSError, ValueError, RecursionError):
        return False
    return allowed == WayBack(before.snapshot.sha256, new.snapshot.sha256)


def write_accepted(path: Path, found: msgspec.Struct) -> None:
    """Keep what was accepted, whole or not at all. Raises RegistryError."""
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(found))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        fsync_folder(path.parent)
    except OSError as e:
        cause = f"What was accepted cannot be written to {path} ({e.strerror})."
        raise RegistryError(cause, "Free some disk space, or correct box.state.") from e

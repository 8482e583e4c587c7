"""What is active on a box, and what the last sync found, as its health record tells. Pure."""

from datetime import datetime

import msgspec


class ActiveRegistry(msgspec.Struct, frozen=True, kw_only=True):
    """The registry that answers, and with how many rows it was built; None: it cannot be read."""

    id: str
    sha256: str
    vehicles_as_of: datetime
    exemptions_as_of: datetime
    vehicles: int | None
    exemptions: int | None


class ActivePack(msgspec.Struct, frozen=True, kw_only=True):
    """The rule pack that decides in a zone."""

    zone: str
    id: str
    version: str
    sha256: str


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family of updates: what the last sync did for it, the release in force, and the refused.

    `release` None: none of the updates is in force. `refused` None: the release that was refused
    is not known; `reason` None: nothing was refused, and the family was reached.
    """

    family: str
    outcome: str
    release: int | None
    refused: int | None = None
    reason: str | None = None


class Updates(msgspec.Struct, frozen=True, kw_only=True):
    """What the last sync found; `fault` is why that cannot be told.

    `synced_at` None: there was none yet. `reached_at` is when one last reached every family.
    """

    synced_at: datetime | None
    reached_at: datetime | None
    fault: str | None
    families: tuple[Family, ...]


class Active(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of a box that may change while it works; `updates` None: it follows none."""

    registry: ActiveRegistry | None
    packs: tuple[ActivePack, ...]
    updates: Updates | None


class Burden(msgspec.Struct, frozen=True, kw_only=True):
    """What has gathered on a box: records that wait, held candidates, the disk that is left."""

    waiting: int
    waiting_s: float | None
    held: int
    disk_free: int | None

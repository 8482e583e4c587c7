"""What the last sync found: `sync`, `check`, the alarms and the health record read it."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from edge.errors import UpdateError
from edge.update.files import replace_durably
from edge.update.releases import Family

REMEDY = "Run `anpr-edge sync`: it writes the report anew."
Outcome = Literal["current", "activated", "rolled_back", "refused", "not_reached", "not_followed"]
"""`not_followed`: the configuration names its own. `not_reached`: no source gave its index."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the report."""


class Fault(_Part, frozen=True):
    """What went wrong, and what to do."""

    cause: str
    remedy: str


class Active(_Part, frozen=True):
    """A version in force: its release, since when, how old, until when it may be used."""

    number: int
    id: str
    since: datetime
    as_of: dict[str, datetime] = {}
    until: datetime | None = None


class Fetched(_Part, frozen=True):
    """What came over the wire: the full files (`deltas` 0) or so many deltas."""

    number: int
    deltas: int
    bytes: int


class TurnedAway(_Part, frozen=True):
    """A release that its gate refused: when, and under which software and configuration."""

    number: int
    at: datetime
    under: str


class FamilyReport(_Part, frozen=True):
    """What was done for one family."""

    family: Family
    outcome: Outcome
    source: str | None = None
    offered: int | None = None
    fetched: Fetched | None = None
    refused: Fault | None = None
    turned_away: TurnedAway | None = None
    active: Active | None = None
    remarks: tuple[str, ...] = ()


class Visit(_Part, frozen=True):
    """A source that was asked; `fault` says why it was not used."""

    source: str
    fault: Fault | None = None


class Report(_Part, frozen=True):
    """One sync. `succeeded_at` is when a sync last reached every family it follows."""

    at: datetime
    visits: tuple[Visit, ...]
    families: tuple[FamilyReport, ...]
    remarks: tuple[str, ...] = ()
    succeeded_at: datetime | None = None

    @property
    def fine(self) -> bool:
        """True when nothing was refused and every family was reached."""
        return all(one.refused is None for one in self.families)


def read_report(path: Path) -> Report | None:
    """Return the report of the last sync; None before the first. Raises UpdateError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as e:
        raise UpdateError(f"The report {path} cannot be read ({e}).", REMEDY) from e


def write_report(path: Path, report: Report) -> None:
    """Keep a report, whole or not at all. Raises UpdateError."""
    replace_durably(path, msgspec.json.encode(report))

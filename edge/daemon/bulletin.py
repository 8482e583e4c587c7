"""What the daemon last told of itself: `status` reads it, the page of metrics shows it.

No record: it is not signed, it names no plate and no vehicle, and the next one replaces it.
"""

from datetime import date, datetime
from pathlib import Path

import msgspec

from edge.record.active import Burden
from edge.record.housing import TriggerCounts

BULLETIN = "bulletin.json"


class Reads(msgspec.Struct, frozen=True):
    """How many vehicles were announced on a day (UTC), and how many with a plate that is settled.

    Only a settled plate may be used to decide.
    """

    day: date
    announced: int = 0
    settled: int = 0


class LastPassage(msgspec.Struct, frozen=True):
    """When a vehicle last went by (UTC), and what was decided."""

    seen_at: datetime
    outcome: str


class HousingTold(msgspec.Struct, frozen=True, kw_only=True):
    """How the housing stands; `fault` says why its device is not heard, None while it is.

    Shares are 0 to 1. `contacts` holds those that are known, True where they report.
    """

    fault: str | None = None
    restarts: int = 0
    temperature_c: float | None = None
    humidity: float | None = None
    supply_v: float | None = None
    illuminance_lx: float | None = None
    illuminator: float | None = None
    contacts: dict[str, bool] = {}
    triggers: TriggerCounts | None = None


class TuningTold(msgspec.Struct, frozen=True, kw_only=True):
    """How the camera is set; `refused` says why the driver did not take a control, by its name.

    `gain` is a share of the camera's range; `filter_in` None: nothing moves the infrared filter.
    """

    profile: str
    shutter_us: int
    gain: float
    filter_in: bool | None = None
    refused: dict[str, str] = {}


class Bulletin(msgspec.Struct, frozen=True, kw_only=True):
    """How the daemon stands; what is counted, is counted since `began_at`.

    `frames_per_s` is None before there was time to count. `missed`: passages without a record that
    are not signed for yet. `frames_rested`: those of the frames in which nothing had changed.
    `alarms` holds the cause of each alarm that is open, `remedies` what to do about it. Times are
    UTC. `housing` None: there is no [firmware]. `tuning` None: the camera rules itself, or was not
    seen yet.
    """

    began_at: datetime
    told_at: datetime
    frames: int
    frames_per_s: float | None
    frames_dropped: int
    messages_refused: int
    missed: int
    reads: Reads | None
    last: LastPassage | None
    burden: Burden
    vehicles_as_of: datetime | None
    exemptions_as_of: datetime | None
    clock_trusted: bool
    clock_error_ms: float | None
    pictures_held: int
    pictures_released: int
    alarms: dict[str, str]
    frames_rested: int = 0
    housing: HousingTold | None = None
    tuning: TuningTold | None = None
    remedies: dict[str, str] = {}


def read_bulletin(state: Path) -> Bulletin | None:
    """Return what the daemon of a box last told; None where there is nothing that can be read."""
    try:
        return msgspec.json.decode((state / BULLETIN).read_bytes(), type=Bulletin)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None  # it is told anew within seconds


def write_bulletin(state: Path, bulletin: Bulletin) -> None:
    """Leave a bulletin for others to read, whole or not at all. Raises OSError.

    It is not synced: after a power cut nobody needs it, and an SD card wears with every sync.
    """
    draft = state / f".{BULLETIN}.new"
    draft.write_bytes(msgspec.json.encode(bulletin))
    draft.replace(state / BULLETIN)

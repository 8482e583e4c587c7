"""What the panel asks of the daemon, and what it is told; both sides take the forms from here.

An ask is one line of JSON. The answer is the length of a JSON head (4 bytes, big-endian), that
head, and what follows it: a JPEG, or nothing.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from edge.config import Lane, Polygon
from edge.daemon.bulletin import Bulletin
from edge.daemon.window import SeenPassage, Sight, View, masked
from edge.record.active import Updates
from edge.types import Reading
from edge.vision.aim import Light, Mark, edges, grey, plate_marks, scene_mark, worst
from edge.vision.sheet import sheet
from edge.vision.veil import veiled

FOLDER, SOCKET, LAMP = "panel", "daemon.sock", "lamp"
"""In `box.state`: the folder that daemon and panel share, and what lies there."""
MAX_ASK, MAX_HEAD = 200, 1_000_000
HEAD_BYTES = 4


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked: `sight`, the next frame, with plates drawn or not; `photo`; or `state`."""

    ask: Literal["sight", "photo", "state"]
    drawn: bool = True


Level: TypeAlias = Literal["off", "dim", "full", "own"]
"""How a person tries the light; `own`: as the box itself wants it."""


class LampNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the panel leaves for the daemon when somebody tries the light."""

    level: Level


class Plate(msgspec.Struct, frozen=True, kw_only=True):
    """A plate that was read, masked, and how well it was seen; `grey` is its mean, 0 to 1."""

    text: str
    country: str | None
    confidence: float
    light: Light
    marks: tuple[Mark, ...]
    grey: float = 0.0


class SightHead(msgspec.Struct, frozen=True, kw_only=True):
    """A frame: when it was taken (UTC), its size, its plates, and those of the last with any.

    `edges`: how sharp the whole picture is. `illuminator`: how bright it shone a moment
    ago, 0 to 1; None where that is not known.
    """

    captured_at: datetime
    width: int
    height: int
    scene: Mark
    edges: float = 0.0
    illuminator: float | None = None
    plates: tuple[Plate, ...] = ()
    plated_at: datetime | None = None
    plated: tuple[Plate, ...] = ()


class PhotoHead(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in which no plate can be read: when it was taken (UTC), how many were veiled."""

    captured_at: datetime
    plates: int


class Tally(msgspec.Struct, frozen=True):
    """Vehicles that were announced since the daemon began, and those with a settled plate."""

    announced: int = 0
    settled: int = 0


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration that the daemon works by: its hash, and what the camera's picture means."""

    sha256: str
    camera: str
    region: Polygon | None
    lanes: tuple[Lane, ...]
    has_picture: bool


class StateHead(msgspec.Struct, frozen=True, kw_only=True):
    """How the daemon stands; `bulletin` None: it has told nothing yet.

    `max_age_h`: how old the law lets vehicles and exemptions of a registry be.
    """

    bulletin: Bulletin | None
    passages: tuple[SeenPassage, ...]
    updates: Updates | None
    in_force: InForce
    max_age_h: tuple[float, float]
    tally: Tally = Tally()


def sight_answer(
    view: View, drawn: bool, illuminator: float | None = None
) -> tuple[SightHead, bytes]:
    """Return the head and the JPEG of what was seen."""
    now, before = view.newest, view.plated
    plates = _plates(now)
    lights = [plate.light for plate in plates] if drawn else []
    marked = zip((r.detection for r in now.readings), lights, strict=False)
    height, width = now.image.shape[:2]
    head = SightHead(
        captured_at=now.captured_at,
        width=width,
        height=height,
        scene=scene_mark(now.image),
        edges=edges(now.image),
        illuminator=illuminator,
        plates=plates,
        plated_at=None if before is None else before.captured_at,
        plated=() if before is None else _plates(before),
    )
    return head, sheet(now.image, list(marked))


def photo_answer(view: View) -> tuple[PhotoHead, bytes]:
    """Return the head and the JPEG of a picture for a paper: with a vehicle, if one was there."""
    sight = view.newest if view.plated is None else view.plated
    plates = [*sight.found, *(reading.detection for reading in sight.readings)]
    head = PhotoHead(captured_at=sight.captured_at, plates=len(sight.found or sight.readings))
    return head, veiled(sight.image, plates)


def _plates(sight: Sight) -> tuple[Plate, ...]:
    return tuple(_plate(sight, reading) for reading in sight.readings)


def _plate(sight: Sight, reading: Reading) -> Plate:
    marks = plate_marks(sight.image, reading.detection)
    country = next((name for name, _ in reading.countries), None)
    sure = round(min(reading.chars, default=0.0), 3)
    return Plate(
        text=masked(reading.text),
        country=country,
        confidence=sure,
        light=worst(marks),
        marks=marks,
        grey=grey(sight.image, reading.detection),
    )

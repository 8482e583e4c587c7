"""Stand-ins for the seams that need hardware or models, a few lines each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np

from edge.types import (
    Box,
    ClockReading,
    Detection,
    Exemption,
    Facts,
    Frame,
    Image,
    Passage,
    Point,
    Reading,
    Snapshot,
    Tint,
    Vehicle,
)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
START = datetime(2028, 6, 1, 8, tzinfo=UTC)
SLOTS = 9
GRAIN = count(1)
"""No two pictures of a camera are alike to the last bit."""


def frame(index: int = 0, fps: float = 15.0, image: Image | None = None) -> Frame:
    picture = np.zeros((720, 1280, 3), np.uint8) if image is None else image
    picture.flags.writeable = False
    at = index / fps
    return Frame(picture, index, START + timedelta(seconds=at), int(at * 1e9))


def detection(x: float = 100, y: float = 100, width: float = 100, height: float = 24) -> Detection:
    corners = (Point(x, y), Point(x + width, y), Point(x + width, y + height), Point(x, y + height))
    return Detection(Box(x, y, x + width, y + height), corners, 0.9)


def reading(
    text: str, found: Detection | None = None, sure: float = 0.99, tint: Tint = Tint.YELLOW
) -> Reading:
    """A reading whose every character is `sure`; the rest of the mass is spread evenly."""
    slots = np.full((SLOTS, len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1), np.float32)
    for i, char in enumerate(text.ljust(SLOTS, "_")):
        slots[i, ALPHABET.index(char)] = sure
    slots[-1, 0] += 1e-9 * (next(GRAIN) % 1000)
    return Reading(found or detection(), text, (sure,) * len(text), slots, ALPHABET, tint)


def torn(text: str, other: str, share: float = 0.13) -> Reading:
    """A reading that holds another text of the same length for possible, with so much of it."""
    mostly, barely = reading(text), reading(other)
    return replace(mostly, slots=(1 - share) * mostly.slots + np.float32(share) * barely.slots)


class ScriptedEyes:
    """Detector and reader in one: what is seen in each frame is written down beforehand."""

    def __init__(self, script: dict[int, Sequence[Reading]]) -> None:
        self.script = script
        self.index = -1

    def detect(self, image: Image) -> Sequence[Detection]:
        self.index += 1
        return [r.detection for r in self.script.get(self.index, ())]

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        return self.script.get(self.index, ())


class FixedClock:
    def __init__(self, now: datetime = START, trusted: bool = True) -> None:
        self.now, self.trusted = now, trusted

    def read(self) -> ClockReading:
        return ClockReading(self.now, 0, 0, "boot", "test", self.trusted, 1.0)


SNAPSHOT = Snapshot("test-1", "0" * 64, START - timedelta(hours=3), START - timedelta(hours=3))


class ListedRegistry:
    """A registry of a few vehicles by plate."""

    def __init__(self, vehicles: dict[str, Vehicle] | None = None) -> None:
        self.vehicles = vehicles or {}
        self.exemptions: tuple[Exemption, ...] = ()
        self.snapshot: Snapshot | None = SNAPSHOT
        self.fault: str | None = None

    def facts(self, passage: Passage) -> Facts:
        vehicle = self.vehicles.get(passage.plate)
        return Facts(vehicle, self.exemptions, self.snapshot, self.fault)

"""What made a record, and what every record carries: filled in at this one place (pure)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypedDict
from uuid import UUID

from edge.record.message import Chained, ClockQuality, ModelRef, event
from edge.types import ClockReading, Link

Draw: TypeAlias = Callable[[int], bytes]
"""Gives n random bytes."""


class Carried(TypedDict):
    """The fields of `Chained`."""

    box: str
    epoch: int
    seq: int
    prev: str
    salt: str
    software: str
    clock: ClockQuality


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made every record of this run: box, software, models, configuration, place."""

    box: str
    software: str
    models: tuple[ModelRef, ...]
    config_sha256: str
    camera: str
    sign: str | None

    def carried(self, now: ClockReading, link: Link, draw: Draw) -> Carried:
        """Return what a record at this place in the chain carries, with a fresh salt."""
        return Carried(
            box=self.box,
            epoch=link.epoch,
            seq=link.seq,
            prev=link.prev,
            salt=draw(16).hex(),
            software=self.software,
            clock=clock_quality(now),
        )


def written(kind: str, record: Chained, now: ClockReading, draw: Draw) -> bytes:
    """Return a record as its message: the bytes that will be signed."""
    name = UUID(bytes=draw(16), version=4)
    return event(kind, record, id=name, source=f"/anpr/{record.box}", time=now.now)


def clock_quality(now: ClockReading) -> ClockQuality:
    """Return the clock part of a record."""
    return ClockQuality(
        source=now.source,
        trusted=now.trusted,
        error_ms=now.error_ms,
        boot_id=now.boot_id,
        since_boot_ns=now.since_boot_ns,
    )

"""Questions asked at a desk: a passage, facts and a clock for one vehicle. Pure."""

from datetime import datetime

from edge.types import (
    NO_DETECTION,
    ClockReading,
    Direction,
    Exemption,
    Facts,
    Passage,
    Snapshot,
    Vehicle,
)


def desk_passage(country: str | None, at: datetime, plate: str = "") -> Passage:
    """Return a passage that is beyond doubt."""
    return Passage(
        plate=plate,
        country=country,
        confidence=1.0,
        chars=(),
        candidates=(),
        doubt=None,
        seen_first=at,
        seen_last=at,
        first_monotonic_ns=steady_ns(at),
        last_monotonic_ns=steady_ns(at),
        first_frame=0,
        last_frame=0,
        frames_read=1,
        direction=Direction.UNKNOWN,
        best_frame=0,
        best=NO_DETECTION,
    )


def desk_facts(
    vehicle: Vehicle | None, exemptions: tuple[Exemption, ...], exemptions_as_of: datetime
) -> Facts:
    """Return facts as a fresh registry would give them."""
    snapshot = Snapshot("desk", "0" * 64, exemptions_as_of, exemptions_as_of)
    return Facts(vehicle, exemptions, snapshot)


def desk_clock(at: datetime) -> ClockReading:
    """Return a trusted clock that stands at a moment."""
    return ClockReading(at, steady_ns(at), 0, "desk", "desk", True, 0.0)


def steady_ns(at: datetime) -> int:
    """Return a monotonic time for a moment, as of a clock that was never set."""
    return int(at.timestamp() * 1e9)

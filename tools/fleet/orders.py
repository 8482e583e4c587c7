"""What the conductor of a run tells the processes of its boxes, and what they tell back."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Phase:
    """What is written from now on belongs to a part of the run."""

    name: str


@dataclass(frozen=True, slots=True)
class Rate:
    """So many records a second from all boxes of a process that are not away."""

    per_s: float


@dataclass(frozen=True, slots=True)
class Go:
    """These boxes, by number, go away, or come back."""

    boxes: frozenset[int]
    away: bool


@dataclass(frozen=True, slots=True)
class Recount:
    """These boxes write at once what came by in days: so many records each."""

    boxes: frozenset[int]
    records: int
    days: float = 0.0


@dataclass(frozen=True, slots=True)
class Clone:
    """The card of a box is copied, and a second box starts on it; or all clones are unplugged."""

    box: int | None


@dataclass(frozen=True, slots=True)
class Finish:
    """No box writes any more, and each candidate that is still held gets its end."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Tell what is left, and end."""


Order: TypeAlias = Phase | Rate | Go | Recount | Clone | Finish | Stop


@dataclass(frozen=True, slots=True)
class Status:
    """How the boxes of one process stand at a moment (seconds since 1970).

    `waiting` is of boxes that can be expected home: neither cloned nor deaf.
    """

    worker: int
    at: float
    written: int
    waiting: int
    connected: int
    orders: int
    untold: int = 0
    wire_bytes: int = 0
    connections: int = 0
    left: tuple[tuple[str, int, int, str], ...] = field(default=())
    ended: bool = False

"""What a run is to be: how many boxes, what they write, what goes wrong, what must hold."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.daemon.uplink import Pace
from edge.errors import BoxError

RECEIVER = (sys.executable, "-m", "tools.receive")
PER_DAY_S = 24 * 3600.0
REAL = Pace()


class FleetError(BoxError):
    """The fleet cannot be run."""


class Chaos(StrEnum):
    """What may go wrong, in the order in which it does."""

    AWAY = "away"
    STORM = "storm"
    RECEIVER = "receiver"
    DATABASE = "database"
    POISON = "poison"
    CLONE = "clone"
    DEAF = "deaf"


@dataclass(frozen=True, slots=True)
class Away:
    """A share of the boxes goes away for days, and each has so many records when it comes back."""

    share: float = 0.2
    days: float = 3.0
    records: int = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What must hold: latency of quiet times, how long all may take to come home after a fault."""

    p99_s: float = 2.0
    home_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Daily:
    """What one box writes in a day; a vehicle is of one of three kinds, a share each."""

    passages: float = 2000.0
    reviews: float = 0.03
    held: float = 0.03
    counts: float = 24.0
    checkpoints: float = 24.0
    health: float = 144.0

    def weights(self) -> dict[str, float]:
        """Return how many records of each sort that makes; each held candidate has one end."""
        held, reviews = self.passages * self.held, self.passages * self.reviews
        return {
            "complying": self.passages - held - reviews,
            "review": reviews,
            "held": held,
            "resolution": held,
            "count": self.counts,
            "checkpoint": self.checkpoints,
            "health": self.health,
        }

    @property
    def records(self) -> float:
        """How many records that is in all."""
        return sum(self.weights().values())


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `rate_s` records a second of all boxes together; None: as many as `daily` makes.

    `files` is where the boxes' outboxes lie, `disk` where broker and database do. `pace` is that of
    the boxes' uplinks. `receive` is the command of a receiver.
    """

    boxes: int
    workers: int
    receivers: int
    quiet_s: float
    disk: Path
    files: Path
    rate_s: float | None = None
    tls: bool = True
    cluster: bool = False
    chaos: tuple[Chaos, ...] = tuple(Chaos)
    away: Away = Away()
    daily: Daily = Daily()
    limits: Limits = Limits()
    pace: Pace = REAL
    seed: int = 1
    receive: tuple[str, ...] = RECEIVER

    @property
    def pace_s(self) -> float:
        """How many records a second all boxes write together."""
        life = self.boxes * self.daily.records / PER_DAY_S
        return life if self.rate_s is None else self.rate_s

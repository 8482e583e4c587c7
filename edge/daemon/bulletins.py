"""Looks every few seconds at how the daemon stands, and leaves it for others to read."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.casebook.casebook import Casebook
from edge.daemon.alarms import Alarms
from edge.daemon.body import Body
from edge.daemon.bulletin import Bulletin, read_bulletin, write_bulletin
from edge.daemon.figures import Figures
from edge.daemon.health import burden
from edge.daemon.housing import Housing
from edge.daemon.room import NO_ROOM
from edge.daemon.storeroom import STORAGE, Storeroom
from edge.daemon.tuner import Tuner
from edge.daemon.watch import Watch
from edge.errors import EvidenceError
from edge.feed.outbox import Outbox
from edge.ports import Clock, Registry
from edge.record.evidence import EvidenceRoom

EVERY_S, SOON_S, WRITTEN_EVERY_S = 10.0, 3.0, 60.0
"""So often it looks; sooner when a vehicle went by. Where only counts moved, it is written last."""


@dataclass(frozen=True, slots=True)
class Sights:
    """Everything of a daemon that a bulletin tells of."""

    state: Path
    clock: Clock
    registry: Registry
    outbox: Outbox
    casebook: Casebook
    pictures: EvidenceRoom
    watch: Watch
    room: Storeroom
    alarms: Alarms
    body: Body
    housing: Housing | None = None
    tuner: Tuner | None = None


class Bulletins:
    """Tells how the daemon stands: on the page of metrics, and in a file beside the outbox."""

    def __init__(
        self,
        sights: Sights,
        figures: Figures,
        every_s: float = EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Go on with the day that the file tells of; be due now."""
        self._sights, self._figures = sights, figures
        self._every_s, self._monotonic = every_s, monotonic
        self._began_at = sights.clock.read().now
        self._due = self._write_due = self._told_at = monotonic()
        self._counted: tuple[float, int] | None = None
        self._written: object = None
        figures.go_on_from(read_bulletin(sights.state))

    def look(self, news: bool = False) -> None:
        """Tell how it stands, if that is due: soon, where there is news."""
        if news:
            self._due = min(self._due, self._told_at + SOON_S)
        if self._monotonic() >= self._due:
            self.tell()

    def tell(self) -> None:
        """Tell how it stands now.

        A disk that cannot be read has an alarm of its own: the bulletin then grows old, and shows.
        """
        self._told_at = self._monotonic()
        self._due = self._told_at + self._every_s
        try:
            told = self._bulletin()
        except (*NO_ROOM, EvidenceError):
            return
        self._figures.bulletin = told
        if _news(told) != self._written or self._monotonic() >= self._write_due:
            self._write(told)

    def close(self) -> None:
        """Tell for the last time."""
        self._write_due = self._monotonic()
        self.tell()

    def _write(self, told: Bulletin) -> None:
        self._write_due = self._monotonic() + WRITTEN_EVERY_S
        with suppress(OSError):  # a full disk, as above
            write_bulletin(self._sights.state, told)
            self._written = _news(told)

    def _bulletin(self) -> Bulletin:
        seen, figures = self._sights, self._figures
        now, snapshot, missed = seen.clock.read(), seen.registry.snapshot, seen.room.missed
        gathered = burden(seen.outbox, seen.casebook, seen.state, now.now)
        return Bulletin(
            began_at=self._began_at,
            told_at=now.now,
            frames=figures.frames,
            frames_rested=figures.frames_rested,
            frames_per_s=self._rate(),
            frames_dropped=seen.watch.dropped,
            messages_refused=seen.watch.refused,
            missed=0 if missed is None else missed.passages,
            reads=figures.reads,
            last=figures.last,
            burden=msgspec.structs.replace(gathered, fitness=seen.body.fitness()),
            vehicles_as_of=None if snapshot is None else snapshot.vehicles_as_of,
            exemptions_as_of=None if snapshot is None else snapshot.exemptions_as_of,
            clock_trusted=now.trusted,
            clock_error_ms=now.error_ms,
            pictures_held=len(seen.pictures.held()),
            pictures_released=len(seen.pictures.released()),
            housing=None if seen.housing is None else seen.housing.told(),
            tuning=None if seen.tuner is None else seen.tuner.told(),
            alarms=standing(seen.alarms.told | {STORAGE: seen.room.alarm}),
            remedies=self._remedies(),
        )

    def _remedies(self) -> dict[str, str]:
        alarms = self._sights.alarms
        return {name: one.remedy for name, one in alarms.watched.items() if alarms.told.get(name)}

    def _rate(self) -> float | None:
        """Return how many frames a second were looked at since the last bulletin."""
        before, self._counted = self._counted, (self._monotonic(), self._figures.frames)
        if before is None or self._counted[0] <= before[0]:
            return None
        passed, frames = (now - then for now, then in zip(self._counted, before, strict=True))
        return round(frames / passed, 1)


def _news(told: Bulletin) -> object:
    """Return what is written at once where it changed; counts and measures are not."""
    housing = told.housing
    stands = None if housing is None else (housing.fault, housing.contacts)
    return told.last, told.alarms, stands


def standing(told: Mapping[str, str | None]) -> dict[str, str]:
    """Return the alarms that are open: those with a cause."""
    return {name: cause for name, cause in told.items() if cause is not None}

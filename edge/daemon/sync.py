"""Trusted updates, in the order of work: prove the source, choose, fetch, gate, activate, report.

Each family goes its own way: one that is refused stops no other. A source that fails is followed
by the next. Whatever happens, what is in force stays until something better is.
"""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from edge.daemon.intake import ApplyDelta, Gate, Intake, TurnedAwayError
from edge.daemon.spared import refused, turned_away
from edge.errors import BoxError, SourceError, UpdateError
from edge.ports import Clock
from edge.types import ClockReading
from edge.update.client import Client, is_root
from edge.update.fetch import Source
from edge.update.files import ROOM
from edge.update.floors import NAME, Floors, raised, read_floors, write_floors
from edge.update.releases import FAMILIES, Family
from edge.update.report import (
    Active,
    FamilyReport,
    Fault,
    Report,
    TurnedAway,
    Visit,
    read_report,
    write_report,
)
from edge.update.shelf import active, shelved, tidy

REPORT = "report.json"
ROOT_REMEDY = "Give the box the root.json of its publisher: updates.root in box.toml."


class Until(Protocol):
    """Says until when a version may be used."""

    def __call__(self, family: Family, folder: Path) -> datetime | None:
        """Return that moment, None where the law sets none. Raises BoxError."""
        ...


@dataclass(frozen=True, slots=True)
class Sync:
    """One box that looks for updates. `gates` names the families that are followed.

    A release that its gate refused is not fetched again for a day, unless `under` (software and
    configuration) is another, or it is asked for `again`.
    """

    state: Path
    sources: tuple[str, ...]
    root: Path
    cohort: int
    clock: Clock
    built: datetime
    gates: Mapping[Family, Gate]
    until: Until
    under: str
    apply_delta: ApplyDelta | None = None
    again: bool = False

    def run(self) -> Report:
        """Look for updates once; return what was found, which is also kept for others.

        Raises UpdateError when another sync is at work, or nothing can be written.
        """
        folder = self.state / "updates"
        with locked(folder):
            self._tidy()
            reading = self.clock.read()
            visits, families = self._visit_all(reading)
            self._tidy()
            report = Report(
                at=reading.now,
                visits=visits,
                families=tuple(families),
                remarks=self._remarks(reading),
                succeeded_at=self._succeeded_at(reading.now, families),
            )
            write_report(folder / REPORT, report)
            return report

    def _tidy(self) -> None:
        """Remove what was fetched and is not in force: of a sync that was killed, too."""
        incoming = self.state / "updates" / "incoming"
        try:
            shutil.rmtree(incoming, ignore_errors=True)
            incoming.mkdir(parents=True)
        except OSError as e:
            raise UpdateError(f"{incoming} cannot be made empty ({e.strerror}).", ROOM) from e
        for family in FAMILIES:
            tidy(self.state / family)

    def _visit_all(self, reading: ClockReading) -> tuple[tuple[Visit, ...], list[FamilyReport]]:
        """Ask one source after another for what none gave so far."""
        found: dict[Family, FamilyReport] = {}
        visits: list[Visit] = []
        for name in self.sources:
            waiting = [f for f in self.gates if f not in found or found[f].outcome == "not_reached"]
            if not waiting:
                break
            try:
                client = self._proven(name, reading)
            except UpdateError as e:
                visits.append(Visit(name, Fault(e.cause, e.remedy)))
                continue
            visits.append(Visit(name))
            found |= {family: self._family(client, family, reading) for family in waiting}
        return tuple(visits), [self._standing(family, found.get(family)) for family in FAMILIES]

    def _proven(self, name: str, reading: ClockReading) -> Client:
        """Return a source whose state was proven, and raise the floors to it."""
        try:
            root = self.root.read_bytes()
        except OSError as e:
            cause = f"The trusted root {self.root} cannot be read ({e.strerror})."
            raise UpdateError(cause, ROOT_REMEDY) from e
        if not is_root(root):
            raise UpdateError(f"The trusted root {self.root} is no root.json.", ROOT_REMEDY)
        client = Client(Source(name), self.state / "updates" / "metadata", root, reading)
        self._keep(client.refresh(self._floors()))
        return client

    def _family(self, client: Client, family: Family, reading: ClockReading) -> FamilyReport:
        """Bring one family up to date; what hinders it is told and hinders nothing else."""
        report = FamilyReport(family, "refused", source=client.source.name)
        before = None if self.again else turned_away(self._last(), family, self.under, reading.now)
        intake = self._intake(family, reading.now, before)
        try:
            index, floors = client.index(family, self._floors())
            self._keep(floors)
            offered = max((release.number for release in index.releases), default=None)
            report = replace(report, offered=offered)
            outcome, fetched, remarks = intake.take(client, index)
        except TurnedAwayError as e:
            turned = TurnedAway(e.number, reading.now, self.under)
            return refused(report, e, before, turned)
        except BoxError as e:
            outcome = "not_reached" if isinstance(e, SourceError) else "refused"
            return replace(report, outcome=outcome, refused=Fault(e.cause, e.remedy))
        self._note_ages(family)
        return replace(report, outcome=outcome, fetched=fetched, remarks=remarks)

    def _intake(self, family: Family, now: datetime, before: FamilyReport | None) -> Intake:
        turned = None if before is None else before.turned_away
        return Intake(
            state=self.state,
            family=family,
            gate=self.gates[family],
            cohort=self.cohort,
            now=now,
            apply_delta=self.apply_delta,
            spared=None if turned is None else turned.number,
        )

    def _note_ages(self, family: Family) -> None:
        """Raise the floor of the clock: what is in force was made before now."""
        place = active(self.state, family)
        if place is not None:
            for at in shelved(place).as_of.values():
                self._keep(raised(self._floors(), {}, at))

    def _standing(self, family: Family, report: FamilyReport | None) -> FamilyReport:
        """Add to a report what is in force now."""
        if family not in self.gates:
            return FamilyReport(family, "not_followed")
        if report is None:
            fault = Fault("No source could be used.", "See what is said of each source.")
            report = FamilyReport(family, "not_reached", refused=fault)
        place = active(self.state, family)
        if place is None:
            return report
        try:
            found = shelved(place)
            until = self.until(family, place)
        except BoxError as e:
            return replace(report, remarks=(*report.remarks, str(e)))
        stands = Active(found.release.number, found.release.id, found.since, found.as_of, until)
        return replace(report, active=stands)

    def _succeeded_at(self, now: datetime, families: list[FamilyReport]) -> datetime | None:
        """Return when a sync last reached every family that is followed."""
        if all(family.outcome != "not_reached" for family in families):
            return now
        last = self._last()
        return None if last is None else last.succeeded_at

    def _last(self) -> Report | None:
        try:
            return read_report(self.state / "updates" / REPORT)
        except UpdateError:  # it is written anew
            return None

    def _remarks(self, reading: ClockReading) -> tuple[str, ...]:
        try:
            floor = self._floors().clock
        except UpdateError:  # every visit has told it
            return ()
        behind = f"The clock of this box is behind: it was {floor:%Y-%m-%dT%H:%M:%SZ} already."
        unsure = "The clock of this box is not synchronised."
        told = ((reading.now < floor, behind), (not reading.trusted, unsure))
        return tuple(words for holds, words in told if holds)

    def _floors(self) -> Floors:
        return read_floors(self.state / "updates" / NAME, self.built)

    def _keep(self, floors: Floors) -> None:
        if floors != self._floors():
            write_floors(self.state / "updates" / NAME, floors)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only sync of a box; the lock ends with its process. Raises UpdateError."""
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((folder / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise UpdateError("Another sync is at work.", "Wait until it ends.") from e
        except OSError as e:
            raise UpdateError(f"{folder} cannot be used ({e.strerror}).", ROOM) from e
        yield

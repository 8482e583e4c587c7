"""The way back from packs or models in force with which the box does not start.

It leads only to what was seen to start here: a fault of the camera, or of the configuration,
costs no version its place.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from edge.daemon.sync import REPORT, locked
from edge.errors import BoxError, UpdateError
from edge.ports import Clock
from edge.update.releases import Family
from edge.update.report import Active, FamilyReport, Fault, Report, read_report, write_report
from edge.update.shelf import active, previous, shelved
from edge.update.unfit import Unfit, go_back, is_whole, remedy, remember

log = logging.getLogger(__name__)
OWN = "what came with the software"


@dataclass(frozen=True, slots=True)
class StepBack:
    """Goes back from versions that do not start.

    `starts` raises BoxError when the box does not start with the version of a family in a folder,
    or with what came with the software where there is none.
    """

    state: Path
    starts: Mapping[Family, Callable[[Path | None], object]]
    clock: Clock

    def __call__(self) -> bool:
        """Go back where a version in force does not start and another does; True if any did.

        Raises UpdateError while a sync is at work, or when nothing can be written.
        """
        with locked(self.state / "updates"):
            gone_back = [self._back(family) for family in self.starts]
        return any(gone_back)

    def _back(self, family: Family) -> bool:
        place = active(self.state, family)
        fault = None if place is None else self._fault(family, place)
        if place is None or fault is None:
            return False
        ways = [way for way in self._before(family) if self._fault(family, way) is None]
        if not ways:
            return False
        now = self.clock.read().now
        one = _unfit(place, fault, now)
        remember(self.state / family, one)
        go_back(self.state / family, ways[0])
        self._tell(family, one, ways[0], now)
        return True

    def _before(self, family: Family) -> list[Path | None]:
        """Return what may be gone back to, best first."""
        before = previous(self.state, family)
        return [None] if before is None or not is_whole(before) else [before, None]

    def _fault(self, family: Family, folder: Path | None) -> BoxError | None:
        try:
            self.starts[family](folder)
        except BoxError as error:
            return error
        return None

    def _tell(self, family: Family, one: Unfit, to: Path | None, now: datetime) -> None:
        """Write it into the report, which `check` and the alarms read."""
        instead = OWN if to is None else f"release {shelved(to).release.number}"
        cause = f"Release {one.number} ({one.id}) did not start on this box: {one.cause}"
        log.error("%s: %s The box goes back to %s.", family, cause, instead)
        stands = None if to is None else _standing(to)
        fault = Fault(cause, remedy(self.state / family))
        told = FamilyReport(family, "refused", offered=one.number, refused=fault, active=stands)
        path = self.state / "updates" / REPORT
        write_report(path, _with(told, _last(path), now))


def _unfit(place: Path, fault: BoxError, now: datetime) -> Unfit:
    try:
        release = shelved(place).release
    except UpdateError:  # not even that can be read any more
        return Unfit(int(place.name), "its name is lost", fault.cause, now)
    return Unfit(release.number, release.id, fault.cause, now)


def _standing(place: Path) -> Active:
    found = shelved(place)
    return Active(found.release.number, found.release.id, found.since, found.as_of)


def _last(path: Path) -> Report | None:
    try:
        return read_report(path)
    except UpdateError:
        return None


def _with(told: FamilyReport, report: Report | None, now: datetime) -> Report:
    """Return a report in which a family stands as told."""
    if report is None:
        return Report(now, (), (told,))
    families = tuple(told if one.family == told.family else one for one in report.families)
    return msgspec.structs.replace(report, families=families)

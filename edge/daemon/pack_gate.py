"""What a release of rule packs must show before a box decides by it: CONTRACTS 6 and 7."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.access.calendar import civil_day
from edge.access.cases import Case, apart, cases
from edge.access.evaluate import ACCUSING
from edge.access.pack import SHIPPED, load_pack
from edge.access.rules import Law, RulePack
from edge.config import Zone
from edge.errors import ConfigError, PackError
from edge.ports import Clock
from edge.types import Outcome

KEEP = "The packs in force stay; have the release corrected and published under a new number."
PACK, TABLE = ".toml", ".cases.csv"
CLEARED = frozenset({Outcome.FREE_ACCESS, Outcome.EXEMPT, Outcome.PERMITTED})
NUMBERED = re.compile(r"\d{1,9}(\.\d{1,9})*")


@dataclass(frozen=True, slots=True)
class PackGate:
    """Lets a release of rule packs in, or raises PackError that says why not.

    `zones` are those that this box guards; `laws` makes their law from the packs in a folder.
    """

    zones: tuple[Zone, ...]
    laws: Callable[[tuple[Zone, ...], Path], tuple[Law, ...]]
    clock: Clock

    def __call__(self, folder: Path, replaces: Path | None, rollback: bool) -> None:
        """Refuse packs that contradict their own cases, or do not fit this box.

        After a withdrawal an older pack is let in, even one that has expired: it accuses nobody,
        and the one withdrawn might.
        """
        packs = packs_in(folder)
        for name, pack in packs.items():
            refuse_contradiction(pack, folder / f"{name}{TABLE}")
        before = in_force(replaces)
        self._refuse_misfit(folder, packs, before)
        if not rollback:
            for name, pack in packs.items():
                refuse_older(pack, before.get(name))
            for name in sorted({zone.pack for zone in self.zones}):
                self._refuse_expired(packs[name])

    def _refuse_misfit(
        self, folder: Path, packs: Mapping[str, RulePack], before: Mapping[str, RulePack]
    ) -> None:
        for zone in self.zones:
            if zone.pack not in packs:
                cause = f"The release has no pack {zone.pack}, which rules zone {zone.id} here."
                raise PackError(cause, KEEP)
            known = zone.pack in before and zone.id in before[zone.pack].zones
            if known and zone.id not in packs[zone.pack].zones:
                cause = f"Pack {zone.pack} no longer has the zone {zone.id} that this box guards."
                raise PackError(cause, KEEP)
        try:
            self.laws(self.zones, folder)
        except ConfigError as error:
            raise PackError(f"The release does not fit this box: {error.cause}", KEEP) from error

    def _refuse_expired(self, pack: RulePack) -> None:
        if civil_day(self.clock.read().now, pack.timezone) >= pack.expires:
            raise PackError(f"Pack {pack.id} {pack.version} expired on {pack.expires}.", KEEP)


def packs_in(folder: Path) -> dict[str, RulePack]:
    """Return the packs of a release by their name, each proven.

    Raises PackError for a pack that is not sound or bears another name than its file, for a case
    table without a pack, and where there is no pack at all.
    """
    packs = {path.name.removesuffix(PACK): load_pack(path) for path in found(folder, PACK)}
    tables = {path.name.removesuffix(TABLE) for path in found(folder, TABLE)}
    if not packs:
        raise PackError("The release holds no rule pack.", KEEP)
    for name in sorted(tables - packs.keys()):
        raise PackError(f"The release has the case table of a pack {name}, but not the pack.", KEEP)
    for name, pack in packs.items():
        if pack.id != name:
            raise PackError(
                f"The file {name}{PACK} holds a pack that names itself {pack.id}.", KEEP
            )
        if not NUMBERED.fullmatch(pack.version):
            cause = (
                f"The version {pack.version[:20]!r} of pack {name} is not made of numbers and dots."
            )
            raise PackError(cause, KEEP)
    return packs


def found(folder: Path, ending: str) -> list[Path]:
    """Return the files of a folder with a name of this ending, in order."""
    return sorted(folder.glob(f"*{ending}"))


def in_force(folder: Path | None) -> dict[str, RulePack]:
    """Return the packs in force: those of a folder before those of the software.

    One that cannot be read any more is left out: it must not keep its successor away.
    """
    places = (SHIPPED,) if folder is None else (SHIPPED, folder)
    files = {path.name.removesuffix(PACK): path for at in places for path in found(at, PACK)}
    sound: dict[str, RulePack] = {}
    for name, path in files.items():
        try:
            sound[name] = load_pack(path)
        except PackError:
            continue
    return sound


def refuse_contradiction(pack: RulePack, table: Path) -> None:
    """Raise PackError unless a pack answers every case of its own table as written there."""
    asked = cases_of(pack, table)
    expected = {case.outcome for case in asked}
    for needed, words in ((ACCUSING, "is accused"), (CLEARED, "is cleared")):
        if expected.isdisjoint(needed):
            cause = f"The case table of pack {pack.id} has no case in which a vehicle {words}."
            raise PackError(cause, KEEP)
    if differing := apart(asked):
        case, ours = differing[0]
        more = f", and so do {len(differing) - 1} more" if len(differing) > 1 else ""
        raise PackError(
            f"Case {case.id} of pack {pack.id} must end in {case.expected} and "
            f"ends in {case.found(ours)} by rule {ours.rule}{more}.",
            KEEP,
        )


def cases_of(pack: RulePack, table: Path) -> list[Case]:
    """Read the case table of a pack. Raises PackError when it is missing, empty or broken."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            return list(cases(lines, [pack]))
    except FileNotFoundError as error:
        raise PackError(
            f"Pack {pack.id} comes without its case table {table.name}.", KEEP
        ) from error
    except (OSError, ValueError) as error:
        cause = f"The case table {table.name} of pack {pack.id} cannot be run: {error}."
        raise PackError(cause, KEEP) from error


def refuse_older(new: RulePack, before: RulePack | None) -> None:
    """Raise PackError for another pack that is not newer than the one in force."""
    if before is None or before.sha256 == new.sha256:
        return
    if numbers(new.version) <= numbers(before.version):
        cause = f"Pack {new.id} {new.version} is not newer than the {before.version} in force."
        raise PackError(cause, KEEP)


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared: 2026.11.2 is older than 2026.11.10."""
    return tuple(int(part) for part in re.findall(r"\d+", version))

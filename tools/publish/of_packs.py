"""Rule packs to be released: each loads, agrees with its own case table, and with the law's days.

The calendars in `law` were written from the law and from no pack. A case table travels with its
pack and is changed by the same hand: a date that is off by a day may stand in both.
"""

from pathlib import Path

from edge.access.cases import Case, apart, cases
from edge.access.rules import RulePack
from edge.daemon.pack_gate import KEEP, PACK, TABLE, packs_in, refuse_contradiction
from edge.errors import PackError, UpdateError
from tools.publish.family import Parcel
from tools.publish.names import flat

LAW = Path(__file__).parent / "law"
SHOWN = 5
CORRECT = "Correct the pack or its table; `anpr-edge explain --pack --cases` shows every row."
WRITE = "Write it from the law (deploy/UPDATES.md, 8), and name its folder with --calendar."
COMPARE = (
    "Correct the pack. Where the law itself has changed, change the calendar first, from the law; "
    "`anpr-edge explain --pack --cases` shows every row of it."
)


def parcel_of(folder: Path, name: str, law: Path = LAW) -> Parcel:
    """Prove the packs of a folder as a box would, and against the calendars in `law`.

    Returns what is released. Raises UpdateError.
    """
    try:
        packs = packs_in(folder)
        for stem, pack in packs.items():
            refuse_contradiction(pack, folder / f"{stem}{TABLE}")
    except PackError as e:
        raise UpdateError(e.cause, CORRECT if e.remedy == KEEP else e.remedy) from e
    for stem, pack in packs.items():
        refuse_other_days(pack, law / f"{stem}.csv")
    files = (folder / f"{stem}{ending}" for stem in packs for ending in (PACK, TABLE))
    return Parcel(id=name, files={flat(file): file for file in files})


def refuse_other_days(pack: RulePack, calendar: Path) -> None:
    """Raise UpdateError unless a pack answers on the days of the law as the calendar says.

    The calendar must know every zone of the pack, by the dates that the pack gives it.
    """
    asked = calendar_of(pack, calendar)
    known = {case.law.zone.id for case in asked if case.law.zone in pack.zones.values()}
    if strange := sorted(pack.zones.keys() - known):
        cause = f"The calendar {calendar.name} says nothing of zone {strange[0]} of pack {pack.id}."
        raise UpdateError(cause, WRITE)
    if differing := apart(asked):
        told = (
            f"{case.id} must end in {case.expected} and ends in {case.found(ours)} by {ours.rule}"
            for case, ours in differing[:SHOWN]
        )
        rest = len(differing) - SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        cause = f"Pack {pack.id} is not the law of its calendar: {'; '.join(told)}{more}."
        raise UpdateError(cause, COMPARE)


def calendar_of(pack: RulePack, calendar: Path) -> list[Case]:
    """Read the calendar of a pack. Raises UpdateError where there is none, or a broken one."""
    try:
        with calendar.open(encoding="utf-8-sig", newline="") as lines:
            return list(cases(lines, [pack]))
    except FileNotFoundError as e:
        cause = f"There is no calendar of the law for pack {pack.id}: {calendar} is missing."
        raise UpdateError(cause, WRITE) from e
    except (OSError, ValueError) as e:
        raise UpdateError(f"The calendar {calendar} cannot be run: {e}.", WRITE) from e

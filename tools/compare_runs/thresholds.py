"""The thresholds that a change must keep before it is published, and whether it does (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import RunError
from edge.replay.tables import Table, check_names, read_tables, refuse, table_of
from tools.compare_runs.changes import Change, Compared
from tools.compare_runs.results import Score

FORM = 1
Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
GOOD = {"right", "late", "duplicated"}


class AtLeast(Table, frozen=True, kw_only=True):
    """Shares that the new replay must reach; all of them need the truth."""

    capture_rate: Rate | None = None
    read_rate: Rate | None = None
    decision_agreement: Rate | None = None


class AtMost(Table, frozen=True, kw_only=True):
    """How many there may be: from `wrong` on these need the truth.

    `new` to `changed` count the vehicles that are other than before; `newly_wrong` and
    `newly_missed` those that were read right before, `newly_disagreeing` those of which was
    decided before what was due.
    """

    new: Count | None = None
    gone: Count | None = None
    plate_changed: Count | None = None
    country_changed: Count | None = None
    outcome_changed: Count | None = None
    newly_accused: Count | None = None
    no_longer_accused: Count | None = None
    changed: Count | None = None
    wrong: Count | None = None
    missed: Count | None = None
    duplicated: Count | None = None
    late: Count | None = None
    strays: Count | None = None
    accused_wrongly: Count | None = None
    mistimed: Count | None = None
    newly_wrong: Count | None = None
    newly_missed: Count | None = None
    newly_disagreeing: Count | None = None


class Thresholds(Table, frozen=True, kw_only=True):
    """What must be kept."""

    at_least: AtLeast = AtLeast()
    at_most: AtMost = AtMost()


@dataclass(frozen=True, slots=True)
class Judged:
    """One threshold: what was found, what was wanted, and whether it is kept."""

    name: str
    found: float
    wanted: float
    least: bool

    @property
    def kept(self) -> bool:
        """True when it is kept."""
        return self.found >= self.wanted if self.least else self.found <= self.wanted

    def __str__(self) -> str:
        return (
            f"{self.name} {self.found:g}, {'at least' if self.least else 'at most'} {self.wanted:g}"
        )


def read_thresholds(path: Path) -> Thresholds:
    """Read a file of thresholds. Raises RunError: one that asks for nothing lets all pass."""
    tables = read_tables(path, FORM)
    check_names(tables, Thresholds.__struct_fields__, path, "the file")
    found = Thresholds(
        at_least=table_of(AtLeast, tables.get("at_least", {}), path, "[at_least]"),
        at_most=table_of(AtMost, tables.get("at_most", {}), path, "[at_most]"),
    )
    bounds = (*msgspec.structs.astuple(found.at_least), *msgspec.structs.astuple(found.at_most))
    if all(bound is None for bound in bounds):
        refuse(path, "it asks for nothing, so anything would pass")
    return found


def judge(compared: Compared, wanted: Thresholds) -> list[Judged]:
    """Hold a comparison against the thresholds.

    Raises RunError for one that cannot be told, as without a truth.
    """
    return [
        *_judged(wanted.at_least, _rates(compared), least=True),
        *_judged(wanted.at_most, _counts(compared), least=False),
    ]


def _judged(part: Table, found: dict[str, float], *, least: bool) -> Iterator[Judged]:
    for name, bound in msgspec.structs.asdict(part).items():
        if bound is None:
            continue
        if name not in found:
            raise RunError(
                f"Whether {name} is kept cannot be told: a replay was not scored, or is empty.",
                "Replay both with --truth.",
            )
        yield Judged(name, found[name], bound, least)


def _rates(compared: Compared) -> dict[str, float]:
    vehicles = sum(one.vehicles for one in compared.after)
    captured = vehicles - _sum(compared.after, "missed")
    known = [v for one in compared.after for v in one.each if v.agrees is not None]
    shares = {
        "capture_rate": (captured, vehicles),
        "read_rate": (captured - _sum(compared.after, "wrong"), captured),
        "decision_agreement": (sum(bool(v.agrees) for v in known), len(known)),
    }
    return {name: part / whole for name, (part, whole) in shares.items() if whole}


def _counts(compared: Compared) -> dict[str, float]:
    found = {
        "new": compared.count(Change.NEW),
        "gone": compared.count(Change.GONE),
        "plate_changed": compared.count(Change.PLATE),
        "country_changed": compared.count(Change.COUNTRY),
        "outcome_changed": compared.count(Change.OUTCOME),
        "newly_accused": compared.count(Change.NEWLY_ACCUSED),
        "no_longer_accused": compared.count(Change.NO_LONGER_ACCUSED),
        "changed": len(compared.changed),
    }
    if compared.before and compared.after:
        scored = ("wrong", "missed", "duplicated", "late", "strays", "accused_wrongly", "mistimed")
        found |= {name: _sum(compared.after, name) for name in scored} | _newly(compared)
    return {name: float(n) for name, n in found.items()}


def _newly(compared: Compared) -> dict[str, int]:
    were_good = [now for then, now in compared.verdicts if then.verdict in GOOD]
    return {
        "newly_wrong": sum(now.verdict == "wrong" for now in were_good),
        "newly_missed": sum(now.verdict == "missed" for now in were_good),
        "newly_disagreeing": sum(
            bool(then.agrees) and now.agrees is False for then, now in compared.verdicts
        ),
    }


def _sum(scores: tuple[Score, ...], name: str) -> int:
    return sum(getattr(one, name) for one in scores)

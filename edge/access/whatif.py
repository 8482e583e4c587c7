"""What the law of another day says of the same vehicle: R004-91, RULES 6. Pure.

The registered records that held at the passage are kept as they are; only the day changes. What
is not known of the vehicle stays a set of possibilities (RULES 1.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from edge.access.evaluate import answer, derivable, joined, presumed, weighed
from edge.access.outlook import conditions
from edge.access.possible import OLDEST, born_before, points
from edge.access.records import Grant
from edge.access.rules import RulePack, Verdict
from edge.types import Outcome, Vehicle

PHASES: Mapping[str, tuple[date, ...]] = {
    "FL": (date(2027, 1, 1), date(2029, 1, 1), date(2033, 1, 1), date(2035, 1, 1)),
    "NL": (date(2027, 1, 1), date(2028, 1, 1), date(2029, 1, 1), date(2030, 1, 1)),
}
"""The first day of every phase by jurisdiction (RULES 6; R004-91, R004-92 for Flanders)."""


class Born(NamedTuple):
    """The first and last day on which a vehicle may first have been registered."""

    first: date
    last: date


class Prospect(NamedTuple):
    """What a day brings a vehicle: the answer, and every outcome that remains possible."""

    verdict: Verdict
    outcomes: frozenset[Outcome]


def prospect(
    vehicle: Vehicle, born: Born, grants: Sequence[Grant], day: date, pack: RulePack
) -> Prospect:
    """Judge a vehicle by the rules of a day; `born` matters only where no date is known."""
    found = judged(vehicle, born, grants, day, pack, derive=False)
    if len(found.outcomes) == 1 or not derivable(vehicle, pack):
        return found
    by_date = judged(vehicle, born, grants, day, pack, derive=True)
    if len(by_date.outcomes) > 1 or by_date.verdict.outcome is Outcome.REVIEW:
        return found
    return by_date._replace(verdict=presumed(by_date.verdict))


def judged(
    vehicle: Vehicle,
    born: Born,
    grants: Sequence[Grant],
    day: date,
    pack: RulePack,
    derive: bool,
) -> Prospect:
    """Join the answers to all combinations that the vehicle may stand for on a day."""
    results = {
        at: weighed(answer(at, grants, pack), at, pack)
        for known in dated(vehicle, born, day, pack)
        for at in points(known, day.toordinal(), pack, derive=derive)
    }
    verdict = joined(results, vehicle, pack)
    outcomes = frozenset(each.outcome for each in results.values())
    return Prospect(verdict, outcomes or frozenset({verdict.outcome}))


def dated(vehicle: Vehicle, born: Born, day: date, pack: RulePack) -> list[Vehicle]:
    """Return the vehicle with every date of first registration that could change an answer.

    It was registered before it was seen, so a later day of judgement adds no later dates.
    """
    if vehicle.first_registration is not None or vehicle.first_known_use is not None:
        return [vehicle]
    low, high = born.first.toordinal(), born.last.toordinal()
    near = {edge + step for edge in edges(day, pack) for step in (-1, 0, 1)}
    firsts = sorted({low, high} | {first for first in near if low < first < high})
    return [replace(vehicle, first_registration=date.fromordinal(first)) for first in firsts]


def edges(day: date, pack: RulePack) -> set[int]:
    """Return the days beside which a first registration can change an answer of the pack."""
    found: set[int] = set()
    for when in conditions(pack):
        found |= when.first.edges
        found |= anniversaries((when.younger_than, when.years_old), day)
    return found


def anniversaries(years: Iterable[int | None], day: date) -> set[int]:
    """Return the latest first registrations that are so many years old on a day."""
    return {born_before(day.toordinal(), count) for count in years if count}


def any_time_before(day: date) -> Born:
    """Return the interval of a vehicle of which nothing is known but that it exists."""
    return Born(date.fromordinal(OLDEST), day)

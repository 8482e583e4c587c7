"""What a street's box made of it, against what is expected and what is due (pure)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.access.evaluate import ACCUSING
from edge.replay.score import Verdict
from edge.types import Direction
from tools.golden_suite.found import Decided, Found, Outcomes
from tools.golden_suite.street import Street, Vehicle

LEEWAY, LEEWAY_SHARE = 0.06, 0.25
"""So far the sureness of a vehicle may move, in nats and as a share of what is expected.

The same models on pictures that were drawn and scaled without AVX moved that of clean plates by
0.035 at most, and by 0.005 on average; dirty ones by 0.17. Earlier readers of ours moved it by
up to 0.48, 0.62 and 0.83 (deploy/UPDATES.md).
"""
LEEWAY_TOGETHER, UNSURE = 0.15, -0.25
"""So far that of all vehicles together, none less than UNSURE: without AVX it moved by 0.053."""
EXACT = (
    *("verdict", "passages", "others", "plate", "country", "direction", "lane", "wrong_way"),
    "doubt",
)
NUMBER = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as expected; `number` None: of the street, of no vehicle."""

    street: str
    number: int | None
    plate: str
    what: str
    expected: str
    found: str

    @property
    def says(self) -> str:
        """Return it as one sentence."""
        whose = "" if self.number is None else f", vehicle {self.number} ({self.plate})"
        return f"{self.street}{whose}: {self.what} is {self.found}, expected {self.expected}."


def deviations(name: str, street: Street, expected: Outcomes, found: Outcomes) -> list[Deviation]:
    """Return everything that is not as expected, vehicle by vehicle."""
    known = {one.number: one for one in expected.vehicles}
    told = [
        Deviation(name, one.number, street.vehicles[one.number - 1].plate, *difference)
        for one in found.vehicles
        for difference in _differences(known.get(one.number), one)
    ]
    told += [
        Deviation(name, number, street.vehicles[number - 1].plate, "the vehicle", "known", "gone")
        for number in known.keys() - {one.number for one in found.vehicles}
    ]
    if expected.strays != found.strays:
        strays = _listed(expected.strays), _listed(found.strays)
        told.append(Deviation(name, None, "", "what is read where no vehicle is due", *strays))
    return told


def drift(expected: Sequence[Outcomes], found: Sequence[Outcomes]) -> Deviation | None:
    """Return how far the sureness of all vehicles together has moved, None where it may so far."""
    was, now = _together(expected), _together(found)
    if abs(now - was) <= LEEWAY_TOGETHER:
        return None
    shown = f"{was:.4f} nats, {LEEWAY_TOGETHER:g} more or less"
    return Deviation("all streets", None, "", "the sureness of all together", shown, f"{now:.4f}")


def _together(streets: Sequence[Outcomes]) -> float:
    known = (one.sureness or 0.0 for street in streets for one in street.vehicles)
    return sum(max(sureness, UNSURE) for sureness in known)


def _differences(expected: Found | None, found: Found) -> Iterator[tuple[str, str, str]]:
    if expected is None:
        yield "the vehicle", "nothing", "new"
        return
    for field in EXACT:
        was, now = getattr(expected, field), getattr(found, field)
        if _plain(was) != _plain(now):
            yield f"its {field.replace('_', ' ')}", _shown(was), _shown(now)
    yield from _unsure(expected.sureness, found.sureness)
    for zone in sorted(expected.zones.keys() | found.zones.keys()):
        was, now = expected.zones.get(zone), found.zones.get(zone)
        if was is None or now is None or _plain(was) != _plain(now):
            yield f"its outcome in {zone}", _shown(was), _shown(now)


def _unsure(expected: float | None, found: float | None) -> Iterator[tuple[str, str, str]]:
    if expected is None or found is None:
        if expected != found:
            yield "the sureness of its plate", _shown(expected), _shown(found)
        return
    leeway = LEEWAY + LEEWAY_SHARE * abs(expected)
    if abs(found - expected) > leeway:
        shown = f"{expected:.4f} nats a reading, {leeway:.4f} more or less"
        yield "the sureness of its plate", shown, f"{found:.4f}"


def _plain(value: object) -> str:
    """Return a value without the figures of a sentence: they may move a little."""
    return NUMBER.sub("#", str(value))


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Decided):
        return f"{value.outcome} ({value.rule}, {value.consequence}: {value.reason})"
    if isinstance(value, tuple):
        return _listed(value)
    return str(value)


def _listed(passages: tuple[str, ...]) -> str:
    return ", ".join(passages) or "nothing"


def undue(street: Street, found: Outcomes) -> Iterator[str]:
    """Yield what no expectation may ever allow: what accuses whom it may not, or is not so."""
    for one in found.vehicles:
        vehicle = street.vehicles[one.number - 1]
        yield from _untrue(vehicle, one)
        due = vehicle.due
        for zone, outcome in one.outcomes.items():
            if outcome in ACCUSING and (outcome != due.get(zone) or one.verdict == Verdict.WRONG):
                yield f"vehicle {one.number}: {outcome} in {zone} where {due.get(zone)} is due"
        yield from (f"vehicle {one.number}: {other}" for other in one.others if _accuses(other))
    yield from (f"where nobody is due: {stray}" for stray in found.strays if _accuses(stray))


def _untrue(vehicle: Vehicle, one: Found) -> Iterator[str]:
    """Yield where a vehicle is said to go otherwise than it does; not to know is no lie."""
    if one.direction not in (None, Direction.UNKNOWN, vehicle.drives):
        yield f"vehicle {one.number}: {one.direction}, and it is {vehicle.drives}"
    if one.lane not in (None, vehicle.lane):
        yield f"vehicle {one.number}: in the lane {one.lane}, and it keeps to {vehicle.lane}"


def _accuses(told: str) -> bool:
    return any(outcome in told for outcome in ACCUSING)

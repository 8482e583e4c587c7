"""A registry of only the vehicles that some rule could refuse, where a full copy is not allowed.

A vehicle stays unless each law clears it beyond doubt on every day on which the registry may be
used: from the day of its oldest source until its youngest is too old. All rows and records of
a plate stay together, for two vehicles on one plate are a doubt of their own.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter

from edge.access.assembly import in_zone
from edge.access.calendar import anniversary, civil_day
from edge.access.decide import FIRST_CARS
from edge.access.evaluate import OPEN, judge
from edge.access.outlook import conditions, law_days
from edge.access.rules import RulePack
from edge.registry.schema import KindRow, kind_of
from edge.registry.stored import day, mass, sound
from edge.types import Consequence, Outcome, Vehicle

WHATEVER_IS_GRANTED = frozenset({Outcome.FREE_ACCESS, Outcome.OUT_OF_SCOPE})
"""Answers that are given before any record is looked at."""
REMEMBERED = 1 << 17
"""How many different vehicles are judged before their answers are forgotten."""
LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Span:
    """A law, and the days on which a registry may be used under it, inclusive.

    `edges` are the days in between on which an answer can change whatever the vehicle; `years`
    the ages at which it can.
    """

    pack: RulePack
    first: int
    last: int
    edges: frozenset[int]
    years: frozenset[int]

    def days(self, vehicle: Vehicle) -> Iterator[date]:
        """Yield the days on which the answer of a vehicle must be asked."""
        births = (vehicle.first_registration, vehicle.first_known_use)
        known = {born.toordinal() for born in births if born is not None}
        ages = {anniversary(born, years) for born in known for years in self.years}
        within = {at for at in known | ages if self.first < at <= self.last}
        yield from map(date.fromordinal, {self.first} | self.edges | within)


def spans(
    packs: Iterable[RulePack], vehicles_as_of: datetime, exemptions_as_of: datetime
) -> tuple[Span, ...]:
    """Return the laws of every zone of some packs, each with its days. Raises PackError."""
    found: list[Span] = []
    for pack in packs:
        laws = [in_zone(pack, zone).pack for zone in pack.zones.values()]
        own = [law for place, law in enumerate(laws) if law not in laws[:place]]
        found += [span(law, vehicles_as_of, exemptions_as_of) for law in own or [pack]]
    return tuple(found)


def span(pack: RulePack, vehicles_as_of: datetime, exemptions_as_of: datetime) -> Span:
    """Return the days on which a registry with sources of these ages may be used."""
    first = civil_day(min(vehicles_as_of, exemptions_as_of), pack.timezone).toordinal()
    ends = (
        vehicles_as_of + timedelta(hours=pack.max_age_vehicles_h),
        exemptions_as_of + timedelta(hours=pack.max_age_exemptions_h),
    )
    last = civil_day(max(ends), pack.timezone).toordinal()
    whens = conditions(pack)
    years = {n for when in whens for n in (when.younger_than, when.years_old) if n is not None}
    named = {edge + step for when in whens for edge in when.first.edges for step in (-1, 0, 1)}
    edges = {*law_days(pack), *named, *(anniversary(at, n) for at in named for n in years)}
    within = frozenset(at for at in edges if first < at <= last)
    return Span(pack, first, last, within, frozenset(years))


def clears(vehicle: Vehicle, at: date, pack: RulePack, recorded: bool) -> bool:
    """True when no rule could refuse a vehicle on a day, whatever plate it bears.

    `recorded`: the plate has records. Where the answer does not come before them they might
    take it away, as a permission ends the place on the list of exempt types.
    """
    births = (vehicle.first_registration, vehicle.first_known_use)
    if any(born is not None and not FIRST_CARS <= born <= at for born in births):
        return False
    verdict = judge(vehicle, (), at, pack)
    if verdict.outcome in WHATEVER_IS_GRANTED:
        return True
    harmless = verdict.outcome in OPEN or verdict.consequence is Consequence.NONE
    return harmless and not recorded


class Sieve:
    """Tells which vehicles stay on the list; equal vehicles are judged once."""

    def __init__(self, spans: Sequence[Span]) -> None:
        """Take the laws of the boxes that the list is for."""
        self.spans = spans
        self._known: dict[tuple[Vehicle, bool], bool] = {}

    def stays(self, vehicle: Vehicle, recorded: bool) -> bool:
        """True unless every law clears the vehicle on every day."""
        asked = (vehicle, recorded)
        if asked not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[asked] = not all(
                clears(vehicle, at, span.pack, recorded)
                for span in self.spans
                for at in span.days(vehicle)
            )
        return self._known[asked]


def keep_listed(connection: sqlite3.Connection, sieve: Sieve) -> int:
    """Leave only the plates of vehicles that stay, and state so; return how many stayed.

    Made-up vehicles stay. Raises sqlite3.Error, ValueError.
    """
    connection.execute("CREATE TEMP TABLE listed (token INTEGER PRIMARY KEY)")
    connection.executemany(
        "INSERT OR IGNORE INTO listed VALUES (?)", ((key,) for key in tokens(connection, sieve))
    )
    connection.execute("INSERT OR IGNORE INTO listed SELECT token FROM canaries")
    for table in ("vehicles", "plain", "exemptions"):
        connection.execute(f"DELETE FROM {table} WHERE token NOT IN (SELECT token FROM listed)")
    connection.execute("DELETE FROM kinds WHERE id NOT IN (SELECT kind FROM every_vehicle)")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('scope', ?)", (LISTED,))
    stayed: int = connection.execute("SELECT count(*) FROM listed").fetchone()[0]
    connection.execute("DROP TABLE listed")
    return stayed


def tokens(connection: sqlite3.Connection, sieve: Sieve) -> Iterator[int]:
    """Yield the token of every plate of which a vehicle stays."""
    kinds: dict[object, Vehicle] = {
        number: sound(kind_of(row)) for number, row in kind_rows(connection)
    }
    recorded = "EXISTS (SELECT 1 FROM exemptions WHERE token = v.token)"
    rows = connection.execute(
        f"SELECT v.*, {recorded} FROM every_vehicle v ORDER BY token, valid_from"
    )
    for key, group in groupby(rows, itemgetter(0)):
        plate = list(group)
        known = (sieve.stays(vehicle_of(row, kinds), bool(row[-1])) for row in plate)
        if overlap(plate) or any(known):
            yield key


def overlap(plate: Sequence[Sequence[int | None]]) -> bool:
    """True when two vehicles hold a plate at once, in the order of their beginnings."""
    pairs = pairwise((start, end) for _token, start, end, *_ in plate)
    return any(end is None or start is None or start < end for (_, end), (start, _) in pairs)


def kind_rows(connection: sqlite3.Connection) -> Iterator[tuple[int, KindRow]]:
    """Yield the number and the columns of every kind."""
    for number, *row in connection.execute("SELECT * FROM kinds"):
        yield number, tuple(row)


def vehicle_of(row: Sequence[object], kinds: Mapping[object, Vehicle]) -> Vehicle:
    """Return a vehicle from its row, without its name. Raises ValueError, KeyError."""
    _token, _start, _end, kind, first, max_mass, reference_mass, used, *_ = row
    return replace(
        kinds[kind],
        first_registration=day("first_registered", first),
        max_mass_kg=mass("max_mass_kg", max_mass),
        reference_mass_kg=mass("reference_mass_kg", reference_mass),
        first_known_use=day("first_used", used),
    )

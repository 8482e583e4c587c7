"""A year of a street in two zones: vehicles, records that come late or are taken back, outages.

The truth is kept here, apart from the code under test: who held a valid record when is known from
the events of the world alone.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.registry.attributes import VEHICLE_FIELDS
from edge.registry.seal import digest_of, seal_of
from tools.registry_writer import RegistryWriter

START = datetime(2028, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=366)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FL, NL = "voorbeeldgem", "utrecht"
ZONES = frozenset({FL, NL})
DIRTY = {"fuel": "diesel", "euro_norm": "4", "first_registration": "2009-06-01"}
PAYING = {"fuel": "diesel", "euro_norm": "5", "first_registration": "2013-06-01"}
CLEAN = {"fuel": "diesel", "euro_norm": "6", "first_registration": "2018-06-01"}
ELECTRIC = {"fuel": "electric", "first_registration": "2024-06-01"}
STABLE = 300
LETTERS = "BDFGHJKLMNPRSTVXZ"


@dataclass(frozen=True)
class Car:
    """A vehicle of the street; `accusable` says that by itself it may not drive here."""

    country: str
    plate: str
    accusable: bool
    row: dict[str, str] = field(compare=False)


@dataclass
class Paper:
    """A record of a register: what it says, when it came there, and when it was taken back."""

    id: str
    car: Car
    kind: str
    scope: str
    valid_from: datetime
    valid_to: datetime
    requested_at: datetime
    known_at: datetime
    revoked_at: datetime | None = None
    erased_at: datetime | None = None

    def row(self, as_of: datetime) -> dict[str, str] | None:
        """Return it as the register holds it at a moment, None when it does not."""
        gone = self.erased_at is not None and self.erased_at <= as_of
        if self.known_at > as_of or gone:
            return None
        revoked = self.revoked_at is not None and self.revoked_at <= as_of
        return {
            "record_id": self.id,
            "source": "year",
            "issuer": "year",
            "country": self.car.country,
            "plate": self.car.plate,
            "type": self.kind,
            "status": "ingetrokken" if revoked else "toegekend",
            "scope": self.scope,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat(),
            "requested_at": self.requested_at.isoformat(),
        }

    def stood(self, since: datetime, until: datetime) -> bool:
        """True when it stood in the register, not taken back, at some time of a span."""
        ends = [end for end in (self.revoked_at, self.erased_at) if end is not None]
        return self.known_at <= until and all(end > max(since, self.known_at) for end in ends)

    def clears(self, zone: str, entry: datetime, until: datetime) -> bool:
        """True when it gave access at an entry, and stood in the register between then and then."""
        own = self.kind.startswith("FL-") == (zone == FL)
        here = self.scope in {"national", zone}
        asked = {"FL-IT-3": 24 * HOUR, "FL-IT-6": 48 * HOUR}.get(self.kind)
        in_time = asked is None or self.requested_at <= entry + asked
        holds = self.valid_from <= entry < self.valid_to
        return own and here and in_time and holds and self.stood(entry, until)


@dataclass
class Town:
    """The world: its cars, and the papers that come and go."""

    chance: random.Random
    cars: list[Car]
    papers: dict[Car, list[Paper]] = field(default_factory=dict)
    count: int = 0

    @classmethod
    def founded(cls, seed: int, cars: int) -> "Town":
        """Return a town with so many cars, one in three of which may not simply drive there."""
        chance = random.Random(seed)
        plates = {(chance.choice(("BE", "NL")), n) for n in range(cars)}
        town = cls(chance, [car_of(chance, country, n) for country, n in sorted(plates)])
        for car in town.cars:
            if chance.random() < 0.25:
                town.long_record(car, START - 30 * DAY)
        return town

    def long_record(self, car: Car, known_at: datetime) -> None:
        """Give a car a record for weeks or months, of any jurisdiction."""
        kind, scope = self.chance.choice(
            (
                ("FL-VR-PRIO", "national"),
                ("FL-IT-1", FL),
                ("FL-IT-4", FL),
                ("NL-ON-HARDHEID", NL),
                ("NL-ON-PARTICULIER", "national"),
                ("NL-ON-HARDHEID", "delft"),
            )
        )
        begins = known_at + self.chance.random() * 60 * DAY
        ends = begins + timedelta(days=self.chance.randint(2, 200))
        self.add(car, kind, scope, (begins, ends), known_at, known_at)

    def after_entry(self, car: Car, zone: str, entry: datetime) -> None:
        """Perhaps the driver asks for a permit afterwards: in time, or too late."""
        if self.chance.random() > 0.35:
            return
        kind = self.chance.choice(("FL-IT-3", "FL-IT-6")) if zone == FL else "NL-ON-DAG"
        latest = {"FL-IT-3": 24 * HOUR, "FL-IT-6": 48 * HOUR}.get(kind)
        day = entry.replace(hour=0, minute=0, second=0, microsecond=0)
        end = entry + latest if latest is not None else day + DAY + 4 * HOUR
        late = self.chance.random() < 0.15
        requested = end + HOUR if late else entry + (end - entry) * self.chance.random() ** 0.3
        known = requested if kind == "FL-IT-6" else requested + HOUR * self.chance.random()
        known = known + 3 * DAY if late else min(known, max(end, requested))
        span = (day - 2 * HOUR, day + DAY + 5 * HOUR)
        self.add(car, kind, zone, span, requested, known)

    def add(
        self,
        car: Car,
        kind: str,
        scope: str,
        span: tuple[datetime, datetime],
        requested: datetime,
        known: datetime,
    ) -> None:
        """Add a paper; some are taken back, some vanish from the register without a trace."""
        self.count += 1
        paper = Paper(f"p{self.count}", car, kind, scope, *span, requested, known)
        fate = self.chance.random()
        if fate < 0.2:
            paper.revoked_at = known + self.chance.random() * 2 * DAY
        elif fate < 0.35:
            # A registry has shown it before: what no registry ever held, nobody can know.
            paper.erased_at = known + (1.05 + self.chance.random()) * DAY
        self.papers.setdefault(car, []).append(paper)

    def cleared(self, car: Car, zone: str, entry: datetime, until: datetime) -> list[Paper]:
        """Return the papers that gave a car access at an entry, at any time until then."""
        return [p for p in self.papers.get(car, ()) if p.clears(zone, entry, until)]

    def registry(self, path: Path, key: bytes, as_of: datetime, share: float = 1.0) -> None:
        """Write the register as it is at a moment; `share` below 1 loses some of the papers."""
        draft = path.with_name("draft.sqlite")
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(draft)) as connection:
            writer = RegistryWriter(connection, key, ZONES | {"delft"})
            for car in self.cars:
                writer.add_vehicle(car.row)
            for row in (*self.rows(as_of), *elsewhere(STABLE)):
                if self.chance.random() < share:
                    writer.add_exemption(row)
            writer.add_canaries()
            writer.finish(f"year-{as_of:%m%dT%H}", as_of, as_of)
        with draft.open("rb") as stream:
            digest = digest_of(stream)
        seal_of(path).write_text(digest)
        draft.replace(path)

    def rows(self, as_of: datetime) -> Iterator[dict[str, str]]:
        """Yield the papers that the register holds at a moment."""
        held = (paper.row(as_of) for papers in self.papers.values() for paper in papers)
        yield from (row for row in held if row is not None)


def car_of(chance: random.Random, country: str, number: int) -> Car:
    """Return a made-up car."""
    kind = chance.choices((DIRTY, PAYING, CLEAN, ELECTRIC), (3, 1, 5, 1))[0]
    letters = "".join(LETTERS[number // 17**power % 17] for power in range(3))
    plate = f"1{letters}{number % 900 + 100}" if country == "BE" else f"{letters}{number % 90:02}V"
    plate = plate if country == "BE" else f"V{number % 900 + 100}{letters[:2]}"
    empty = dict.fromkeys((*VEHICLE_FIELDS, "valid_from", "valid_to"), "")
    row = {
        **empty,
        "country": country,
        "plate": plate,
        "category": "N1",
        "vehicle_kind": "van",
        "max_mass_kg": "3500",
        "reference_mass_kg": "2000",
        "body_codes": "-",
        **kind,
    }
    return Car(country, plate, kind in (DIRTY, PAYING), row)


def elsewhere(count: int) -> Iterator[dict[str, str]]:
    """Yield papers of cars that never come by: a register is not made of one street."""
    for number in range(count):
        yield {
            "record_id": f"e{number}",
            "source": "year",
            "issuer": "year",
            "country": "NL",
            "plate": f"Z{number:03}ZZ",
            "type": "NL-ON-PARTICULIER",
            "status": "toegekend",
            "scope": "national",
            "valid_from": "2025-01-01",
            "valid_to": "",
            "requested_at": "",
        }

"""A registry as large as a country's, of made-up vehicles, for measuring.

Its vehicles are those of the demonstration, again and again, with another engine power, date
and mass each; the rows go in sorted and without a table of text between, for speed alone.
"""

import csv
import random
import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from edge.registry.attributes import vehicle
from edge.registry.schema import VERSION, Row, kind_row
from edge.registry.seal import seal_of, settle
from edge.registry.token import reference, token
from edge.types import Exemption, Vehicle
from tools.build_registry import known_zones
from tools.registry_cells import days
from tools.registry_writer import RegistryWriter

FOLDER = Path("build/bench")
KEY = bytes(range(32))
"""No secret: no plate stands behind these tokens."""
AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
SIGNS = string.digits + string.ascii_uppercase
EVERY, RECORDS = 20, (1, 2, 1)
"""Every how manieth vehicle has records, and how many in turn."""
TYPES = {"BE": ("FL-IT-3", "FL-IT-4", "FL-VR-ADR"), "NL": ("NL-ON-DAG", "NL-ON-PERSOON")}
DEMO = Path(__file__).parent / "demo" / "vehicles.csv"


class Plate(NamedTuple):
    """A made-up plate."""

    country: str
    text: str


def plate(number: int) -> Plate:
    """Return the plate of a number, as long as real ones are."""
    text = ""
    for _ in range(5):
        number, place = divmod(number, len(SIGNS))
        text += SIGNS[place]
    return Plate("BE" if SIGNS.index(text[1]) % 2 else "NL", f"ZZ{text}")


def large_registry(vehicles: int, folder: Path = FOLDER) -> Path:
    """Return a registry of so many vehicles, made once. Raises OSError, sqlite3.Error."""
    out = folder / f"registry-{VERSION}-{vehicles}.sqlite"
    if seal_of(out).exists():
        return out
    folder.mkdir(parents=True, exist_ok=True)
    draft = out.with_suffix(".draft")
    compact = out.with_suffix(".compact")
    for path in (draft, compact):
        path.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as connection:
        writer = RegistryWriter(connection, KEY, known_zones(()))
        writer.put_vehicles(sorted(vehicle_rows(writer, vehicles)))
        for number in range(0, vehicles, EVERY):
            add_records(writer, number)
        writer.add_canaries()
        writer.finish(f"large-{vehicles}", AT, AT)
        writer.compact(compact)
    draft.unlink()
    settle(compact, out)
    return out


def vehicle_rows(writer: RegistryWriter, vehicles: int) -> Iterator[Row]:
    """Yield the rows of the table of vehicles."""
    with DEMO.open(newline="") as stream:
        shown = list(csv.DictReader(stream))
    drawn = random.Random(1)
    known: dict[tuple[int, int], tuple[Vehicle, int]] = {}
    for number in range(vehicles):
        model, kilowatts = drawn.randrange(len(shown)), drawn.randrange(-150, 150)
        if (model, kilowatts) not in known:
            # Half the vehicles keep theirs, which is unknown for nearly all.
            own = {"power_kw": str(kilowatts)} if kilowatts > 0 else {}
            found = vehicle({**shown[model], **own})
            known[model, kilowatts] = found, writer.kind(kind_row(found))
        like, kind = known[model, kilowatts]
        born, mass = days(like.first_registration), drawn.randrange(1500, 12_000)
        if born is not None:
            born -= drawn.randrange(365)
        used = None if born is None else born - drawn.randrange(400)
        name = reference(KEY, str(number))
        token_of = token(KEY, *plate(number))
        yield Row(token_of, 0, None, kind, born, like.max_mass_kg, mass, used, name)


def add_records(writer: RegistryWriter, number: int) -> None:
    """Add the exemption records of one vehicle."""
    owner = plate(number)
    key, types = token(KEY, *owner), TYPES[owner.country]
    for place in range(RECORDS[number // EVERY % len(RECORDS)]):
        record = Exemption(
            record_id=f"{number}-{place}",
            source="bench",
            type=types[(number // EVERY + place) % len(types)],
            status="toegekend",
            scope=None if number % 3 else frozenset({"voorbeeldgem", "utrecht"}),
            valid_from=AT.replace(year=2027),
            valid_to=AT.replace(month=7),
            requested_at=AT.replace(year=2026),
            vehicle_ref=str(number),
        )
        writer.put_exemption(key, record)

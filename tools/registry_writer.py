"""Writes the rows of a registry file: tokens instead of plates, shared kinds stored once."""

import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import MAXYEAR, UTC, date, datetime

from sqlite_utils import Database

from edge.registry.attributes import TIMEZONE, RefusedError, exemption, moment, vehicle
from edge.registry.content import content_of, written
from edge.registry.schema import (
    APPLICATION,
    COUNTED,
    TABLES,
    VERSION,
    KindRow,
    kind_row,
)
from edge.registry.token import key_check, normalised, reference, token
from edge.types import Exemption
from tools.canaries import CANARIES
from tools.registry_rows import refuse_uneven

ZONE_OPTION = "--zone"
COUNTRY = re.compile("[A-Z]{2}")
PLATE = re.compile("[A-Z0-9ÄÖÜ]{1,10}")
GERMAN = re.compile("(?=.{3,11}$)[A-Z0-9ÄÖÜ]+-[A-Z0-9ÄÖÜ]+")
"""Without its hyphen a German key would stand for B-MW 12 and for BM-W 12."""
SPACED = re.compile(r"\w+\s+\w")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPAQUE = {
    "NL-ON-HANDICAP": "NL-ON-PERSOON",
    "NL-VR-ROLSTOEL": "NL-VR-PERSOON",
    "FL-VR-ROLSTOEL": "FL-VR-PERSOON",
}
"""Types that say something of a person's health keep only their effect (CONTRACTS 5)."""


class RegistryWriter:
    """Fills an empty SQLite file with the tables of a registry."""

    def __init__(
        self, connection: sqlite3.Connection, key: bytes, zones: frozenset[str] = frozenset()
    ) -> None:
        """Make the tables; `zones` are the names, in lower case, that a scope may hold."""
        self.connection = connection
        self.database = Database(connection)
        self.key = key
        self.zones = zones
        self.kinds: dict[KindRow, int] = {}
        self.summary: Counter[tuple[str, str]] = Counter()
        self.doubtful: set[int] = set()
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + TABLES)

    def add_vehicle(self, row: Mapping[str, str]) -> None:
        """Add one vehicle and count it. Raises ValueError, OverflowError to refuse it.

        A refused row makes its plate doubtful: an older row of that plate may speak of another
        vehicle, so it may not decide either.
        """
        key = self.key_of(row)
        try:
            refuse_uneven(row)
            category = self.put_vehicle(key, row)
        except (ValueError, OverflowError):
            self.doubtful.add(key)
            raise
        self.summary[row["country"].strip().upper(), category or "unknown"] += 1

    def put_vehicle(self, key: int, row: Mapping[str, str]) -> str | None:
        """Add one vehicle and return its category. Raises ValueError, OverflowError."""
        found = vehicle(row)
        start, end = validity(row)
        values = (
            key,
            start,
            end,
            self.kind(kind_row(found)),
            days(found.first_registration),
            found.max_mass_kg,
            found.reference_mass_kg,
            days(found.first_known_use),
            self.reference(found.ref),
        )
        marks = ", ".join("?" * len(values))
        added = self.connection.execute(f"INSERT OR IGNORE INTO vehicles VALUES ({marks})", values)
        if added.rowcount == 0:
            # Nobody can tell which of the two is right, so neither may decide.
            raise RefusedError("plate", "stands twice with this start; all its rows are left out")
        return found.category

    def add_exemption(self, row: Mapping[str, str]) -> None:
        """Add one record; the same record again changes nothing. Raises ValueError."""
        refuse_uneven(row)
        record = exemption(row)
        if not {name.casefold() for name in record.scope or ()} <= self.zones:
            cause = f"names what is no known zone or municipality; add it with {ZONE_OPTION}"
            raise RefusedError("scope", cause)
        self.put_exemption(self.key_of(row), record)

    def put_exemption(self, key: int, record: Exemption) -> None:
        """Add one record. Raises RefusedError when it contradicts one with its number."""
        values = (key, *columns(record), self.reference(record.vehicle_ref))
        known = self.connection.execute(
            "SELECT * FROM exemptions WHERE token = ? AND record_id = ? AND source = ?", values[:3]
        ).fetchone()
        if known is None:
            marks = ", ".join("?" * len(values))
            self.connection.execute(f"INSERT INTO exemptions VALUES ({marks})", values)
        elif tuple(known) != values:
            raise RefusedError("record_id", "stands twice, with different contents")

    def add_canaries(self) -> None:
        """Add the made-up vehicles whose outcomes are known."""
        for canary in CANARIES:
            country = canary.vehicle["country"]
            key = token(self.key, country, canary.vehicle["plate"])
            self.put_vehicle(key, canary.vehicle)
            if canary.exemption is not None:
                self.put_exemption(key, exemption(canary.exemption))
            at = seconds(datetime.fromisoformat(canary.at))
            values = (
                key,
                country,
                canary.jurisdiction,
                at,
                canary.outcome,
            )
            canaries = self.database.table("canaries")
            canaries.insert(dict(zip(canaries.columns_dict, values, strict=True)))

    def finish(self, name: str, vehicles_as_of: datetime, exemptions_as_of: datetime) -> None:
        """Leave out what is doubtful, state what the file holds, and make it compact."""
        self.connection.executemany(
            "DELETE FROM vehicles WHERE token = ?", ((key,) for key in self.doubtful)
        )
        meta = {
            "id": name,
            "vehicles_as_of": vehicles_as_of.isoformat(),
            "exemptions_as_of": exemptions_as_of.isoformat(),
            "key_check": key_check(self.key),
            "content": written(content_of(self.connection)),
            **{table: self.count(table) for table in COUNTED},
        }
        key_column, value_column = self.database.table("meta").columns_dict
        self.database.table("meta").insert_all(
            {key_column: key, value_column: value} for key, value in meta.items()
        )
        self.connection.execute(f"PRAGMA user_version = {VERSION}")
        self.connection.execute(f"PRAGMA application_id = {APPLICATION}")
        self.connection.commit()
        self.database.vacuum()

    def count(self, table: str) -> str:
        """Return the number of rows of a table."""
        return str(self.database.table(table).count)

    def kind(self, row: KindRow) -> int:
        """Return the number of a kind, which is stored the first time it is met."""
        if row not in self.kinds:
            self.kinds[row] = number = len(self.kinds) + 1
            marks = ", ".join("?" * (1 + len(row)))
            self.connection.execute(f"INSERT INTO kinds VALUES ({marks})", (number, *row))
        return self.kinds[row]

    def reference(self, name: str | None) -> int | None:
        """Return what the file holds of the name of a vehicle."""
        return None if name is None else reference(self.key, name)

    def key_of(self, row: Mapping[str, str | None]) -> int:
        """Return the token of a row. Raises RefusedError when it names no plate."""
        country, plate = (row["country"] or "").strip().upper(), row["plate"] or ""
        if not COUNTRY.fullmatch(country):
            raise RefusedError("country", "is not an ISO 3166 alpha-2 code")
        if not well_formed(country, plate):
            raise RefusedError("plate", "is empty, or not written as its country writes plates")
        return token(self.key, country, plate)


def well_formed(country: str, plate: str) -> bool:
    """True for a plate whose key a camera may read."""
    key = normalised(country, plate)
    if country != "DE":
        return PLATE.fullmatch(key) is not None
    # B MW-12 has its hyphen elsewhere: its key would be that of a district BMW.
    parted = SPACED.match(plate.strip()) is not None
    return GERMAN.fullmatch(key) is not None and not parted


def columns(record: Exemption) -> tuple[object, ...]:
    """Return a record as the columns between its token and its vehicle."""
    ends = None if record.valid_to is None else seconds(record.valid_to)
    asked = None if record.requested_at is None else seconds(record.requested_at)
    return (
        record.record_id,
        record.source,
        OPAQUE.get(record.type, record.type),
        record.status,
        None if record.scope is None else "+".join(sorted(record.scope)),
        seconds(record.valid_from),
        ends,
        asked,
    )


def validity(row: Mapping[str, str]) -> tuple[int, int | None]:
    """Return when a plate belongs to this vehicle; empty is always. Raises ValueError."""
    start, end = row["valid_from"].strip(), row["valid_to"].strip()
    since = seconds(moment("valid_from", start, TIMEZONE)) if start else 0
    # The year 9999 is how tables write "no end".
    ends = bool(end) and not end.startswith(str(MAXYEAR))
    until = seconds(moment("valid_to", end, TIMEZONE)) if ends else None
    if until is not None and until <= since:
        raise RefusedError("valid_to", "does not lie after valid_from")
    return since, until


def days(at: date | None) -> int | None:
    """Return a date as days since 1970, None for an unknown one."""
    return None if at is None else (at - EPOCH.date()).days


def seconds(at: datetime) -> int:
    """Return a moment as whole seconds since 1970."""
    return int((at - EPOCH).total_seconds())

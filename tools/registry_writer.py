"""Writes the rows of a registry file: tokens instead of plates, shared kinds stored once."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlite_utils import Database

from edge.access.calendar import moment_of
from edge.registry.attributes import TIMEZONE, exemption, vehicle
from edge.registry.schema import (
    APPLICATION,
    COUNTED,
    TABLES,
    VERSION,
    KindRow,
    kind_row,
)
from edge.registry.token import key_check, token
from edge.types import Exemption
from tools.canaries import CANARIES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPAQUE = {
    "NL-ON-HANDICAP": "NL-ON-PERSOON",
    "NL-VR-ROLSTOEL": "NL-VR-PERSOON",
    "FL-VR-ROLSTOEL": "FL-VR-PERSOON",
}
"""Types that say something of a person's health keep only their effect (CONTRACTS 5)."""


class RegistryWriter:
    """Fills an empty SQLite file with the tables of a registry."""

    def __init__(self, connection: sqlite3.Connection, key: bytes) -> None:
        self.connection = connection
        self.database = Database(connection)
        self.key = key
        self.kinds: dict[KindRow, int] = {}
        self.summary: Counter[tuple[str, str]] = Counter()
        self.doubled: set[int] = set()
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + TABLES)

    def add_vehicle(self, row: Mapping[str, str]) -> None:
        """Add one vehicle and count it. Raises ValueError with the reason to refuse it."""
        self.summary[row["country"], self.put_vehicle(row) or "unknown"] += 1

    def put_vehicle(self, row: Mapping[str, str]) -> str | None:
        """Add one vehicle and return its category. Raises ValueError."""
        found = vehicle(row)
        start, end = validity(row)
        key = self.token_of(row)
        first = found.first_registration
        values = (
            key,
            start,
            end,
            self.kind(kind_row(found)),
            None if first is None else (first - EPOCH.date()).days,
            found.max_mass_kg,
            found.reference_mass_kg,
        )
        added = self.connection.execute(
            "INSERT OR IGNORE INTO vehicles VALUES (?, ?, ?, ?, ?, ?, ?)", values
        )
        if added.rowcount == 0:
            # Nobody can tell which of the two is right, so neither may decide.
            self.doubled.add(key)
            raise ValueError("this plate and start stand twice; both rows are left out")
        return found.category

    def add_exemption(self, row: Mapping[str, str]) -> None:
        """Add one record; the same record again changes nothing. Raises ValueError."""
        values = (self.token_of(row), *columns(exemption(row)))
        key = (values[0], values[1], values[2])
        known = self.connection.execute(
            "SELECT * FROM exemptions WHERE token = ? AND record_id = ? AND source = ?", key
        ).fetchone()
        if known is None:
            marks = ", ".join("?" * len(values))
            self.connection.execute(f"INSERT INTO exemptions VALUES ({marks})", values)
        elif tuple(known) != values:
            raise ValueError("this record stands twice, with different contents")

    def add_canaries(self) -> None:
        """Add the made-up vehicles whose outcomes are known."""
        for canary in CANARIES:
            self.put_vehicle(canary.vehicle)
            if canary.exemption is not None:
                self.add_exemption(canary.exemption)
            at = seconds(datetime.fromisoformat(canary.at))
            values = (
                self.token_of(canary.vehicle),
                canary.vehicle["country"],
                canary.jurisdiction,
                at,
                canary.outcome,
            )
            canaries = self.database.table("canaries")
            canaries.insert(dict(zip(canaries.columns_dict, values, strict=True)))

    def finish(self, name: str, vehicles_as_of: datetime, exemptions_as_of: datetime) -> None:
        """Leave out what is doubtful, state what the file holds, and make it compact."""
        self.connection.executemany(
            "DELETE FROM vehicles WHERE token = ?", ((key,) for key in self.doubled)
        )
        meta = {
            "id": name,
            "vehicles_as_of": vehicles_as_of.isoformat(),
            "exemptions_as_of": exemptions_as_of.isoformat(),
            "key_check": key_check(self.key),
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

    def token_of(self, row: Mapping[str, str]) -> int:
        """Return the token of a row. Raises ValueError when it names no plate."""
        country, plate = row["country"].strip(), row["plate"].strip()
        if len(country) != 2 or not country.isalpha():
            raise ValueError("country is not an ISO 3166 alpha-2 code")
        if not plate:
            raise ValueError("plate is empty")
        return token(self.key, country, plate)


def columns(record: Exemption) -> tuple[object, ...]:
    """Return a record as the columns after the token."""
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
    since = seconds(moment_of(start, TIMEZONE)) if start else 0
    until = seconds(moment_of(end, TIMEZONE)) if end else None
    if until is not None and until <= since:
        raise ValueError("valid_to does not lie after valid_from")
    return since, until


def seconds(moment: datetime) -> int:
    """Return a moment as whole seconds since 1970."""
    return int((moment - EPOCH).total_seconds())

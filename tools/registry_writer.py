"""Writes the rows of a registry file: shared kinds stored once, and the digest of its content."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from edge.registry.attributes import exemption
from edge.registry.content import (
    canary_digest,
    exemption_digest,
    kind_text,
    vehicle_digest,
    written,
)
from edge.registry.schema import (
    APPLICATION,
    COLUMNS,
    COUNTED,
    TABLES,
    VERSION,
    KindRow,
    Row,
    is_plain,
)
from edge.registry.token import key_check, token
from edge.types import Exemption
from tools.canaries import CANARIES
from tools.registry_cells import (
    VehicleCells,
    exemption_cells,
    key_of,
    record_cells,
    seconds,
    vehicle_cells,
)
from tools.registry_join import Part

STATEMENTS = {
    table: f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"
    for table, columns in COLUMNS.items()
}


class RegistryWriter:
    """Fills an empty SQLite file with the tables of a registry."""

    def __init__(
        self, connection: sqlite3.Connection, key: bytes, zones: frozenset[str] = frozenset()
    ) -> None:
        """Make the tables; `zones` are the names, in lower case, that a scope may hold."""
        self.connection = connection
        self.key = key
        self.zones = zones
        self.kinds: dict[KindRow, int] = {}
        self.texts: dict[object, bytes] = {}
        self.summary: Counter[tuple[str, KindRow]] = Counter()
        self.counts: dict[str, int] = {}
        self.content = 0
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + TABLES)

    def add_part(self, part: Part) -> None:
        """Add one part, in the order of parts: what comes sorted is written once."""
        for (country, kind), vehicles in part.summary.most_common():
            # The commonest kinds of the first part get the smallest numbers: one byte each.
            self.kind(part.kinds[kind])
            self.summary[country, part.kinds[kind]] += vehicles
        numbers = [self.kinds[kind] for kind in part.kinds]
        self.insert("vehicles", ((*row[:3], numbers[row[3]], *row[4:]) for row in part.vehicles))
        self.insert("plain", ((key, numbers[kind], born) for key, kind, born in part.plain))
        self.insert("exemptions", part.exemptions)
        self.content += part.content

    def add_vehicle(self, row: Mapping[str, str]) -> None:
        """Add one vehicle from its row of attributes. Raises ValueError, OverflowError."""
        self.put_vehicle(key_of(self.key, row), vehicle_cells(self.key, row))

    def put_vehicle(self, key: int, cells: VehicleCells) -> None:
        """Add one vehicle."""
        row = Row(key, cells[0], cells[1], self.kind(cells.kind), *cells[3:])
        if is_plain(row):
            self.insert("plain", [(key, row.kind, row.first_registered)])
        else:
            self.insert("vehicles", [row])
        self.counted(row)

    def put_vehicles(self, rows: Iterable[Row]) -> None:
        """Add vehicles of which more is known than `plain` holds; sorted is fastest."""
        self.insert("vehicles", map(self.counted, rows))

    def counted(self, row: Row) -> Row:
        """Return a row of `vehicles`, whose digest is now in the content."""
        self.content += vehicle_digest(row, self.texts)
        return row

    def add_exemption(self, row: Mapping[str, str]) -> None:
        """Add one record from its row. Raises ValueError, OverflowError."""
        key, cells = exemption_cells(self.key, self.zones, row)
        self.put_record((key, *cells))

    def put_exemption(self, key: int, record: Exemption) -> None:
        """Add one record."""
        self.put_record((key, *record_cells(self.key, record)))

    def put_record(self, row: tuple[int | str | None, ...]) -> None:
        """Add one row of exemptions."""
        self.insert("exemptions", [row])
        self.content += exemption_digest(row)

    def add_canaries(self) -> None:
        """Add the made-up vehicles whose outcomes are known."""
        for canary in CANARIES:
            country = canary.vehicle["country"]
            key = token(self.key, country, canary.vehicle["plate"])
            self.put_vehicle(key, vehicle_cells(self.key, canary.vehicle))
            if canary.exemption is not None:
                self.put_exemption(key, exemption(canary.exemption))
            at = seconds(datetime.fromisoformat(canary.at))
            row = (key, country, canary.jurisdiction, at, canary.outcome)
            self.insert("canaries", [row])
            self.content += canary_digest(row)

    def finish(self, name: str, vehicles_as_of: datetime, exemptions_as_of: datetime) -> None:
        """State what the file holds."""
        self.counts = {table: self.count(table) for table in COUNTED}
        meta = {
            "id": name,
            "vehicles_as_of": vehicles_as_of.isoformat(),
            "exemptions_as_of": exemptions_as_of.isoformat(),
            "key_check": key_check(self.key),
            "content": written(self.content),
            **{table: str(rows) for table, rows in self.counts.items()},
        }
        self.insert("meta", sorted(meta.items()))
        self.connection.execute(f"PRAGMA user_version = {VERSION}")
        self.connection.execute(f"PRAGMA application_id = {APPLICATION}")
        self.connection.commit()

    def compact(self, out: Path) -> None:
        """Write the finished file anew, without room between its rows. Raises sqlite3.Error."""
        self.connection.execute("VACUUM INTO ?", (str(out),))

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return int(Database(self.connection).table(table).count)

    def kind(self, row: KindRow) -> int:
        """Return the number of a kind, which is stored the first time it is met."""
        if row not in self.kinds:
            self.kinds[row] = number = len(self.kinds) + 1
            self.texts[number] = kind_text(row)
            self.insert("kinds", [(number, *row)])
        return self.kinds[row]

    def insert(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Add rows to a table. Raises sqlite3.Error for a key that is there."""
        self.connection.executemany(STATEMENTS[table], rows)

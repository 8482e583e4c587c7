"""The registry file: SQLite, keyed by token, without a single plate (CONTRACTS 5).

What many vehicles share (category, fuels, norm, body codes...) is stored once, in `kinds`;
a vehicle's own row holds its token, its validity (seconds UTC, 0 is always), the number of
its kind, its first registration and first known use (days since 1970) and its masses. `ref`
and `vehicle_ref` are keyed hashes: they tell vehicles on one plate apart, and name none. `meta`
states what the file is, down to the digest of its content (content.py).

Of nine vehicles in ten nothing is known but kind and first registration: they lie in `plain`,
which takes half the room. `every_vehicle` shows both tables as one; where a row lies says nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple

from edge.types import BodyCode, Vehicle, VehicleKind

VERSION = 3
APPLICATION = 0x414E5052
"""ANPR, as the application id of the file."""

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY, category TEXT, kind TEXT, fuels TEXT, hybrid_class TEXT,
    zero_emission INTEGER, euro INTEGER, stage TEXT, power_kw REAL, body_codes TEXT,
    eev INTEGER NOT NULL
);
CREATE TABLE vehicles (
    token INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER,
    kind INTEGER NOT NULL, first_registered INTEGER, max_mass_kg INTEGER,
    reference_mass_kg INTEGER, first_used INTEGER, ref INTEGER, PRIMARY KEY (token, valid_from)
) WITHOUT ROWID;
CREATE TABLE plain (
    token INTEGER NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, first_registered INTEGER
) WITHOUT ROWID;
CREATE VIEW every_vehicle AS
    SELECT * FROM vehicles UNION ALL
    SELECT token, 0, NULL, kind, first_registered, NULL, NULL, NULL, NULL FROM plain;
CREATE TABLE exemptions (
    token INTEGER NOT NULL, record_id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL,
    status TEXT NOT NULL, scope TEXT, valid_from INTEGER NOT NULL, valid_to INTEGER,
    requested_at INTEGER, vehicle_ref INTEGER, PRIMARY KEY (token, record_id, source)
) WITHOUT ROWID;
CREATE TABLE canaries (
    token INTEGER PRIMARY KEY, country TEXT NOT NULL, jurisdiction TEXT NOT NULL,
    at INTEGER NOT NULL, outcome TEXT NOT NULL
);
"""
COLUMNS = {
    "meta": {"name", "value"},
    "kinds": {
        *("id", "category", "kind", "fuels", "hybrid_class", "zero_emission", "euro"),
        *("stage", "power_kw", "body_codes", "eev"),
    },
    "vehicles": {
        *("token", "valid_from", "valid_to", "kind", "first_registered"),
        *("max_mass_kg", "reference_mass_kg", "first_used", "ref"),
    },
    "plain": {"token", "kind", "first_registered"},
    "every_vehicle": {
        *("token", "valid_from", "valid_to", "kind", "first_registered"),
        *("max_mass_kg", "reference_mass_kg", "first_used", "ref"),
    },
    "exemptions": {
        *("token", "record_id", "source", "type", "status", "scope"),
        *("valid_from", "valid_to", "requested_at", "vehicle_ref"),
    },
    "canaries": {"token", "country", "jurisdiction", "at", "outcome"},
}
TRUTH = {0: False, 1: True}
COUNTED = ("kinds", "vehicles", "plain", "exemptions", "canaries")
SCOPES = {"full": False, "listed": True}
"""What `scope` of `meta` may say, and whether only vehicles that a rule could refuse are held;
where it is not stated the registry is full."""
META = ("id", "vehicles_as_of", "exemptions_as_of", "key_check", "content", *COUNTED)

KindRow = tuple[
    str | None,
    str | None,
    str | None,
    str | None,
    int | None,
    int | None,
    str | None,
    float | None,
    str | None,
    int,
]


class Canary(NamedTuple):
    """A made-up vehicle whose outcome is known: another answer means a broken registry."""

    token: int
    country: str
    jurisdiction: str
    at: int
    outcome: str


class Row(NamedTuple):
    """A vehicle as it lies in the file; `kind` is the number of its kind."""

    token: int
    valid_from: int
    valid_to: int | None
    kind: int
    first_registered: int | None
    max_mass_kg: int | None
    reference_mass_kg: int | None
    first_used: int | None
    ref: int | None


PLAIN = (0, None, None, None, None, None)
"""What a row of `plain` says without a column: always, and the rest unknown."""


def is_plain(row: Row | tuple[int | None, ...]) -> bool:
    """True for a row of `vehicles` that belongs into `plain`: it says no more."""
    return (*row[1:3], *row[5:]) == PLAIN


def kind_row(vehicle: Vehicle) -> KindRow:
    """Return what a vehicle shares with others, as columns of `kinds` after the id."""
    return (
        vehicle.category,
        None if vehicle.kind is None else vehicle.kind.value,
        joined("+", vehicle.fuels),
        vehicle.hybrid_class,
        None if vehicle.zero_emission is None else int(vehicle.zero_emission),
        vehicle.euro,
        vehicle.stage,
        vehicle.power_kw,
        None if vehicle.body_codes is None else joined(" ", map(":".join, vehicle.body_codes)),
        int(vehicle.eev),
    )


def kind_of(row: KindRow) -> Vehicle:
    """Return the shared part of a vehicle from the columns of `kinds` after the id.

    Raises ValueError, KeyError, AttributeError, TypeError for cells that it did not write.
    """
    category, kind, fuels, hybrid, free, euro, stage, power, codes, eev = row
    return Vehicle(
        category=category,
        kind=None if kind is None else VehicleKind(kind),
        fuels=None if fuels is None else frozenset(fuels.split("+")),
        hybrid_class=hybrid,
        zero_emission=None if free is None else TRUTH[free],
        euro=euro,
        stage=stage,
        power_kw=power,
        body_codes=None if codes is None else frozenset(map(code_of, codes.split())),
        eev=TRUTH[eev],
    )


def code_of(text: str) -> BodyCode:
    """Read "system:code"."""
    system, _, code = text.partition(":")
    return BodyCode(system, code)


def joined(separator: str, words: Iterable[str] | None) -> str | None:
    """Return words as one text in a fixed order, None for unknown."""
    return None if words is None else separator.join(sorted(words))

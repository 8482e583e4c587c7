"""The delta file: the rows by which a newer registry differs from an older one, in SQLite.

It holds the tables of a registry with the rows to put, one table a kind of row with the keys to
take away, and `base`, the registry it was made for. Its `meta` is that of its target, but for
the number of kinds: kinds go by what they say and never by number, for a box that came by
deltas numbers them otherwise than one that took the full file.
"""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from edge.errors import RegistryError
from edge.registry.content import WRITTEN
from edge.registry.schema import META, TABLES, VERSION
from edge.registry.wholeness import has_tables

APPLICATION = 0x414E5044
"""ANPD, as the application id of a delta."""
KEYS = {
    "vehicles": ("token", "valid_from"),
    "plain": ("token",),
    "exemptions": ("token", "record_id", "source"),
    "canaries": ("token",),
}
DELTA_TABLES = f"""{TABLES}
CREATE TABLE base (content TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE gone_vehicles (
    token INTEGER NOT NULL, valid_from INTEGER NOT NULL, PRIMARY KEY (token, valid_from)
) WITHOUT ROWID;
CREATE TABLE gone_plain (token INTEGER PRIMARY KEY);
CREATE TABLE gone_exemptions (
    token INTEGER NOT NULL, record_id TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (token, record_id, source)
) WITHOUT ROWID;
CREATE TABLE gone_canaries (token INTEGER PRIMARY KEY);
"""
FETCH_FULL = "Fetch the full registry; the one in force stays."
STATED = tuple(name for name in META if name != "kinds")
SEALED = "mode=ro&immutable=1"


class Aim(NamedTuple):
    """Which registry a delta was made for, and what its target states of itself."""

    base: str
    base_id: str
    meta: dict[str, str]


def open_reading(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes to; nothing in it can be run. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{SEALED}", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def aim_of(delta: sqlite3.Connection) -> Aim:
    """Return what a delta is made for, once it is whole. Raises RegistryError, sqlite3.Error."""
    application = delta.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION:
        raise RegistryError("The file is no delta of a registry.", FETCH_FULL)
    version = delta.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        cause = f"The delta is for registries of schema {version}, this software reads {VERSION}."
        raise RegistryError(cause, "Update the software, or fetch the full registry.")
    if not has_tables(delta, DELTA_TABLES):
        raise RegistryError("The delta holds other tables than make_delta writes.", FETCH_FULL)
    damage = delta.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise RegistryError(f"The delta is damaged ({damage}).", FETCH_FULL)
    return _stated(delta)


def _stated(delta: sqlite3.Connection) -> Aim:
    bases = delta.execute("SELECT content, id FROM base LIMIT 2").fetchall()
    meta = dict(delta.execute("SELECT name, value FROM meta"))
    if len(bases) != 1:
        raise RegistryError("The delta does not name one registry it is made for.", FETCH_FULL)
    if missing := sorted(set(STATED) - meta.keys()):
        raise RegistryError(f"The delta does not state {', '.join(missing)}.", FETCH_FULL)
    if not WRITTEN.fullmatch(meta["content"]):
        raise RegistryError("The delta states no digest of its target.", FETCH_FULL)
    base, base_id = bases[0]
    return Aim(base, base_id, meta)

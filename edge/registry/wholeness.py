"""Is a registry file whole? Schema, damage, key and row counts, before anyone asks it."""

import sqlite3
from contextlib import closing

from edge.errors import RegistryError
from edge.registry.schema import COLUMNS, COUNTED, META, TABLES, VERSION
from edge.registry.token import key_check

FETCH_AGAIN = "Fetch the registry again; until then every decision is a review."


def checked(connection: sqlite3.Connection, key: bytes) -> dict[str, str]:
    """Return the meta table of a file that is whole and made with this key.

    Raises RegistryError, sqlite3.Error.
    """
    meta = whole(connection)
    if meta["key_check"] != key_check(key):
        # With another key every plate would be "not found", and nobody would know why.
        cause = "The registry was made with another token key."
        raise RegistryError(cause, "Give the box the key that its registry was built with.")
    return meta


def whole(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the meta table of a file that is whole. Raises RegistryError, sqlite3.Error."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        cause = f"The registry has schema {version}, this software reads {VERSION}."
        raise RegistryError(cause, "Update the software, or build the registry again.")
    check_columns(connection)
    if not has_tables(connection, TABLES):
        # A view in the place of a table may count for ever, and the sync would hang on it.
        raise RegistryError("The file holds other tables than a registry.", FETCH_AGAIN)
    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise RegistryError(f"The registry is damaged ({damage}).", FETCH_AGAIN)
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    if missing := sorted(set(META) - meta.keys()):
        raise RegistryError(f"The registry does not state {', '.join(missing)}.", FETCH_AGAIN)
    check_counts(connection, meta)
    check_exemptions(connection)
    return meta


def check_columns(connection: sqlite3.Connection) -> None:
    """Raise RegistryError unless every table has its columns."""
    for table, columns in COLUMNS.items():
        found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if missing := sorted(columns - found):
            cause = f"The registry table {table} lacks {', '.join(missing)}."
            raise RegistryError(cause, FETCH_AGAIN)


def has_tables(connection: sqlite3.Connection, tables: str) -> bool:
    """True when a file holds exactly what these statements make, and nothing that could run."""
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(tables)
        return _schema(connection) == _schema(model)


def _schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))


def check_counts(connection: sqlite3.Connection, meta: dict[str, str]) -> None:
    """Raise RegistryError when a table does not hold as many rows as it was built with."""
    for table in COUNTED:
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if str(rows) != meta[table]:
            cause = f"The registry holds {rows} {table}, it was built with {meta[table]}."
            raise RegistryError(cause, FETCH_AGAIN)


def check_exemptions(connection: sqlite3.Connection) -> None:
    """Raise RegistryError when only canaries are exempt: their table was lost at the source."""
    real = "SELECT 1 FROM exemptions WHERE token NOT IN (SELECT token FROM canaries) LIMIT 1"
    if connection.execute(real).fetchone() is None:
        raise RegistryError("The registry holds no exemption but made-up ones.", FETCH_AGAIN)

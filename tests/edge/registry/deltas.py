"""Registries that differ, for tests of deltas."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.registry.content import content_of, written
from edge.registry.schema import COUNTED
from edge.registry.token import token
from tests.edge.registry.test_cache import copied, resealed
from tests.tools.registry_orders import KEY

VAN = token(KEY, "NL", "VDS41K")
CHANGES = (
    f"UPDATE exemptions SET status = 'ingetrokken' WHERE token = {VAN}",
    f"UPDATE vehicles SET valid_to = 1900000000 WHERE token = {VAN}",
    "INSERT INTO kinds SELECT 900, category, kind, fuels, hybrid_class, zero_emission, euro, "
    "stage, 123.5, body_codes, eev FROM kinds WHERE id = 1",
    f"INSERT INTO vehicles VALUES ({VAN}, 1900000000, NULL, 900, 17000, 2000, 1500, NULL, 7)",
    "INSERT INTO plain VALUES (11, 900, 17000)",
    "DELETE FROM vehicles WHERE token = (SELECT max(token) FROM vehicles)",
    "DELETE FROM exemptions WHERE token = "
    f"(SELECT min(token) FROM exemptions WHERE token <> {VAN})",
    "DELETE FROM canaries WHERE token = (SELECT min(token) FROM canaries)",
    "UPDATE canaries SET at = at + 1 WHERE token = (SELECT max(token) FROM canaries)",
    "UPDATE meta SET value = 'demo-2' WHERE name = 'id'",
    "UPDATE meta SET value = '2028-06-02T05:00:00+00:00' WHERE name = 'exemptions_as_of'",
)
"""A record withdrawn, a plate that moved to a vehicle of a new kind, rows and canaries gone."""
RENUMBERED = (
    "UPDATE vehicles SET kind = kind + 5000",
    "UPDATE plain SET kind = kind + 5000",
    "UPDATE kinds SET id = id + 5000",
)


def changed(source: Path, to: Path, statements: Sequence[str] = CHANGES) -> Path:
    """Return a copy of a registry with other rows, stated and sealed as a builder would."""
    copied(source, to)
    with closing(sqlite3.connect(to)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
        restate(connection)
    resealed(to)
    return to


def restate(connection: sqlite3.Connection) -> None:
    """State the rows that a registry holds now."""
    facts = {"content": written(content_of(connection))}
    for table in COUNTED:
        facts[table] = str(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    connection.executemany(
        "UPDATE meta SET value = ? WHERE name = ?", [(value, name) for name, value in facts.items()]
    )


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of a registry with its kind spelled out, and what it states of itself."""
    spelled = "SELECT v.token, v.valid_from, v.valid_to, first_registered, max_mass_kg, "
    spelled += "reference_mass_kg, first_used, ref, k.category, k.kind, fuels, hybrid_class, "
    spelled += "zero_emission, euro, stage, power_kw, body_codes, eev "
    spelled += "FROM every_vehicle v JOIN kinds k ON k.id = v.kind ORDER BY 1, 2"
    queries = {
        "vehicles": spelled,
        "exemptions": "SELECT * FROM exemptions ORDER BY 1, 2, 3",
        "canaries": "SELECT * FROM canaries ORDER BY 1",
        "meta": "SELECT * FROM meta WHERE name <> 'kinds' ORDER BY 1",
    }
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}

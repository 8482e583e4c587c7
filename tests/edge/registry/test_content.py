"""The digest of a registry's content: of its rows alone, and of every cell of them."""

import sqlite3
from pathlib import Path

import pytest

from edge.registry.content import (
    MODULUS,
    content_of,
    exemption_digest,
    kinds_of,
    vehicle_digest,
    written,
)
from edge.registry.schema import COLUMNS, TABLES
from tests.tools.registry_orders import registry


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return registry(tmp_path_factory.mktemp("content"))


@pytest.fixture
def rows(built):
    """The registry in memory, where a test may write to it."""
    source, copy = sqlite3.connect(built), sqlite3.connect(":memory:")
    source.backup(copy)
    source.close()
    yield copy
    copy.close()


def test_other_numbers_of_kinds_and_another_order_of_rows_give_the_same_content(rows) -> None:
    turned = sqlite3.connect(":memory:")
    turned.executescript(TABLES)
    turned.executemany(
        f"INSERT INTO kinds VALUES ({', '.join('?' * 11)})",
        [(number + 100, *kind) for number, *kind in rows.execute("SELECT * FROM kinds")],
    )
    for table, place in (("vehicles", 3), ("plain", 1), ("exemptions", None), ("canaries", None)):
        found = rows.execute(f"SELECT * FROM {table}").fetchall()
        if place is not None:
            found = [(*row[:place], row[place] + 100, *row[place + 1 :]) for row in found]
        marks = ", ".join("?" * len(found[0]))
        turned.executemany(f"INSERT INTO {table} VALUES ({marks})", reversed(found))
    assert content_of(turned) == content_of(rows)
    turned.close()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table in ("kinds", "vehicles", "plain", "exemptions", "canaries")
        for column in sorted(COLUMNS[table])
        if (table, column) not in {("kinds", "id"), ("vehicles", "kind"), ("plain", "kind")}
    ],
)
def test_another_cell_anywhere_gives_another_content(rows, table, column) -> None:
    before = content_of(rows)
    one = "id = 1" if table == "kinds" else f"token = (SELECT min(token) FROM {table})"
    rows.execute(f"UPDATE {table} SET {column} = '77' WHERE {one}")
    assert content_of(rows) != before


def test_what_a_row_added_can_be_taken_away_again(rows) -> None:
    before = content_of(rows)
    row = rows.execute("SELECT * FROM vehicles").fetchone()
    record = rows.execute("SELECT * FROM exemptions").fetchone()
    gone = vehicle_digest(row, kinds_of(rows)) + exemption_digest(record)
    rows.execute("DELETE FROM vehicles WHERE token = ? AND valid_from = ?", row[:2])
    rows.execute("DELETE FROM exemptions WHERE token = ? AND record_id = ?", record[:2])
    assert (before - gone) % MODULUS == content_of(rows)


def test_a_sum_is_written_as_64_digits() -> None:
    assert written(-1) == "f" * 64
    assert written(1) == "0" * 63 + "1"

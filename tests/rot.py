"""Bit rot in a casebook, as a disk makes it: a cell changes, whatever its table would allow."""

import sqlite3
from contextlib import closing
from pathlib import Path

LOOSE = {
    "held": "CREATE TABLE held (epoch, seq, about, sealed, PRIMARY KEY (epoch, seq))",
    "days": "CREATE TABLE days (zone, day, token, n, PRIMARY KEY (zone, day, token))",
    "hours": (
        "CREATE TABLE hours (zone, hour, figure, value, n, PRIMARY KEY (zone, hour, figure, value))"
    ),
    "book": "CREATE TABLE book (one INTEGER PRIMARY KEY, box, kind, epoch, seq, sha256, sealed)",
    "orders": "CREATE TABLE orders (rests_on PRIMARY KEY, reason, given_at)",
}


def rot(path: Path, table: str, column: str, value: object, row: int = 1) -> None:
    """Put any value of any type into a cell of a row; what the table forbids is not asked."""
    _write(path, table, f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))


def rot_text(path: Path, column: str, value: bytes, row: int = 1) -> None:
    """Put a text into a cell of a candidate; it need not be UTF-8."""
    query = f"UPDATE held SET {column} = CAST(? AS TEXT) WHERE rowid = ?"
    _write(path, "held", query, (value, row))


def cell(path: Path, column: str, row: int = 1, table: str = "held") -> bytes:
    """Return the bytes that stand in a cell, of a candidate unless another table is named."""
    with closing(sqlite3.connect(path)) as db:
        query = f"SELECT CAST({column} AS BLOB) FROM {table} WHERE rowid = ?"
        return bytes(db.execute(query, (row,)).fetchone()[0])


def rot_file(path: Path, around: bytes, at: int, value: int) -> None:
    """Change one byte of the file itself, so many bytes after where a text of it begins."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = bytearray(path.read_bytes())
    found = raw.index(around)
    raw[found + at] = value
    path.write_bytes(raw)


def _write(path: Path, table: str, statement: str, values: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(path)) as db:
        (strict,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    _schema(path, table, LOOSE[table])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement, values)
    _schema(path, table, strict)


def _schema(path: Path, table: str, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, table))

"""What the platform holds, and when each record was stored, by the database's own word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tools.receive.accounts import Account, accounts
from tools.receive.database import Database, open_database
from tools.receive.schema import NAMES

Key: TypeAlias = tuple[str, int, int, str]
"""Box, epoch, seq and hash: one record."""


class Kept(NamedTuple):
    """A record of a proven chain, and when its transaction was durable (seconds since 1970)."""

    key: Key
    at: float


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is there: proven records, hashes that wait or are forks, how each box stands."""

    records: tuple[Kept, ...]
    beside: frozenset[Key]
    accounts: Mapping[str, Account]


@dataclass(frozen=True, slots=True)
class Weight:
    """How many records there are at a moment, how large the tables, how much log was written."""

    records: int
    tables: int
    log: int


def stored(address: str) -> Stored:
    """Read it. Raises StoreError."""
    db = open_database(address)
    try:
        rows = db.query(
            "SELECT box, epoch, seq, sha256, extract(epoch FROM pg_xact_commit_timestamp(xmin))"
            " FROM records"
        )
        records = tuple(Kept((b, e, s, h), float(at)) for b, e, s, h, at in rows)
        beside: set[Key] = set()
        for table in ("waiting", "forks"):
            beside |= {*db.query(f"SELECT box, epoch, seq, sha256 FROM {table}")}
        return Stored(records, frozenset(beside), {one.box: one for one in accounts(db)})
    finally:
        db.close()


def weight(address: str) -> Weight:
    """Weigh it. Raises StoreError."""
    db = open_database(address)
    try:
        ((log,),) = db.query("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        ((records,),) = db.query("SELECT count(*) FROM records")
        return Weight(int(records), sum(_size(db, name) for name in NAMES), int(log))
    finally:
        db.close()


def _size(db: Database, table: str) -> int:
    ((size,),) = db.query("SELECT pg_total_relation_size(?::regclass)", (table,))
    return int(size)

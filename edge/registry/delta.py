"""Brings a registry to its next version: a delta applied to a copy, proven, then put in place.

The sum that names the content is followed row by row: what a delta takes away or replaces goes
out of it, what it puts comes in, and it must end as the target's (content.py).
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from edge.errors import RegistryError
from edge.registry.cache import UNREADABLE, snapshot_of
from edge.registry.content import (
    canary_digest,
    exemption_digest,
    kind_text,
    kinds_of,
    vehicle_digest,
    written,
)
from edge.registry.deltafile import FETCH_FULL, KEYS, Aim, aim_of, open_reading
from edge.registry.schema import TABLES, VERSION
from edge.registry.seal import copy_proven, settle
from edge.registry.wholeness import has_tables, whole

NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
OURS_ALONE = """
PRAGMA trusted_schema = OFF;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16384;
"""
"""The copy is thrown away unless it comes out whole, so nothing is ever rolled back in it."""
Digest = Callable[[Sequence[object]], int]
REST: dict[str, Digest] = {"exemptions": exemption_digest, "canaries": canary_digest}
KIND_PLACES = {"vehicles": 3, "plain": 1}
"""Where the number of its kind stands in a row of a table."""


def apply_delta(base: Path, delta: Path, out: Path) -> None:
    """Write the registry that a delta leads to, with its seal; `out` is whole or not there.

    Raises RegistryError for a base that is not the one sealed, a delta that was made for another
    one, is damaged or does not lead where it says, and a disk that cannot be written to.
    """
    draft = out.with_name(f".{out.name}.draft")  # what a killed one left is written over
    try:
        with closing(open_reading(delta)) as changes:
            aim = aim_of(changes)
            copy_proven(base, draft)
            with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
                Change(copy, changes, aim).make()
        with closing(open_reading(draft)) as made:
            refuse_broken(made)
        out.unlink(missing_ok=True)
        settle(draft, out)
    except UNREADABLE as error:
        if isinstance(error, OSError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in NO_ROOM:
            cause = f"The registry {out} cannot be written ({error})."
            raise RegistryError(cause, "Free some disk space, or correct box.state.") from error
        raise RegistryError(f"The delta cannot be applied ({error}).", FETCH_FULL) from error
    finally:
        draft.unlink(missing_ok=True)


def refuse_broken(made: sqlite3.Connection) -> None:
    """Raise RegistryError unless the file made is a registry in every respect but its key."""
    meta = whole(made)
    snapshot_of(meta)
    if meta["canaries"] == "0":
        raise RegistryError("The delta leads to a registry without canaries.", FETCH_FULL)


class Change:
    """A delta being applied to the copy of its base."""

    def __init__(self, copy: sqlite3.Connection, changes: sqlite3.Connection, aim: Aim) -> None:
        """Take a copy that is ours alone."""
        copy.executescript(OURS_ALONE)
        self.copy, self.changes, self.aim = copy, changes, aim
        self.content = content_before(copy, aim)
        self.kinds = kinds_of(copy)
        self.numbers = {text: number for number, text in self.kinds.items()}
        self.last: int = copy.execute("SELECT ifnull(max(id), 0) FROM kinds").fetchone()[0]

    def make(self) -> None:
        """Take away, put and state. Raises RegistryError, and what UNREADABLE names."""
        self.copy.execute("BEGIN")
        for table in KEYS:
            for key in self.changes.execute(f"SELECT * FROM gone_{table}"):
                if not self.lost(table, key):
                    cause = f"The delta takes away {table} that are not there."
                    raise RegistryError(cause, FETCH_FULL)
        self.put_vehicles()
        for table in REST:
            for row in self.changes.execute(f"SELECT * FROM {table}"):
                self.put(table, row)
        if written(self.content) != self.aim.meta["content"]:
            raise RegistryError("The delta does not lead to the content it states.", FETCH_FULL)
        self.state()
        self.copy.execute("COMMIT")

    def lost(self, table: str, key: Sequence[object]) -> bool:
        """Take a row away; False where there was none."""
        where = " AND ".join(f"{column} = ?" for column in KEYS[table])
        row = self.copy.execute(f"SELECT * FROM {table} WHERE {where}", key).fetchone()
        if row is None:
            return False
        self.copy.execute(f"DELETE FROM {table} WHERE {where}", key)
        self.content -= row_digest(table, row, self.kinds)
        return True

    def put(self, table: str, row: Sequence[object]) -> None:
        """Put a row, in the place of the one with its key."""
        self.lost(table, row[: len(KEYS[table])])
        marks = ", ".join("?" * len(row))
        self.copy.execute(f"INSERT INTO {table} VALUES ({marks})", row)
        self.content += row_digest(table, row, self.kinds)

    def put_vehicles(self) -> None:
        """Put the vehicles, each with the number that its kind has in the copy."""
        theirs = {number: kind for number, *kind in self.changes.execute("SELECT * FROM kinds")}
        ours = {number: self.number_of(kind) for number, kind in theirs.items()}
        for table, place in KIND_PLACES.items():
            for row in self.changes.execute(f"SELECT * FROM {table}"):
                if row[place] not in ours:
                    raise RegistryError("The delta puts vehicles of a kind it lacks.", FETCH_FULL)
                self.put(table, (*row[:place], ours[row[place]], *row[place + 1 :]))

    def number_of(self, kind: Sequence[object]) -> object:
        """Return the number of a kind in the copy, where it is added the first time."""
        text = kind_text(kind)
        if text not in self.numbers:
            self.last += 1
            self.numbers[text], self.kinds[self.last] = self.last, text
            marks = ", ".join("?" * (1 + len(kind)))
            self.copy.execute(f"INSERT INTO kinds VALUES ({marks})", (self.last, *kind))
        return self.numbers[text]

    def state(self) -> None:
        """State what the target states; kinds that no vehicle has any more stay, and count."""
        meta = {**self.aim.meta, "kinds": str(len(self.kinds))}
        self.copy.execute("DELETE FROM meta")
        self.copy.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def row_digest(table: str, row: Sequence[object], kinds: Mapping[object, bytes]) -> int:
    """Return what a row of a table adds to the content. Raises KeyError for an absent kind."""
    if table in REST:
        return REST[table](row)
    if table == "plain":
        token, kind, born = row
        row = (token, 0, None, kind, born, None, None, None, None)  # as `every_vehicle` has it
    return vehicle_digest(row, kinds)


def content_before(copy: sqlite3.Connection, aim: Aim) -> int:
    """Return the content of a base. Raises RegistryError unless the delta was made for it."""
    version = copy.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION or not has_tables(copy, TABLES):
        raise RegistryError("The base is no registry that this software writes.", FETCH_FULL)
    meta: Mapping[str, str] = dict(copy.execute("SELECT name, value FROM meta"))
    if meta["key_check"] != aim.meta["key_check"]:
        raise RegistryError("The delta was made with another token key.", FETCH_FULL)
    if meta["content"] != aim.base:
        cause = f"The delta was made for registry {aim.base_id}, this is {meta['id']}."
        raise RegistryError(cause, FETCH_FULL)
    return int(meta["content"], 16)

"""What the store asks of a database; there are two, and this is all in which they differ."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from edge.errors import BoxError

Row: TypeAlias = tuple[Any, ...]
Values: TypeAlias = Sequence[object]
Errors: TypeAlias = tuple[type[Exception], ...]
SERVER = ("postgresql://", "postgres://")


class StoreError(BoxError):
    """The receiver's database cannot be used."""


class StoreLostError(StoreError):
    """The database server went away, or gave up on a transaction: it may be asked again."""


class Database(Protocol):
    """A connection, used from one thread; values are marked `?` in every statement."""

    for_update: str
    """What makes a SELECT lock its rows until the transaction ends."""
    errors: Errors
    """What the driver raises; `fault` says it to people."""

    def query(self, statement: str, values: Values = ()) -> list[Row]:
        """Run one statement and return its rows."""
        ...

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run one statement for each row of values."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Everything inside is durable, all of it, when this ends; or none of it is."""
        ...

    def snapshot(self) -> AbstractContextManager[object]:
        """Everything read inside is of one moment, whatever others write meanwhile."""
        ...

    def every(self, statement: str) -> Iterator[Row]:
        """Return rows one after the other, however many there are; inside `snapshot`."""
        ...

    def fault(self, doing: str, error: Exception) -> StoreError:
        """Return what a failure of the driver means to a person."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def open_database(address: str | Path) -> Database:
    """Open a database by its address or the path of its file, and make its tables if need be.

    Raises StoreError when it cannot be used.
    """
    if isinstance(address, str) and is_server(address):
        from tools.receive.postgres import PostgresDatabase  # its driver is an optional extra

        return PostgresDatabase.open(address)
    from tools.receive.sqlite import SqliteDatabase

    return SqliteDatabase.open(Path(address))


def is_server(address: str) -> bool:
    """True for the address of a PostgreSQL server."""
    return address.startswith(SERVER)

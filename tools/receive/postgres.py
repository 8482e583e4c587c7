"""The receiver's database on a PostgreSQL server, where several receivers share the load."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Self

from edge.errors import BoxError
from tools.receive.database import Errors, Row, StoreError, StoreLostError, Values
from tools.receive.schema import APPLICATION_ID, NAMES, SCHEMA_VERSION, TABLES

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as e:
    raise StoreError(
        "The driver for PostgreSQL is not installed.", "Run `pip install 'anpr-edge[postgresql]'`."
    ) from e

PATIENCE_MS = 30_000
"""A receiver that hangs in a transaction is thrown out by the server, so that others go on."""
DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "application_name": "anpr-edge-receiver",
}
CHECK_SERVER = "Nothing of it was taken. Check that the server runs, has room, and lets us in."
ROWS_AT_ONCE = 1000
VERSION_TABLE = "receiver"


class PostgresDatabase:
    """A connection to a server that syncs its log at every commit."""

    for_update = " FOR UPDATE"
    errors: Errors = (psycopg.Error,)

    def __init__(self, db: "psycopg.Connection[Row]", name: str) -> None:
        """Use `PostgresDatabase.open`."""
        self._db, self._name = db, name

    @classmethod
    def open(cls, address: str) -> Self:
        """Connect, and make the tables if need be.

        Raises StoreError when the server cannot be used, or holds other tables of these names;
        StoreLostError when it cannot be reached.
        """
        name = "the database server"
        try:
            name = _named(address)
            db = psycopg.connect(_with_defaults(address), autocommit=True)
        except psycopg.Error as e:
            cause = f"{name[0].upper()}{name[1:]} cannot be reached ({_first_line(e)})."
            raise StoreLostError(cause, "Check --db, and that the server runs.") from e
        found = cls(db, name)
        try:
            found._make_ready()
        except (psycopg.Error, BoxError) as e:
            db.close()
            raise e if isinstance(e, BoxError) else found.fault("opened", e) from e
        return found

    def query(self, statement: str, values: Values = ()) -> list[Row]:
        """Run one statement and return its rows."""
        cursor = self._db.execute(_marked(statement), values)
        return cursor.fetchall() if cursor.description else []

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run one statement for each row of values, in one exchange with the server."""
        if rows:
            self._db.cursor().executemany(_marked(statement), rows)

    def transaction(self) -> AbstractContextManager[object]:
        """Everything inside is durable, all of it, when this ends; or none of it is."""
        return self._db.transaction()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever others write meanwhile."""
        self._db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            with self._db.transaction():
                yield
        finally:
            self._db.isolation_level = None

    def every(self, statement: str) -> Iterator[Row]:
        """Return rows one after the other, however many there are; inside `snapshot`."""
        with self._db.cursor(name="every") as cursor:  # at the server, page by page
            cursor.itersize = ROWS_AT_ONCE
            yield from cursor.execute(_marked(statement))

    def fault(self, doing: str, error: Exception) -> StoreError:
        """Return what a failure means to a person; the server may be back in a moment."""
        what = "The records" if doing == "stored" else "The database"
        cause = f"{what} cannot be {doing} in {self._name} ({_first_line(error)})."
        passing = isinstance(error, psycopg.OperationalError) or self._db.closed
        return (StoreLostError if passing else StoreError)(cause, CHECK_SERVER)

    def close(self) -> None:
        """Let go of the connection."""
        self._db.close()

    def _make_ready(self) -> None:
        for setting in ("lock_timeout", "idle_in_transaction_session_timeout"):
            self._db.execute(_marked(f"SET {setting} = {PATIENCE_MS}"))
        self._check_durable()
        with self._db.transaction():  # two receivers may start at once
            self.query("SELECT pg_advisory_xact_lock(?)", (APPLICATION_ID,))
            self._check_own_or_empty()
            for table in TABLES:
                self.query(table.format(bytes="BYTEA"))
            self.query(f"CREATE TABLE IF NOT EXISTS {VERSION_TABLE} (version INTEGER PRIMARY KEY)")
            self.query(
                f"INSERT INTO {VERSION_TABLE} VALUES (?) ON CONFLICT DO NOTHING", (SCHEMA_VERSION,)
            )

    def _check_durable(self) -> None:
        """Raise StoreError when a commit would not mean that a power cut takes nothing back."""
        self.query("SELECT set_config('synchronous_commit', 'on', false) WHERE"
                   " current_setting('synchronous_commit') = 'off'")  # fmt: skip
        if self.query("SHOW fsync") != [("on",)]:
            raise StoreError(
                f"{self._name[0].upper()}{self._name[1:]} does not sync to its disk (fsync = off).",
                "Set fsync = on there: a box forgets what we say is stored.",
            )

    def _check_own_or_empty(self) -> None:
        names = ", ".join("?" * (len(NAMES) + 1))
        here = self.query(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename IN"
            f" ({names})",
            (*NAMES, VERSION_TABLE),
        )
        if not here:
            return
        own = (VERSION_TABLE,) in here
        if not own or self.query(f"SELECT version FROM {VERSION_TABLE}") != [(SCHEMA_VERSION,)]:
            raise StoreError(
                f"The tables in {self._name} are not those of this version of the receiver.",
                "They were left as they are; name another database with --db.",
            )


@cache
def _marked(statement: str) -> bytes:
    """Return a statement as psycopg wants it; none of ours holds a value."""
    return statement.replace("?", "%s").encode()


def _with_defaults(address: str) -> str:
    return make_conninfo(**(DEFAULTS | _parts(address)))


def _parts(address: str) -> dict[str, str]:
    """Return what an address says. Raises StoreError, which quotes none of it: a password."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except psycopg.Error:
        parts = {"host": "@"}
    if "@" in parts.get("host", ""):  # what follows it may be the rest of a password
        raise StoreError(
            "The address of the database cannot be understood.",
            "It is written postgresql://NAME:PASSWORD@HOST/DATABASE; a sign in the password such as"
            " @ / % is written %40 %2F %25.",
        )
    return parts


def _named(address: str) -> str:
    """Return the server without its password."""
    parts = _parts(address)
    return f"the database {parts.get('dbname', '')} on {parts.get('host', 'this machine')}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)

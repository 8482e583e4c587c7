"""The registry on the box: a read-only SQLite file, checked whole before it is trusted."""

import os
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Self

from edge.closing import Closing
from edge.errors import RegistryError
from edge.registry.content import WRITTEN
from edge.registry.schema import SCOPES, Canary, KindRow, kind_of
from edge.registry.seal import Identity, identity, prove
from edge.registry.stored import day, exemption, holds, mass, reference, sound
from edge.registry.token import token
from edge.registry.wholeness import FETCH_AGAIN, checked
from edge.types import Facts, Passage, Snapshot, Vehicle

AGES = ("vehicles_as_of", "exemptions_as_of")
LONGEST_ID = 300
MOST_TOLD = 10_000
"""Characters of all exemptions of a plate: every record of it tells them, and has its limit."""
CHANGED = "the registry file was changed while it was open"
UNREADABLE = (
    *(sqlite3.Error, OSError, ValueError, OverflowError),
    *(TypeError, AttributeError, LookupError),
)
"""What a row can raise whose cells are not what the builder writes."""
SEALED = "mode=ro&immutable=1"
"""No locks and no journal: SQLite asks nothing but the file that was proven, and a look-up
takes half the time. That nobody writes to it is watched by us. It is not mapped into memory:
reading a mapped file that someone cut short kills the process."""
VEHICLES = """
SELECT valid_from, valid_to, kind, first_registered, max_mass_kg, reference_mass_kg, first_used,
    ref
FROM every_vehicle WHERE token = ?
"""
EXEMPTIONS = """
SELECT record_id, source, type, status, scope, valid_from, valid_to, requested_at,
    vehicle_ref
FROM exemptions WHERE token = ?
"""
KIND = """
SELECT category, kind, fuels, hybrid_class, zero_emission, euro, stage, power_kw, body_codes,
    eev
FROM kinds WHERE id = ?
"""


class AbsentRegistry:
    """Stands in for a registry that cannot be opened: every look-up says why."""

    snapshot: Snapshot | None = None

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def facts(self, passage: Passage) -> Facts:
        """Return facts that hold nothing but the fault."""
        return Facts(None, (), None, self.reason)


@dataclass(frozen=True)
class Watch:
    """The file as it was when it was proven, by a descriptor of our own."""

    stream: BufferedReader
    proven: Identity

    def changed(self) -> bool:
        """True when someone wrote to the file since. Raises ValueError once closed."""
        return identity(os.fstat(self.stream.fileno())) != self.proven


class RegistryCache(Closing):
    """Answers what the snapshot holds of a plate; opened with `RegistryCache.open`."""

    def __init__(
        self, connection: sqlite3.Connection, key: bytes, snapshot: Snapshot, watch: Watch
    ) -> None:
        self.connection = connection
        self.key = key
        self.snapshot = snapshot
        self.watch = watch
        self.kinds: dict[object, Vehicle] = {}

    @property
    def path(self) -> Path:
        """The file that answers, by the name it was opened by."""
        return Path(self.watch.stream.name)

    @classmethod
    def open(cls, path: Path, token_key: bytes) -> Self:
        """Open a registry file and prove it whole.

        Raises RegistryError for a file that is missing, has no seal or another one's, is no
        registry, has another schema, is damaged, lost rows, or was made with another key.
        """
        if not path.is_file():
            raise RegistryError(f"There is no registry file {path}.", FETCH_AGAIN)
        try:
            with ExitStack() as stack:
                stream = stack.enter_context(path.open("rb"))
                watch = Watch(stream, identity(os.fstat(stream.fileno())))
                prove(path, stream)
                connection = sqlite3.connect(
                    f"{path.resolve().as_uri()}?{SEALED}",
                    uri=True,
                    check_same_thread=False,  # `fresh` opens on one thread and asks on another
                )
                stack.callback(connection.close)
                snapshot = snapshot_of(checked(connection, token_key))
                if watch.changed() or identity(path.stat()) != watch.proven:
                    # SQLite opens by name: it may hold another file than the one proven.
                    raise RegistryError(f"{path} was changed while it was opened.", FETCH_AGAIN)
                stack.pop_all()
                return cls(connection, token_key, snapshot, watch)
        except UNREADABLE as error:
            raise RegistryError(
                f"The registry {path} is damaged ({error}).", FETCH_AGAIN
            ) from error

    def facts(self, passage: Passage) -> Facts:
        """Return what is known of the plate at the moment it was first seen.

        All its exemption records come along, whatever their validity: `decide` judges them.
        """
        if passage.country is None:
            return Facts(None, (), self.snapshot, "the country of the plate is unknown")
        return self.facts_of(token(self.key, passage.country, passage.plate), passage.seen_first)

    def facts_of(self, key: int, seen: datetime) -> Facts:
        """Return what is known of a token at a moment."""
        try:
            facts = self.read(key, seen.timestamp())
            # Asked afterwards: what was written before or during the reading shows.
            return Facts(None, (), self.snapshot, CHANGED) if self.watch.changed() else facts
        except UNREADABLE as error:
            return Facts(None, (), self.snapshot, f"the registry cannot be read ({error})")

    def read(self, key: int, seen: float) -> Facts:
        """Return what the rows of a token say. Raises what UNREADABLE names."""
        rows = self.connection.execute(VEHICLES, (key,)).fetchall()
        held = [row for start, end, *row in rows if holds(start, end, seen)]
        if len(held) > 1:
            return Facts(None, (), self.snapshot, "two vehicles hold this plate at once")
        vehicle = self.vehicle(*held[0]) if held else None
        records = self.connection.execute(EXEMPTIONS, (key,)).fetchall()
        if sum(len(str(cell)) for row in records for cell in row) > MOST_TOLD:
            return Facts(None, (), self.snapshot, "this plate has more exemptions than can be told")
        return Facts(vehicle, tuple(map(exemption, records)), self.snapshot)

    def vehicle(
        self,
        kind: object,
        first: object,
        max_mass: object,
        reference_mass: object,
        used: object,
        ref: object,
    ) -> Vehicle:
        """Return a vehicle from its own row and its kind. Raises what UNREADABLE names."""
        if kind not in self.kinds:
            row: KindRow | None = self.connection.execute(KIND, (kind,)).fetchone()
            if row is None:
                raise ValueError("a vehicle has no kind")
            self.kinds[kind] = sound(kind_of(row))
        return replace(
            self.kinds[kind],
            first_registration=day("first_registered", first),
            max_mass_kg=mass("max_mass_kg", max_mass),
            reference_mass_kg=mass("reference_mass_kg", reference_mass),
            first_known_use=day("first_used", used),
            ref=reference("ref", ref),
        )

    def rows(self, table: str) -> int:
        """Return how many rows a table was built with. Raises RegistryError."""
        try:
            found = self.connection.execute("SELECT value FROM meta WHERE name = ?", (table,))
            return int(found.fetchone()[0])
        except UNREADABLE as error:
            raise RegistryError(f"The registry cannot be read ({error}).", FETCH_AGAIN) from error

    def canaries(self) -> list[Canary]:
        """Return the made-up vehicles with their known outcomes. Raises RegistryError."""
        try:
            rows = self.connection.execute(
                "SELECT token, country, jurisdiction, at, outcome FROM canaries"
            )
            return [Canary(*row) for row in rows]
        except sqlite3.Error as error:
            raise RegistryError(f"The canaries cannot be read ({error}).", FETCH_AGAIN) from error

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()
        self.watch.stream.close()


def snapshot_of(meta: dict[str, str]) -> Snapshot:
    """Return the identity of a registry: its name, its content and the age of its sources.

    Raises RegistryError for a name that no record could carry, an age without a UTC offset or a
    scope that is not known, ValueError for no time at all.
    """
    name = meta["id"]
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_ID):
        raise RegistryError("The registry has no name of one line.", FETCH_AGAIN)
    ages = {name: datetime.fromisoformat(meta[name]) for name in AGES}
    if naive := [name for name, age in ages.items() if age.utcoffset() is None]:
        raise RegistryError(f"The registry states {naive[0]} without UTC offset.", FETCH_AGAIN)
    if not WRITTEN.fullmatch(meta["content"]):
        raise RegistryError("The registry states no digest of its content.", FETCH_AGAIN)
    if (scope := meta.get("scope", "full")) not in SCOPES:
        raise RegistryError("The registry states a scope that is not known.", FETCH_AGAIN)
    return Snapshot(id=name, sha256=meta["content"], **ages, listed=SCOPES[scope])

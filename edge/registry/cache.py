"""The registry on the box: a read-only SQLite file, checked whole before it is trusted."""

import hashlib
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.errors import RegistryError
from edge.registry.schema import Canary, KindRow, kind_of
from edge.registry.token import token
from edge.registry.wholeness import FETCH_AGAIN, checked
from edge.types import Exemption, Facts, Passage, Snapshot, Vehicle

EPOCH = date(1970, 1, 1).toordinal()
VEHICLE = """
SELECT kind, first_registered, max_mass_kg, reference_mass_kg FROM vehicles
WHERE token = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR ?2 < valid_to)
"""
EXEMPTIONS = """
SELECT record_id, source, type, status, scope, valid_from, valid_to, requested_at
FROM exemptions WHERE token = ?
"""
KIND = """
SELECT category, kind, fuels, hybrid_class, zero_emission, euro, stage, power_kw, body_codes
FROM kinds WHERE id = ?
"""


class AbsentRegistry:
    """Stands in for a registry that cannot be opened: every look-up says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def facts(self, passage: Passage) -> Facts:
        """Return facts that hold nothing but the fault."""
        return Facts(None, (), None, self.reason)


class RegistryCache:
    """Answers what the snapshot holds of a plate; opened with `RegistryCache.open`."""

    def __init__(self, connection: sqlite3.Connection, key: bytes, snapshot: Snapshot) -> None:
        self.connection = connection
        self.key = key
        self.snapshot = snapshot
        self.kinds: dict[int, Vehicle] = {}

    @classmethod
    def open(cls, path: Path, token_key: bytes) -> Self:
        """Open a registry file and prove it whole.

        Raises RegistryError for a file that is missing, is no registry, has another schema,
        is damaged, lost rows, or was made with another key.
        """
        if not path.is_file():
            raise RegistryError(f"There is no registry file {path}.", FETCH_AGAIN)
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                meta = checked(connection, token_key)
                return cls(connection, token_key, snapshot_of(path, meta))
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError, ValueError) as error:
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
            rows = self.connection.execute(VEHICLE, (key, seen.timestamp())).fetchall()
            if len(rows) > 1:
                return Facts(None, (), self.snapshot, "two vehicles hold this plate at once")
            vehicle = self.vehicle(*rows[0]) if rows else None
            records = self.connection.execute(EXEMPTIONS, (key,)).fetchall()
            return Facts(vehicle, tuple(exemption(*row) for row in records), self.snapshot)
        except (sqlite3.Error, ValueError, OverflowError) as error:
            return Facts(None, (), self.snapshot, f"the registry cannot be read ({error})")

    def vehicle(
        self, kind: int, first: int | None, max_mass: int | None, reference_mass: int | None
    ) -> Vehicle:
        """Return a vehicle from its own row and its kind."""
        if kind not in self.kinds:
            row: KindRow | None = self.connection.execute(KIND, (kind,)).fetchone()
            if row is None:
                raise ValueError("a vehicle has no kind")
            self.kinds[kind] = kind_of(row)
        return replace(
            self.kinds[kind],
            first_registration=None if first is None else date.fromordinal(EPOCH + first),
            max_mass_kg=max_mass,
            reference_mass_kg=reference_mass,
        )

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def snapshot_of(path: Path, meta: dict[str, str]) -> Snapshot:
    """Return the identity of a registry file: its name, its hash and the age of its sources."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Snapshot(
        id=meta["id"],
        sha256=digest,
        vehicles_as_of=datetime.fromisoformat(meta["vehicles_as_of"]),
        exemptions_as_of=datetime.fromisoformat(meta["exemptions_as_of"]),
    )


def exemption(
    record_id: str,
    source: str,
    kind: str,
    status: str,
    scope: str | None,
    valid_from: int,
    valid_to: int | None,
    requested_at: int | None,
) -> Exemption:
    """Return a record from its row."""
    return Exemption(
        record_id=record_id,
        source=source,
        type=kind,
        status=status,
        scope=None if scope is None else frozenset(scope.split("+")),
        valid_from=moment(valid_from),
        valid_to=None if valid_to is None else moment(valid_to),
        requested_at=None if requested_at is None else moment(requested_at),
    )


def moment(seconds: int) -> datetime:
    """Return seconds since 1970 as UTC."""
    return datetime.fromtimestamp(seconds, UTC)

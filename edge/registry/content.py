"""The content of a registry as one number: the same rows give the same, however they came. Pure.

It is the sum modulo 2**256 of the SHA-256 of every row of vehicles (its kind spelled out),
exemptions and canaries. Neither the order of rows nor the numbers of kinds matter, and a delta
knows the sum of its target from that of its base. A file's own SHA-256 is its seal, not this.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from edge.registry.schema import KindRow

MODULUS = 1 << 256
WRITTEN = re.compile("[0-9a-f]{64}")
KIND_PLACE = 3
"""Where the number of its kind stands in a row of vehicles."""
_encode = msgspec.json.Encoder().encode


def kind_text(kind: KindRow | Sequence[object]) -> bytes:
    """Return the canonical bytes of a kind, from its columns after the id."""
    return _encode(("vehicle", *kind))


def vehicle_digest(row: Sequence[object], kinds: Mapping[object, bytes]) -> int:
    """Return what a row of vehicles adds; `kinds` holds the canonical bytes by number.

    Raises KeyError for a kind that is not there.
    """
    own = (*row[:KIND_PLACE], *row[KIND_PLACE + 1 :])
    return _digest(kinds[row[KIND_PLACE]] + _encode(own))


def exemption_digest(row: Sequence[object]) -> int:
    """Return what a row of exemptions adds."""
    return _digest(_encode(("exemption", *row)))


def canary_digest(row: Sequence[object]) -> int:
    """Return what a row of canaries adds."""
    return _digest(_encode(("canary", *row)))


def written(total: int) -> str:
    """Return a sum as 64 hexadecimal digits."""
    return f"{total % MODULUS:064x}"


def kinds_of(connection: sqlite3.Connection) -> dict[object, bytes]:
    """Return the canonical bytes of every kind by its number. Raises sqlite3.Error."""
    rows = connection.execute("SELECT * FROM kinds")
    return {number: kind_text(kind) for number, *kind in rows}


def content_of(connection: sqlite3.Connection) -> int:
    """Return the content of an open registry, row by row. Raises sqlite3.Error, KeyError."""
    kinds = kinds_of(connection)
    vehicles = connection.execute("SELECT * FROM every_vehicle")
    rest = ((exemption_digest, "exemptions"), (canary_digest, "canaries"))
    return (
        total(vehicle_digest(row, kinds) for row in vehicles)
        + sum(total(map(of, connection.execute(f"SELECT * FROM {table}"))) for of, table in rest)
    ) % MODULUS


def total(digests: Iterable[int]) -> int:
    """Return the sum of digests, kept small."""
    found = 0
    for digest in digests:
        found = (found + digest) % MODULUS
    return found


def _digest(text: bytes) -> int:
    return int.from_bytes(hashlib.sha256(text).digest(), "big")

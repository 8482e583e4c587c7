"""Exemptions that a registry no longer knows of, though they had not ended.

Counts do not tell them: on 31 December thousands end at once, and a hundred that got lost in an
export hide among them. What ended by its own date is not missed here. Nor is what was withdrawn, as
long as the source keeps its row; or what has another number now. A row of another year
or of another place does not stand for it.
"""

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from edge.access.records import GRANTED
from edge.errors import RegistryError
from edge.registry.cache import RegistryCache

ALWAYS = 1
"""So many may go from one registry to the next in any case: a register of a small town is small."""
DAY = timedelta(days=1)
LOOK = (
    "The one in force stays; compare their sources. If so many were withdrawn, and their rows are "
    "gone, see access.max_lost in box.toml."
)
STANDING = """
SELECT token, type, record_id, source, scope, valid_from, valid_to FROM exemptions
WHERE status = ? AND (valid_to IS NULL OR valid_to > ?)
"""
ROWS = """
SELECT record_id, source, scope, valid_from, valid_to, status FROM exemptions
WHERE token = ? AND type = ?
"""


class Vanished(NamedTuple):
    """How many exemptions should still stand, how many of them are gone, and after how long."""

    standing: int
    gone: int
    passed: timedelta

    def may_be(self, a_day: float) -> int:
        """Return how many may be gone, where a share of them may go a day."""
        return max(ALWAYS, int(self.standing * a_day * max(1.0, self.passed / DAY)))


def vanished(before: RegistryCache, new: RegistryCache) -> Vanished:
    """Count what is gone from one registry to the next. Raises RegistryError.

    It asks what each has open: the file of the one before may have lost its name.
    """
    as_of = new.snapshot.exemptions_as_of
    at = int(as_of.timestamp())
    standing = gone = 0
    try:
        for row in before.connection.execute(STANDING, (GRANTED, at)):
            found = new.connection.execute(ROWS, row[:2])
            standing, gone = standing + 1, gone + (not any(_is_of(row[2:], o, at) for o in found))
    except sqlite3.Error as e:
        raise RegistryError(f"Two registries cannot be compared ({e}).", LOOK) from e
    return Vanished(standing, gone, as_of - before.snapshot.exemptions_as_of)


def _is_of(lost: Sequence[Any], row: Sequence[Any], as_of: int) -> bool:
    """Tell whether a row of that vehicle and type is of an exemption, or stands for it.

    By its number; or when it holds wherever that one did and as long, or was withdrawn since.
    """
    *number, scope, lost_from, lost_to = lost
    *other, wider, valid_from, valid_to, status = row
    if number == other:
        return True
    if status == GRANTED:
        in_time = valid_from <= max(lost_from, as_of) and _ends(valid_to) >= _ends(lost_to)
    else:
        in_time = _ends(valid_to) > lost_from
    return in_time and _covers(wider, scope)


def _ends(valid_to: int | None) -> float:
    return inf if valid_to is None else valid_to


def _covers(wider: str | None, scope: str | None) -> bool:
    if wider is None or scope is None:
        return wider is None
    return set(scope.casefold().split("+")) <= set(wider.casefold().split("+"))


def refuse_vanished(found: Vanished, name: str, a_day: float) -> None:
    """Raise RegistryError where more exemptions are gone than a share of them a day."""
    if found.gone > found.may_be(a_day):
        cause = (
            f"Registry {name} no longer knows {found.gone} of {found.standing} "
            f"exemptions that have not ended, more than {a_day:.2%} a day."
        )
        raise RegistryError(cause, LOOK)


class Refused(msgspec.Struct, frozen=True):
    """A registry that lost too much, by its digest: no restart lets it in."""

    sha256: str
    lost: Vanished


def read_refused(path: Path, sha256: str) -> Vanished | None:
    """Return what a registry was found to have lost before a restart, None where nothing was."""
    try:
        refused = msgspec.json.decode(path.read_bytes(), type=Refused)
    except (OSError, ValueError, RecursionError):
        return None
    return refused.lost if refused.sha256 == sha256 else None

"""Exemptions that a registry no longer knows of, though they had not ended.

Counts do not tell them: on 31 December thousands end at once, and a hundred that got lost in an
export hide among them. What ended by its own date is not missed here. Nor is what was withdrawn, as
long as the source keeps its row; or what has another number now.
"""

import sqlite3
from datetime import timedelta
from typing import NamedTuple

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
SELECT DISTINCT token, type FROM exemptions WHERE status = ? AND (valid_to IS NULL OR valid_to > ?)
"""
THERE = "SELECT EXISTS (SELECT 1 FROM exemptions WHERE token = ? AND type = ?)"


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
    standing = gone = 0
    try:
        for row in before.connection.execute(STANDING, (GRANTED, int(as_of.timestamp()))):
            ((there,),) = new.connection.execute(THERE, row)
            standing, gone = standing + 1, gone + (not there)
    except sqlite3.Error as e:
        raise RegistryError(f"Two registries cannot be compared ({e}).", LOOK) from e
    return Vanished(standing, gone, as_of - before.snapshot.exemptions_as_of)


def refuse_vanished(before: RegistryCache, new: RegistryCache, a_day: float) -> None:
    """Raise RegistryError where more exemptions are gone than a share of them a day."""
    found = vanished(before, new)
    if found.gone > found.may_be(a_day):
        cause = (
            f"Registry {new.snapshot.id} no longer knows {found.gone} of {found.standing} "
            f"exemptions that have not ended, more than {a_day:.2%} a day."
        )
        raise RegistryError(cause, LOOK)

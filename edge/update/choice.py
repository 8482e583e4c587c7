"""Which release a box takes, and on which way it comes to it."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from edge.update.releases import Delta, Release, Releases, Withdrawn

COHORTS = 100
LONGEST_WAY = 40
"""Deltas in a row: each writes the whole registry once, which a box does not do without end."""


class Step(NamedTuple):
    """One delta on the way: to which release it leads."""

    to: Release
    delta: Delta


def cohort_of(box: str) -> int:
    """Return in which of a hundred groups a box is, by its name."""
    return int.from_bytes(hashlib.sha256(box.encode()).digest(), "big") % COHORTS


def withdrawal(index: Releases, number: int, have: Release | None) -> Withdrawn | None:
    """Return why the release on the box may not stay; None while it stands.

    One that the index should list and does not was signed by a thief of its keys, who lost them:
    nobody can withdraw what he never released. Only what is older than all that is listed may be
    missing there. `have` is None where the box cannot tell what the number stands for.
    """
    gone = next((gone for gone in index.withdrawn if gone.number == number), None)
    listed = {release.number: release for release in index.releases}
    old = bool(listed) and number < min(listed)
    if gone is not None or old:
        return gone
    if number in listed and (have is None or is_same(listed[number], have)):
        return None
    name = f"release {number}" if have is None else have.id
    return Withdrawn(number, name, "its publisher lists no such release under that number")


def is_same(one: Release, other: Release) -> bool:
    """True when two releases are one, whatever their shares and deltas."""
    return (one.id, one.content, one.files) == (other.id, other.content, other.files)


def chosen(index: Releases, cohort: int, have: int | None) -> Release | None:
    """Return the release that a box should have; None for none, or for the one it has.

    A release whose share shrank stays where it is. One that is withdrawn makes room for the
    highest that stands, which may be older.
    """
    gone = {withdrawn.number for withdrawn in index.withdrawn}
    offered = [r for r in index.releases if r.number not in gone and cohort < r.share]
    best = max(offered, key=lambda release: release.number, default=None)
    if best is None or have is None or have in gone:
        return best
    return best if best.number > have else None


def steps(index: Releases, to: Release, have: Release) -> tuple[Step, ...]:
    """Return the deltas that lead from the release on the box to another, in order of use.

    Empty where the chain is broken or too long, and where there is nothing to walk.
    """
    known = {release.number: release for release in index.releases}
    way: list[Step] = []
    at = to
    while at.number > have.number:
        near = [delta for delta in at.deltas if have.number <= delta.base < at.number]
        delta = min(near, key=lambda delta: delta.base, default=None)
        if delta is None:
            return ()
        before = have if delta.base == have.number else known.get(delta.base)
        if before is None or before.content != delta.base_content:
            return ()
        if len(way) == LONGEST_WAY:
            return ()
        way.append(Step(at, delta))
        at = before
    return tuple(reversed(way))


def worth(way: tuple[Step, ...], to: Release, length: Callable[[str], int]) -> bool:
    """True when the deltas are less to fetch than the files of the release."""
    whole = sum(length(file.path) for file in to.files)
    return bool(way) and sum(length(step.delta.path) for step in way) < whole

"""What is written into a casebook and read from it."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from edge.access.hold import Held
from edge.types import Passage

UNDATED = datetime.min.replace(tzinfo=UTC)


class Mark(NamedTuple):
    """A vehicle that is a candidate in a zone on a local day, by its token of that day."""

    zone: str
    day: date
    token: str


class Entry(NamedTuple):
    """A candidate that enters: what is told of it, its passage, and its mark of the day.

    `key` opens the outer seal of its pictures; empty when there are none.
    """

    held: Held
    passage: Passage
    mark: Mark
    key: bytes = b""


class Damaged(NamedTuple):
    """A row that no longer says what was written; it is never released.

    `epoch` and `seq` are its place as its columns have it, None where they hold no number; `held`
    is what is told of it, None where that cannot be read. At most one of both can be believed.
    """

    row: int
    epoch: int | None
    seq: int | None
    held: Held | None


class Spoilt(NamedTuple):
    """The place of a figure that no longer says what was counted; None where it cannot be read."""

    zone: str | None
    hour: datetime | None


class Torn(NamedTuple):
    """A record about to be appended whose bytes and hash no longer agree.

    `hashes` are that of the bytes and the one beside them: where one cell rotted, one is right.
    """

    hashes: frozenset[str]


class Order(NamedTuple):
    """Everything that rests on something bad is to be withdrawn, until the order is lifted.

    `given_at` is UNDATED when its date can no longer be read.
    """

    rests_on: str
    reason: str
    given_at: datetime

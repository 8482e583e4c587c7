"""What is written into a casebook and read from it."""

from datetime import date, datetime
from typing import NamedTuple

from edge.access.hold import Held
from edge.types import Passage


class Mark(NamedTuple):
    """A vehicle that is a candidate in a zone on a local day, by its token of that day."""

    zone: str
    day: date
    token: str


class Entry(NamedTuple):
    """A candidate that enters: what is told of it, its passage, and its mark of the day."""

    held: Held
    passage: Passage
    mark: Mark


class Order(NamedTuple):
    """Everything that rests on something bad is to be withdrawn, until the order is lifted."""

    rests_on: str
    reason: str
    given_at: datetime

"""What a record is worth to the platform when there is no room for all (pure).

The order in which records are given up, and why:

1. Passages of vehicles that comply or that the zone does not concern. They accuse nobody, and each
   is in the count record of its hour: what the municipality plans with stays.
2. Health, but the newest: the next one says how the box stands now.
3. What else was seen and accuses nobody: reviews. A person may have looked at them, so they go
   after what nobody looks at; nobody is accused by them, so they go before all that follows.

Never given up: held candidates and their resolutions (somebody's case hangs on them, either way),
whatever names pictures (they would lie there with nothing that names them), counts (all that is
left of the first), alarms, checkpoints and rotations (the chain hangs on them), drops themselves,
and every kind that a later version may bring. Where only such records are left, the box takes no
more.
"""

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

import msgspec

from edge.access.hold import HELD
from edge.record.envelope import UNREADABLE
from edge.types import Outcome

PASSAGE, HEALTH = "passage", "health"
FIRST_TO_GO = {Outcome.FREE_ACCESS, Outcome.EXEMPT, Outcome.PERMITTED, Outcome.OUT_OF_SCOPE}


class Worth(IntEnum):
    """How dear a record is; the lowest goes first, and `KEPT` never."""

    COMPLYING = 1
    HEALTH = 2
    REVIEW = 3
    KEPT = 9


class Counted(NamedTuple):
    """In whose figures a passage is: its zone, and when it was first seen (UTC)."""

    zone: str
    seen_first: datetime


class _Seen(msgspec.Struct, frozen=True):
    zone: str
    outcome: str
    marks: tuple[str, ...]
    seen_first: datetime
    evidence: tuple[object, ...] | None = None


class _Passage(msgspec.Struct, frozen=True):
    data: _Seen


_DECODER = msgspec.json.Decoder(_Passage)


def worth_of(kind: str, payload: bytes) -> Worth:
    """Return what a record is worth; one that cannot be read is kept."""
    if kind == HEALTH:
        return Worth.HEALTH
    seen = _seen(kind, payload)
    if seen is None or HELD in seen.marks or seen.evidence:
        return Worth.KEPT
    return Worth.COMPLYING if seen.outcome in FIRST_TO_GO else Worth.REVIEW


def counted_in(kind: str, payload: bytes) -> Counted | None:
    """Return in whose figures a record is; None for what is no passage."""
    seen = _seen(kind, payload)
    return None if seen is None else Counted(seen.zone, seen.seen_first)


def _seen(kind: str, payload: bytes) -> _Seen | None:
    if kind != PASSAGE:
        return None
    try:
        return _DECODER.decode(payload).data
    except UNREADABLE:
        return None

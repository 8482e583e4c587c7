"""What a box gave up when its disk was full, and what that proves of its chain (pure).

Places that a proven drop record covers are dropped, and not removed. The record after a span names
the hash of the last record in it, so that nothing else can be put in or taken out unseen.
"""

import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from edge.record.envelope import UNREADABLE, Verified
from edge.record.message import DECODERS, DropRecord

DROP = "drop"
LAST = sys.maxsize
Places: TypeAlias = tuple[int, int]
"""The first and the last of places that follow each other in one epoch."""


class Span(NamedTuple):
    """Places of one epoch, first and last included, and the hash of the last record there."""

    epoch: int
    first: int
    last: int
    last_sha256: str

    def covers(self, place: tuple[int, int]) -> bool:
        """True when a place lies in it."""
        epoch, seq = place
        return epoch == self.epoch and self.first <= seq <= self.last


def drop_of(kind: str, payload: bytes) -> DropRecord | None:
    """Return the drop that a message is; None for any other, and one that cannot be read."""
    if kind != DROP:
        return None
    try:
        record = DECODERS[DROP].decode(payload).data
    except UNREADABLE:
        return None
    return record if isinstance(record, DropRecord) else None


def spans_of(record: Verified) -> tuple[Span, ...]:
    """Return what a proven record says was dropped; what cannot be so proves nothing."""
    found = drop_of(record.envelope.kind, record.payload)
    return () if found is None else sane(found)


def sane(record: DropRecord) -> tuple[Span, ...]:
    """Return the spans of a drop that lie before it and are spans at all."""
    before = (record.epoch, record.seq)
    spans = (Span(s.epoch, s.first, s.last, s.last_sha256) for s in record.spans)
    return tuple(s for s in spans if s.first <= s.last and (s.epoch, s.last) < before)


class Dropped:
    """All places that proven drop records cover."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        """Take the spans of one box in any order; they may overlap."""
        self._ranges: dict[int, list[Places]] = {}
        self._last: dict[tuple[int, int], set[str]] = {}
        for span in sorted(spans):
            self._add(span)

    def left(self, epoch: int, first: int, last: int) -> list[Places]:
        """Return what of the places first to last nothing covers."""
        found, start = [], first
        ranges = self._ranges.get(epoch, [])
        for low, high in islice(ranges, max(0, bisect_right(ranges, (first, LAST)) - 1), None):
            if low > last:
                break
            if low > start:
                found.append((start, low - 1))
            start = max(start, high + 1)
        return [*found, (start, last)] if start <= last else found

    def last_at(self, epoch: int, seq: int) -> set[str]:
        """Return the hashes that spans ending at a place name for it; more than one is a fault."""
        return self._last.get((epoch, seq), set())

    def ends(self) -> Iterator[tuple[int, int]]:
        """Yield the places whose hash is named."""
        yield from self._last

    @property
    def count(self) -> int:
        """How many places are covered."""
        ranges = chain.from_iterable(self._ranges.values())
        return sum(high - low + 1 for low, high in ranges)

    def _add(self, span: Span) -> None:
        self._last.setdefault((span.epoch, span.last), set()).add(span.last_sha256)
        ranges = self._ranges.setdefault(span.epoch, [])
        if ranges and span.first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], span.last))
        else:
            ranges.append((span.first, span.last))

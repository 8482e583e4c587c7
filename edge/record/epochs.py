"""Where one epoch ends and the next begins: only a rotation may do that (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TypeAlias

from edge.record.entries import Finding, Head, Place, Proven
from edge.record.envelope import Flaw
from edge.record.message import GENESIS

ByPlace: TypeAlias = Mapping[Place, Sequence[Proven]]
"""The proven records of one box in the order of their places; a fork has several at one."""


def turns(by_place: ByPlace, since: Head | None) -> Iterator[Finding]:
    """Name epochs that nothing turned to, and rotations that are none.

    `since` is the last record before them: what it was is not known, unless there was none.
    """
    yield from _openings(by_place, since)
    for records in by_place.values():
        for record in records:
            yield from _faults_of(record, by_place)
    yield from _late(by_place)


def begins_anew(record: Proven) -> bool:
    """True for the first record of an epoch that the register names: a chain of its own."""
    return record.vouched and record.place.seq == 1 and record.prev == GENESIS


def _openings(by_place: ByPlace, since: Head | None) -> Iterator[Finding]:
    places = [*by_place]
    if since is not None and since.seq == 0:
        places = [Place(since.epoch, 0), *places]
    turned = {r.turn for r in chain.from_iterable(by_place.values()) if r.turn is not None}
    for before, place in pairwise(places):
        for record in by_place[place] if place.epoch != before.epoch else ():
            if not record.vouched and (place.epoch, record.kid) not in turned:
                yield _finding(record, Flaw.EPOCH_RESET, "opens an epoch that no rotation opened")


def _faults_of(record: Proven, by_place: ByPlace) -> Iterator[Finding]:
    turn, place = record.turn, record.place
    if turn is None:
        return
    if turn.epoch != place.epoch + 1:
        yield _finding(record, Flaw.ROTATION, f"turns to epoch {turn.epoch}, not to the next")
    used = {r.kid for r in chain.from_iterable(by_place.values()) if r.place.epoch <= place.epoch}
    if turn.kid in used:
        yield _finding(record, Flaw.ROTATION, "turns to a key that was used before")


def _late(by_place: ByPlace) -> Iterator[Finding]:
    turned: dict[int, int] = {}
    for place, records in by_place.items():
        if place.seq > turned.get(place.epoch, place.seq):
            what = f"was written after record {turned[place.epoch]} gave its key up"
            yield from (_finding(record, Flaw.AFTER_ROTATION, what) for record in records)
        if any(record.turn for record in records):
            turned.setdefault(place.epoch, place.seq)


def _finding(record: Proven, flaw: Flaw, what: str) -> Finding:
    epoch, seq = record.place
    return Finding(flaw, record.where, record.box, epoch, seq, f"Record {seq} {what}.")

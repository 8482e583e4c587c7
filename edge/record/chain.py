"""The chain of a box: what follows what, and all that is wrong with a stored chain (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from edge.record.drops import Dropped
from edge.record.entries import (
    START,
    Broken,
    Entry,
    Finding,
    Head,
    Place,
    Proven,
    check,
    proven,
)
from edge.record.envelope import Flaw
from edge.record.epochs import begins_anew, turns
from edge.record.message import GENESIS
from edge.record.miscounts import miscounts
from edge.types import Link

__all__ = [
    "START",
    "Broken",
    "Entry",
    "Finding",
    "Head",
    "Place",
    "Proven",
    "check",
    "dropped",
    "examine",
    "follows",
    "next_link",
    "proven",
]


def next_link(head: Head | None, turned: bool = False) -> Link:
    """Return the place of the record that follows; `turned`: the last record is a rotation."""
    epoch, seq, sha256 = head or START
    return Link(epoch + 1, 1, sha256) if turned else Link(epoch, seq + 1, sha256)


def follows(head: Head | None, link: Link, turned: bool = False) -> bool:
    """True when a record with this link comes right after `head`; see `next_link`."""
    return link == next_link(head, turned)


def examine(
    box: str, entries: Sequence[Entry], since: Head | None = None, until: Head | None = None
) -> list[Finding]:
    """Return everything that is wrong with the stored records of one box, in stored order.

    `since` is the last record before them, `until` the last that must be among them; without
    them the records may start and end anywhere.
    """
    own = [e for e in entries if isinstance(e, Broken) or e.box == box]
    chain = _Chain(box, [e for e in own if isinstance(e, Proven)], _covered(own), dropped(box, own))
    found = [_broken(box, e) for e in entries if isinstance(e, Broken)]
    found += [_strange(box, e) for e in entries if isinstance(e, Proven) and e.box != box]
    found += [*chain.order(), *chain.links(since), *chain.ends(since, until), *chain.keys()]
    return [
        *found,
        *chain.drops(),
        *turns(chain.by_place, since),
        *miscounts(chain.by_place),
    ]


def dropped(box: str, entries: Iterable[Entry]) -> Dropped:
    """Return the places that this box gave up and signed for."""
    own = (e for e in entries if isinstance(e, Proven) and e.box == box)
    return Dropped(span for entry in own for span in entry.dropped)


@dataclass(slots=True)
class _Chain:
    """The proven records of one box by place; `covered` are places held by refused ones."""

    box: str
    records: list[Proven]
    covered: set[Place]
    dropped: Dropped
    by_place: dict[Place, list[Proven]] = field(init=False)

    def __post_init__(self) -> None:
        places: defaultdict[Place, list[Proven]] = defaultdict(list)
        for record in self.records:
            places[record.place].append(record)
        self.by_place = dict(sorted(places.items()))

    def order(self) -> Iterator[Finding]:
        """Name duplicates, forks, and records that stand after a later one."""
        first_at: dict[Place, str] = {}
        latest = Place(0, 0)
        for record in self.records:
            known = first_at.setdefault(record.place, record.sha256)
            twice = len(self.by_place[record.place]) > 1 and record is not self._first(record.place)
            if twice and known == record.sha256:
                yield self._at(record, Flaw.DUPLICATE, "stands here a second time")
            elif twice:
                yield self._at(record, Flaw.FORKED, "is another record for the same place")
            elif record.place < latest:
                yield self._at(record, Flaw.REORDERED, f"stands after record {latest.seq}")
            latest = max(latest, record.place)

    def links(self, since: Head | None) -> Iterator[Finding]:
        """Name what is missing between records, and records that name another predecessor."""
        before = None if since is None else Place(since.epoch, since.seq)
        hashes = set() if since is None else {since.sha256}
        for place, records in self.by_place.items():
            if before is not None:
                yield from self._missing(before, place)
            if before is None and place == (1, 1):
                hashes = {GENESIS}
            if before is not None and not _adjacent(before, place):
                hashes = self.dropped.last_at(place.epoch, place.seq - 1)
            if hashes:
                yield from (
                    self._at(r, Flaw.WRONG_PREV, "names another record as the one before it")
                    for r in records
                    if r.prev not in hashes and not begins_anew(r)
                )
            before, hashes = place, {r.sha256 for r in records}

    def ends(self, since: Head | None, until: Head | None) -> Iterator[Finding]:
        """Name what is missing at the end, or a last record other than the known head."""
        if until is None or (since is not None and since == until):
            return
        end = Place(until.epoch, until.seq)
        last = max(
            self.by_place, default=Place(since.epoch, since.seq) if since else Place(*START[:2])
        )
        if last < end:
            yield from self._missing(last, Place(end.epoch, end.seq + 1))
        elif until.sha256 not in self._hashes_at(end):
            cause = f"Record {end.seq} is not the one that the store knows as its last."
            yield Finding(Flaw.FORKED, "head", self.box, end.epoch, end.seq, cause)

    def keys(self) -> Iterator[Finding]:
        """Name records signed with another key than most of their epoch."""
        used: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for record in self.records:
            used[record.place.epoch][record.kid] += 1
        for record in self.records:
            if record.kid != used[record.place.epoch].most_common(1)[0][0]:
                yield self._at(record, Flaw.OTHER_KEY, "is signed with another key than its epoch")

    def drops(self) -> Iterator[Finding]:
        """Name drops that do not fit: another record is there, or another drop says otherwise."""
        for place in map(Place._make, self.dropped.ends()):
            named = self.dropped.last_at(*place)
            there = {record.sha256 for record in self.by_place.get(place, ())}
            if len(named) > 1 or (there and not named & there):
                cause = f"Record {place.seq} is said to be dropped, with another hash than it has."
                yield Finding(Flaw.DROP, "a drop record", self.box, *place, cause)

    def _hashes_at(self, place: Place) -> set[str]:
        records = self.by_place.get(place)
        return {r.sha256 for r in records} if records else self.dropped.last_at(*place)

    def _first(self, place: Place) -> Proven:
        return self.by_place[place][0]

    def _missing(self, before: Place, place: Place) -> Iterator[Finding]:
        epoch, start = place.epoch, before.seq + 1 if before.epoch == place.epoch else 1
        held = sorted(
            p.seq for p in self.covered if p.epoch == epoch and start <= p.seq < place.seq
        )
        for low, high in pairwise([start - 1, *held, place.seq]):
            for first, last in self.dropped.left(epoch, low + 1, high - 1):
                yield self._gap(epoch, first, last)

    def _gap(self, epoch: int, first: int, last: int) -> Finding:
        what = f"Record {first} is" if first == last else f"Records {first} to {last} are"
        cause = f"{what} missing: removed, or never arrived."
        return Finding(
            Flaw.REMOVED, f"between {first - 1} and {last + 1}", self.box, epoch, first, cause
        )

    def _at(self, record: Proven, flaw: Flaw, what: str) -> Finding:
        epoch, seq = record.place
        return Finding(flaw, record.where, self.box, epoch, seq, f"Record {seq} {what}.")


def _adjacent(before: Place, place: Place) -> bool:
    return place in (Place(before.epoch, before.seq + 1), Place(before.epoch + 1, 1))


def _covered(entries: Iterable[Entry]) -> set[Place]:
    """Return the places of refused records: what they claim, and what stood before them plus one.

    Such a record is named once as refused, not again as removed.
    """
    covered: set[Place] = set()
    last = Place(1, 0)
    for entry in entries:
        if isinstance(entry, Broken):
            last = Place(last.epoch, last.seq + 1)
            covered |= {last} | ({entry.place} if entry.place else set())
        else:
            last = entry.place
    return covered


def _broken(box: str, entry: Broken) -> Finding:
    epoch, seq = entry.place or (None, None)
    return Finding(entry.flaw, entry.where, entry.box or box, epoch, seq, entry.cause)


def _strange(box: str, entry: Proven) -> Finding:
    cause = f"The record belongs to box {entry.box} and stands among those of {box}."
    return Finding(Flaw.OTHER_BOX, entry.where, entry.box, *entry.place, cause)

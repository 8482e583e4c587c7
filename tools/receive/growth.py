"""What one burst does to the chain of one box (pure): decided here, written by the store."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from edge.record.chain import Head, Place, follows
from edge.record.envelope import Verified

OTHER_BRANCH = "does not follow the record before it, or changes the key"
TAKEN = "another record is stored for the same place"


class Verdict(StrEnum):
    """What became of a message."""

    STORED = "stored"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    FORKED = "forked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified record, and when the platform received it (ISO 8601)."""

    record: Verified
    at: str

    @property
    def place(self) -> Place:
        """Where it stands in its chain."""
        return Place(self.record.link.epoch, self.record.link.seq)

    @property
    def sha256(self) -> str:
        """The hash that names it."""
        return self.record.envelope.sha256

    @property
    def key(self) -> tuple[Place, str]:
        """What tells it from every other record of its box."""
        return self.place, self.sha256


@dataclass(slots=True)
class Growth:
    """The end of a chain, and what a burst adds: to it, to the forks, to what waits for a gap.

    `sha256_at` returns which record is stored for a place that the chain has passed.
    """

    head: Head | None
    kid: str | None
    sha256_at: Callable[[Place], str | None]
    stored: list[Arrival] = field(default_factory=list)
    forked: list[tuple[Arrival, str]] = field(default_factory=list)
    aside: dict[tuple[Place, str], Arrival] = field(default_factory=dict)
    duplicates: int = 0

    def take(self, arrival: Arrival) -> Verdict:
        """Put a record at the chain's end, aside until a gap fills, or among the forks."""
        verdict = self._place(arrival)
        if verdict is not Verdict.WAITING:
            return verdict
        if self.aside.setdefault(arrival.key, arrival) is arrival:
            return Verdict.WAITING
        self.duplicates += 1
        return Verdict.DUPLICATE

    def take_up(self, waiting: Iterable[Arrival]) -> Sequence[Arrival]:
        """Place what now follows, of this burst and of what waited; return what waits no more."""
        gone = []
        for arrival in sorted((*self.aside.values(), *waiting), key=lambda a: a.place):
            if self._is_due(arrival.place) and self._place(arrival) is not Verdict.WAITING:
                gone.append(arrival)
                self.aside.pop(arrival.key, None)
        return gone

    def _place(self, arrival: Arrival) -> Verdict:
        head, place, link = self.head, arrival.place, arrival.record.link
        if head is not None and place <= Place(head.epoch, head.seq):
            return self._compare(arrival)
        if follows(head, link) and self._same_key(arrival):
            self._extend(arrival)
            return Verdict.STORED
        if place == (1, 1) or (head is not None and place == (head.epoch, head.seq + 1)):
            self.forked.append(
                (arrival, "does not follow the record before it, or changes the key")
            )
            return Verdict.FORKED
        return Verdict.WAITING

    def _compare(self, arrival: Arrival) -> Verdict:
        if self._stored_at(arrival.place) == arrival.sha256:
            self.duplicates += 1
            return Verdict.DUPLICATE
        self.forked.append((arrival, TAKEN))
        return Verdict.FORKED

    def _stored_at(self, place: Place) -> str | None:
        if self.stored and place >= self.stored[0].place:
            return next((a.sha256 for a in reversed(self.stored) if a.place == place), None)
        return self.sha256_at(place)

    def _extend(self, arrival: Arrival) -> None:
        self.stored.append(arrival)
        self.head, self.kid = Head(*arrival.place, arrival.sha256), arrival.record.kid

    def _same_key(self, arrival: Arrival) -> bool:
        head = self.head
        return head is None or head.epoch != arrival.place.epoch or self.kid == arrival.record.kid

    def _is_due(self, place: Place) -> bool:
        head = self.head
        return head is not None and (
            place <= Place(head.epoch, head.seq + 1) or place == (head.epoch + 1, 1)
        )

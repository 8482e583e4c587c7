"""What one burst does to the chain of one box (pure): decided here, written by the store."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from edge.record.chain import Head, Place, next_link
from edge.record.drops import Span, spans_of
from edge.record.envelope import Verified
from edge.record.message import GENESIS
from edge.record.rotation import Turn, introduced, turn_of
from tools.receive.refusals import Refusal

OTHER_BRANCH = "does not follow the record before it, or changes the key"
RESET = "opens an epoch with a key that no rotation named"
NO_ROTATION = "turns to another epoch than the next, or to a key that was used before"
TAKEN = "another record is stored for the same place"
CONTRADICTED = "says of a record that it was dropped, with another hash than it has"


class Verdict(StrEnum):
    """What became of a message."""

    STORED = "stored"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    FORKED = "forked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified record, and when the platform received it (ISO 8601).

    `vouched`: the register names its key for its epoch, `introduced`: a rotation does.
    """

    record: Verified
    at: str
    vouched: bool = False
    introduced: bool = False

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

    `next_kid` is the key that the last record named, if that is a rotation. `sha256_at` returns
    which record is stored for a place that the chain has passed, `retired` the keys it gave up,
    `span_over` what an earlier drop says of a place. `spans` is what the drops of this burst cover,
    each with the place of the drop; `late` is what came though the box had dropped it. `refused` is
    what waited and no longer counts.
    """

    head: Head | None
    kid: str | None
    sha256_at: Callable[[Place], str | None]
    span_over: Callable[[Place], Span | None] = lambda place: None
    spans: list[tuple[Span, Place]] = field(default_factory=list)
    late: list[Arrival] = field(default_factory=list)
    next_kid: str | None = None
    retired: Callable[[], Collection[str]] = tuple
    stored: list[Arrival] = field(default_factory=list)
    forked: list[tuple[Arrival, str]] = field(default_factory=list)
    aside: dict[tuple[Place, str], Arrival] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    duplicates: int = 0

    def take(self, arrival: Arrival) -> Verdict:
        """Put a record at the chain's end, aside until a gap fills, or among the forks."""
        verdict = self._place(arrival)
        if verdict in (Verdict.STORED, Verdict.WAITING):
            self._learn(arrival)
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

    def skip(self) -> bool:
        """Go on behind what the box dropped and signed for; return whether there was such."""
        if self.head is None:
            return False
        span = self._dropped_at(Place(self.head.epoch, self.head.seq + 1))
        if span is not None:
            self.head = Head(span.epoch, span.last, span.last_sha256)
        return span is not None

    def _learn(self, arrival: Arrival) -> None:
        for span in spans_of(arrival.record):
            self.spans.append((span, arrival.place))
            last = Place(span.epoch, span.last)
            passed = self.head is not None and last <= (self.head.epoch, self.head.seq)
            if passed and self._stored_at(last) not in (None, span.last_sha256):
                self.forked.append((arrival, CONTRADICTED))

    def _dropped_at(self, place: Place) -> Span | None:
        told = next((span for span, _ in self.spans if span.covers(place)), None)
        return told or self.span_over(place)

    def _place(self, arrival: Arrival) -> Verdict:
        head, place = self.head, arrival.place
        if head is not None and place <= Place(head.epoch, head.seq):
            return self._compare(arrival)
        if self._begins_anew(arrival) or (self._is_next(arrival) and self._may_sign(arrival)):
            return self._extend(arrival)
        fault = self._fault_at(arrival)
        if fault is None:
            return Verdict.WAITING
        self.forked.append((arrival, fault))
        return Verdict.FORKED

    def _fault_at(self, arrival: Arrival) -> str | None:
        """Return why a record that is none of this chain will never be; None: it may be yet."""
        head, place = self.head, arrival.place
        if place == (1, 1) or (head is not None and place == (head.epoch, head.seq + 1)):
            return OTHER_BRANCH
        opens = head is not None and place == (head.epoch + 1, 1)
        if opens and (self.next_kid is not None or self._names_head(arrival)):
            return RESET
        return None

    def _is_next(self, arrival: Arrival) -> bool:
        return arrival.record.link == next_link(self.head, self.next_kid is not None)

    def _names_head(self, arrival: Arrival) -> bool:
        return self.head is not None and arrival.record.link.prev == self.head.sha256

    def _begins_anew(self, arrival: Arrival) -> bool:
        """True for the first record of a box in the place of another: the register says so."""
        place, head = arrival.place, self.head
        later = place.epoch > (1 if head is None else head.epoch)
        return arrival.vouched and later and (place.seq, arrival.record.link.prev) == (1, GENESIS)

    def _compare(self, arrival: Arrival) -> Verdict:
        if self._stored_at(arrival.place) == arrival.sha256:
            self.duplicates += 1
            return Verdict.DUPLICATE
        if self._was_dropped(arrival):
            self.late.append(arrival)
            return Verdict.STORED
        self.forked.append((arrival, TAKEN))
        return Verdict.FORKED

    def _was_dropped(self, arrival: Arrival) -> bool:
        """True for a record that the box dropped after it was sent: it is known, and fits."""
        span = self._dropped_at(arrival.place)
        if span is None or self._stored_at(arrival.place) is not None:
            return False
        return arrival.place.seq != span.last or arrival.sha256 == span.last_sha256

    def _stored_at(self, place: Place) -> str | None:
        if any(late.place == place for late in self.late):
            return next(late.sha256 for late in self.late if late.place == place)
        if self.stored and place >= self.stored[0].place:
            return next((a.sha256 for a in reversed(self.stored) if a.place == place), None)
        return self.sha256_at(place)

    def _extend(self, arrival: Arrival) -> Verdict:
        turn = turn_of(arrival.record)
        if turn is not None and not self._is_valid(arrival, turn):
            self.forked.append((arrival, NO_ROTATION))
            return Verdict.FORKED
        self.stored.append(arrival)
        self.head, self.kid = Head(*arrival.place, arrival.sha256), arrival.record.kid
        self.next_kid = None if turn is None else turn.kid
        return Verdict.STORED

    def _is_valid(self, arrival: Arrival, turn: Turn) -> bool:
        used = {arrival.record.kid, *self.retired()}
        used |= {stored.record.kid for stored in self.stored}
        return introduced(arrival.record) is not None and turn.kid not in used

    def _may_sign(self, arrival: Arrival) -> bool:
        goes_on = self.next_kid or self.kid
        return goes_on in (None, arrival.record.kid)

    def _is_due(self, place: Place) -> bool:
        head = self.head
        return head is not None and (
            place <= Place(head.epoch, head.seq + 1) or place == (head.epoch + 1, 1)
        )

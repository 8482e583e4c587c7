"""One round over the held candidates: who is released, who is withdrawn, who must wait.

Each ending is one signed resolution. It is written down together with the deletion of all that
was kept of the candidate, so that a power cut leaves both or neither.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from typing import TypeAlias

from edge.access.decide import decide
from edge.access.evaluate import ACCUSING, OPEN
from edge.access.hold import (
    STOOD,
    End,
    Ending,
    Held,
    Redecide,
    State,
    Wait,
    aged,
    next_step,
    restored,
    settle,
    withdrawn_records,
)
from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Damaged, Order
from edge.daemon.damage import ROTTED, known, recorded
from edge.daemon.exhibits import LOST, are_whole, part_with
from edge.daemon.recovery import recover
from edge.errors import EvidenceError
from edge.feed.outbox import Outbox
from edge.ports import Clock, Registry, Signer
from edge.record.basis import rests_on
from edge.record.chain import Place
from edge.record.envelope import seal
from edge.record.evidence import EvidenceRoom
from edge.record.message import CandidateRef, ResolutionRecord, decode
from edge.record.testimony import Testimony
from edge.types import ClockReading, Envelope, Facts, Passage, Tally

log = logging.getLogger(__name__)
AT_ONCE = 8
"""Resolutions between two frames: a camera does not wait for hundreds."""
Endings: TypeAlias = Callable[[ResolutionRecord, datetime], Sequence[Tally]]
"""What an ending adds to the plate-free figures of its zone."""

Ended: TypeAlias = tuple[Held, Ending, ClockReading, Damaged | None]
"""A candidate and how it ends; its row, where that is damaged."""


def counts_nothing(record: ResolutionRecord, at: datetime) -> Sequence[Tally]:
    """Count nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Release:
    """What a round needs; the chain must be ours: `outbox` is open to append.

    `asked` remembers which registry was asked last about a candidate that waits.
    """

    registry: Registry
    laws: Sequence[Law]
    clock: Clock
    testimony: Testimony
    signer: Signer
    outbox: Outbox
    casebook: Casebook
    room: EvidenceRoom
    count: Endings = counts_nothing
    asked: dict[CandidateRef, str] = field(default_factory=dict)

    def round(self, at_once: int | None = AT_ONCE) -> list[Envelope]:
        """End what can be ended, at most so many; return the resolutions, now durable."""
        return self._end_each(chain(self._rotted(), self._endings()), at_once)

    def withdraw(self, at_once: int | None = None) -> list[Envelope]:
        """Carry out the orders to withdraw, and nothing else."""
        return self._end_each(self._ordered(self.casebook.orders()), at_once)

    def _end_each(self, endings: Iterator[Ended], at_once: int | None) -> list[Envelope]:
        done = [self._resolve(*ending) for ending in islice(endings, at_once)]
        recover(self.casebook, self.outbox)  # nothing of what has left stays in the casebook
        part_with(self.casebook, self.room)  # nor a picture of it
        return done

    def _rotted(self) -> Iterator[Ended]:
        """Withdraw what is damaged where its place is known; the rest stays, and is told."""
        for row in self.casebook.damaged():
            if (held := known(row, self.casebook, self.outbox, self.laws)) is not None:
                yield held, Ending(State.WITHDRAWN, ROTTED), self.clock.read(), row

    def _endings(self) -> Iterator[Ended]:
        orders = self.casebook.orders()
        for held in self.casebook.held():
            now = self.clock.read()
            ending = _ordered(held, orders) or self._ending(held, now)
            if ending is not None:
                yield held, ending, now, None

    def _ordered(self, orders: Sequence[Order]) -> Iterator[Ended]:
        for held in self.casebook.held():
            if (ending := _ordered(held, orders)) is not None:
                yield held, ending, self.clock.read(), None

    def _ending(self, held: Held, now: ClockReading) -> Ending | None:
        law = next((law for law in self.laws if law.zone.id == held.zone), None)
        step = next_step(held, now, self.registry.snapshot, law)
        if isinstance(step, End):
            sound = self.casebook.is_as_written(held)
            return Ending(step.state, step.reason if sound else ROTTED)
        if law is None:
            return None
        return (
            self._cleared(held, law, now)
            if isinstance(step, Wait)
            else self._decided(held, law, now)
        )

    def _cleared(self, held: Held, law: Law, now: ClockReading) -> Ending | None:
        """End a candidate as soon as a registry shows that it had access, whatever it waits for.

        The record that shows it may have vanished from the registry after that.
        """
        snapshot = self.registry.snapshot
        if snapshot is None or self.asked.get(held.candidate) == snapshot.sha256:
            return None
        log.info("candidate %d is opened: a registry it was not asked about", held.candidate.seq)
        passage = self.casebook.passage(held)
        if passage is None:
            return None  # it ends when its time has come
        facts = self.registry.facts(aged(passage, now))
        # Its moment was dated by a trusted clock: to see that it had access then, none is needed.
        decision = decide(aged(passage, now), facts, law, replace(now, trusted=True))
        if facts.fault is not None:
            return None
        self.asked[held.candidate] = snapshot.sha256
        if decision.outcome not in OPEN:
            return None
        return Ending(State.WITHDRAWN, decision.reason, decision, passage, facts)

    def _decided(self, held: Held, law: Law, now: ClockReading) -> Ending | None:
        """Decide once more, on what the registry says now of the moment of the passage."""
        log.info("candidate %d is opened to be decided again", held.candidate.seq)
        passage = self.casebook.passage(held)
        if passage is None:
            return Ending(State.WITHDRAWN, ROTTED)
        passage = aged(passage, now)
        facts = self.registry.facts(passage)
        decision = decide(passage, facts, law, now)
        # The registry may have been replaced since it was asked for its age.
        step = next_step(held, now, facts.snapshot, law)
        if facts.fault is not None or not isinstance(step, Redecide):
            return None
        end = settle(decision)
        if isinstance(end, Wait):
            return None
        ending = Ending(end.state, end.reason, decision, passage, facts)
        if end.state is not State.RELEASED:
            return ending
        if (stood := self._stood(held, passage, facts, law)) is not None:
            return stood
        names = self.testimony.names(decision)
        if any(rests_on(names, order.rests_on) for order in self.casebook.orders()):
            return None  # what it would be released on is itself to be withdrawn
        return self._proven(held, ending)

    def _stood(self, held: Held, passage: Passage, facts: Facts, law: Law) -> Ending | None:
        """Return the end of one that had access by a record that was taken back since."""
        if withdrawn_records(facts, held.t0, self.testimony.pseudonym) <= set(held.taken_back):
            return None
        stood = decide(passage, restored(facts), law, self.clock.read())
        if stood.outcome in ACCUSING:
            return None
        return Ending(State.WITHDRAWN, STOOD, stood, passage, facts)

    def _proven(self, held: Held, released: Ending) -> Ending | None:
        """Return a release whose pictures are there; None where the disk does not tell now."""
        try:
            whole = are_whole(held, self.casebook, self.room)
        except EvidenceError as e:
            log.warning("candidate %d waits: %s", held.candidate.seq, e.cause)
            return None
        return released if whole else Ending(State.WITHDRAWN, LOST)

    def _resolve(
        self, held: Held, ending: Ending, now: ClockReading, damaged: Damaged | None
    ) -> Envelope:
        told = held if ending.passage or damaged else self._as_signed(held)
        message = self.testimony.resolution(told, ending, now, self.outbox.next_link())
        envelope = seal(message, self.signer)
        tallies = self.count(decode(message).data, now.now)
        if ending.state is State.RELEASED:
            self.casebook.release(held, envelope, tallies)
        else:
            self.casebook.resolve(held, envelope, tallies, damaged)
        self.outbox.append(envelope)
        self.asked.pop(held.candidate, None)
        log.info("record %d: candidate %d %s", envelope.seq, told.candidate.seq, ending.state)
        return envelope

    def _as_signed(self, held: Held) -> Held:
        """Return what is to be told of a candidate: of one that was altered, its passage record."""
        if self.casebook.is_as_written(held):
            return held
        place = Place(held.candidate.epoch, held.candidate.seq)
        return recorded(place, self.outbox, self.laws) or held


def _ordered(held: Held, orders: Sequence[Order]) -> Ending | None:
    """Return the end of a candidate that rests on what is to be withdrawn."""
    reasons = (order.reason for order in orders if rests_on(held.rests_on, order.rests_on))
    reason = next(reasons, None)
    return None if reason is None else Ending(State.WITHDRAWN, reason)

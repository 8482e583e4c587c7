"""What is kept of a vehicle that may be accused, until the law lets it go or it is released."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from edge.access.calendar import civil_day
from edge.access.hold import (
    Dated,
    daily_limit,
    held,
    is_candidate,
    kept,
    let_go,
    pictured,
    unproven,
    withdrawn_records,
)
from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Entry, Mark
from edge.daemon.photographer import Photographer
from edge.errors import EvidenceError
from edge.record.evidence import Exhibits
from edge.record.message import CandidateRef, EvidenceRef
from edge.record.testimony import Testimony
from edge.types import REPLAY, ClockReading, Decision, Envelope, Facts, Passage


class Hold(NamedTuple):
    """That a vehicle is held: its mark of the day, and its pictures."""

    mark: Mark
    exhibits: Exhibits

    @property
    def evidence(self) -> Sequence[EvidenceRef]:
        """Return what its record says of its pictures."""
        return self.exhibits.refs


@dataclass(frozen=True, slots=True)
class Holding:
    """Keeps the pictures of candidates, and what the casebook must know of each."""

    casebook: Casebook
    photographer: Photographer
    testimony: Testimony

    def hold(self, passage: Passage, decision: Decision, law: Law) -> tuple[Decision, Hold | None]:
        """Return the decision as it stands in the record, and what is kept of one that is held.

        A vehicle that has been a candidate often enough that day is let go (RULES 2.6); so is one
        whose pictures cannot be kept.
        """
        if not is_candidate(decision, law):
            return decision, None
        day = civil_day(passage.seen_first, law.pack.timezone)
        name = self.testimony.pseudonym(passage.country or "", passage.plate, day)
        mark, limit = Mark(law.zone.id, day, name), daily_limit(law)
        if limit is not None and self.casebook.times_held(mark) >= limit:
            return let_go(decision), None
        try:
            exhibits = self.photographer.keep(passage)  # durable before a record names them
        except EvidenceError:
            return unproven(decision), None
        return kept(decision), Hold(mark, exhibits)

    def entry(
        self,
        hold: Hold,
        passage: Passage,
        facts: Facts | None,
        decision: Decision,
        law: Law,
        envelope: Envelope,
        now: ClockReading,
    ) -> Entry:
        """Return what the casebook is to know of a candidate whose record is sealed."""
        place = CandidateRef(envelope.epoch, envelope.seq, envelope.sha256)
        names, replayed = self.testimony.names(decision), now.source == REPLAY
        t0 = passage.seen_first
        gone = sorted(withdrawn_records(facts, t0, self.testimony.pseudonym))
        dated = Dated(now.boot_id, now.since_boot_ns, now.now)
        waits = replace(held(decision, t0, law, place, names, replayed, gone), dated=dated)
        waits = pictured(waits, hold.evidence, self.photographer.longest)
        return Entry(waits, passage, hold.mark, hold.exhibits.key)

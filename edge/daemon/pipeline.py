"""The box on one screen: a frame goes in, signed records of passages come out.

Frame -> Detection -> Reading -> Track -> Passage -> Facts -> Decision -> Message -> Envelope.
Every stage returns a value. What lasts between frames lives in the tracker, the desk, the
photographer, the window and the eyes.
Nothing here knows a camera, a model file or a network: `wiring.py` brings them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from edge.access.decide import decide
from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.daemon.eyesight import Eyes, Trusting
from edge.daemon.holding import Holding
from edge.daemon.photographer import Photographer
from edge.daemon.room import NO_ROOM, Endless, Room
from edge.daemon.window import Window
from edge.feed.outbox import Outbox
from edge.passage.lanes import WHOLE_PICTURE, View
from edge.passage.passage import Desk
from edge.passage.plate import bound_to_trailer
from edge.passage.track import Track
from edge.passage.tracker import Tracker
from edge.ports import Clock, PlateDetector, PlateReader, Registry, Signer
from edge.record.envelope import seal
from edge.record.testimony import Testimony
from edge.types import (
    ClockReading,
    Consequence,
    Decision,
    Detection,
    Envelope,
    Facts,
    Frame,
    Passage,
    Reading,
    Tally,
)

Count: TypeAlias = Callable[[Passage, Facts | None, Decision, Law], Sequence[Tally]]
"""What a decision adds to the plate-free figures of its zone."""


def counts_nothing(
    passage: Passage, facts: Facts | None, decision: Decision, law: Law
) -> Sequence[Tally]:
    """Count nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A passage, what was decided in one zone, and the record that is now durable.

    `envelope` None: the zone is not in force yet, so the passage was counted and nothing more.
    """

    passage: Passage
    decision: Decision
    envelope: Envelope | None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything between a frame and the outbox, called in order."""

    detector: PlateDetector
    reader: PlateReader
    tracker: Tracker
    desk: Desk
    registry: Registry
    laws: Sequence[Law]
    clock: Clock
    testimony: Testimony
    signer: Signer
    outbox: Outbox
    casebook: Casebook
    view: View = WHOLE_PICTURE
    count: Count = counts_nothing
    photographer: Photographer = field(default_factory=Photographer)
    window: Window = field(default_factory=Window)
    room: Room = Endless()  # noqa: RUF009 - it holds nothing
    eyes: Eyes = Trusting()  # noqa: RUF009 - nor does this

    def step(self, frame: Frame) -> list[Conclusion]:
        """Take one frame; return what was concluded of vehicles that have gone by."""
        self.eyes.see(frame)
        found = self.detector.detect(frame.image)
        readings = self.read_plates(frame, found)
        self.window.see(frame, readings, found)
        due = self.tracker.update(frame, readings)
        self.photographer.see(frame, found, [*self.tracker.followed, *due])
        return self._conclude_all(due)

    def finish(self) -> list[Conclusion]:
        """Conclude on the vehicles still in the picture: no frame will follow."""
        return self._conclude_all(self.tracker.finish())

    def read_plates(self, frame: Frame, found: Sequence[Detection]) -> Sequence[Reading]:
        """Read every plate in the region that counts, whatever vehicle carries it."""
        return self.reader.read(frame.image, self.view.within(found, frame.image))

    def conclude(self, passage: Passage) -> list[Conclusion]:
        """Decide on one passage in every zone this camera guards, and make it durable.

        A plate in doubt is not looked up: it could be another vehicle's. Nor is a trailer's, nor
        one that a blind camera showed.
        Where there is no room for a record it is counted as missed, and nothing is decided.
        """
        now = self.clock.read()
        towed = bound_to_trailer(passage.country, passage.plate)
        certain = passage.doubt is None and passage.blind is None and now.trusted
        facts = self.registry.facts(passage) if certain and not towed else None
        taken = (self._take(passage, facts, law, now) for law in self.laws)
        return [conclusion for conclusion in taken if conclusion is not None]

    def _conclude_all(self, tracks: Sequence[Track]) -> list[Conclusion]:
        in_sight = [*self.tracker.followed, *tracks]
        announced = (self.desk.announce(track, in_sight) for track in tracks)
        passages = [passage for passage in announced if passage is not None]
        blind = self.eyes.doubt() if passages else None
        judged = [replace(passage, blind=blind) for passage in passages]
        return [conclusion for passage in judged for conclusion in self.conclude(passage)]

    def _take(
        self, passage: Passage, facts: Facts | None, law: Law, now: ClockReading
    ) -> Conclusion | None:
        if not self.room.opens():
            self.room.miss(passage)
            return None
        try:
            return self._record(passage, facts, decide(passage, facts, law, now), law, now)
        except NO_ROOM as e:
            self.room.fail(e, passage)
            return None

    def _record(
        self,
        passage: Passage,
        facts: Facts | None,
        decision: Decision,
        law: Law,
        now: ClockReading,
    ) -> Conclusion:
        if decision.consequence is Consequence.NOT_ENFORCED:
            self.casebook.count(self.count(passage, facts, decision, law))
            return Conclusion(passage, decision, None)
        holding = Holding(self.casebook, self.photographer, self.testimony)
        decision, hold = holding.hold(passage, decision, law)
        evidence = () if hold is None else hold.evidence
        link = self.outbox.next_link()
        message = self.testimony.passage(passage, facts, decision, now, link, evidence)
        envelope = seal(message, self.signer)
        entry = hold and holding.entry(hold, passage, facts, decision, law, envelope, now)
        # First the intent, then the record: a power cut in between is made good at the start.
        self.casebook.enter(envelope, entry, self.count(passage, facts, decision, law))
        self.outbox.append(envelope)  # durable before anything else happens
        return Conclusion(passage, decision, envelope)

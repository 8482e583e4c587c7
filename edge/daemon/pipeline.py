"""The box on one screen: a frame goes in, signed records of passages come out.

Frame -> Detection -> Reading -> Track -> Passage -> Facts -> Decision -> Message -> Envelope.
Every stage returns a value; what lasts between frames lives in the tracker and the desk alone.
Nothing here knows a camera, a model file or a network: `wiring.py` brings them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.access.decide import decide
from edge.access.rules import Law
from edge.feed.outbox import Outbox
from edge.passage.lanes import WHOLE_PICTURE, View, in_lane
from edge.passage.passage import Desk
from edge.passage.plate import bound_to_trailer
from edge.passage.tracker import Track, Tracker
from edge.ports import Clock, PlateDetector, PlateReader, Registry, Signer
from edge.record.envelope import seal
from edge.record.testimony import Testimony
from edge.types import ClockReading, Decision, Envelope, Facts, Frame, Passage, Reading


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A passage, what was decided in one zone, and the record that is now durable."""

    passage: Passage
    decision: Decision
    envelope: Envelope


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
    view: View = WHOLE_PICTURE

    def step(self, frame: Frame) -> list[Conclusion]:
        """Take one frame; return what was concluded of vehicles that have gone by."""
        return self._conclude_all(self.tracker.update(frame, self.read_plates(frame)))

    def finish(self) -> list[Conclusion]:
        """Conclude on the vehicles still in the picture: no frame will follow."""
        return self._conclude_all(self.tracker.finish())

    def read_plates(self, frame: Frame) -> Sequence[Reading]:
        """Find and read every plate in the region that counts, whatever vehicle carries it."""
        found = self.view.within(self.detector.detect(frame.image), frame.image)
        return self.reader.read(frame.image, found)

    def conclude(self, passage: Passage) -> list[Conclusion]:
        """Decide on one passage in every zone this camera guards, and make it durable.

        A plate in doubt is not looked up: it could be another vehicle's. Nor is a trailer's.
        """
        now = self.clock.read()
        towed = bound_to_trailer(passage.country, passage.plate)
        certain = passage.doubt is None and now.trusted
        facts = self.registry.facts(passage) if certain and not towed else None
        return [
            self._record(passage, facts, decide(passage, facts, law, now), now) for law in self.laws
        ]

    def _conclude_all(self, tracks: Sequence[Track]) -> list[Conclusion]:
        announced = ((self.desk.announce(track), track.lane) for track in tracks)
        passages = [in_lane(passage, lane) for passage, lane in announced if passage is not None]
        return [conclusion for passage in passages for conclusion in self.conclude(passage)]

    def _record(
        self, passage: Passage, facts: Facts | None, decision: Decision, now: ClockReading
    ) -> Conclusion:
        message = self.testimony.passage(passage, facts, decision, now, self.outbox.next_link())
        envelope = seal(message, self.signer)
        self.outbox.append(envelope)  # durable before anything else happens
        return Conclusion(passage, decision, envelope)

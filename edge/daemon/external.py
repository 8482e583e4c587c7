"""A camera that we do not own in the place of ours: its readings go the way of our own passages."""

import threading
from collections.abc import Iterable, Iterator, Sequence

from edge.capture.external.listen import ForeignCamera
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.passage.foreign import ForeignPolicy, Gathering, Heard, foreign_passage
from edge.passage.lanes import Lane, in_lane
from edge.ports import Clock
from edge.types import Detection, Image, Passage, Reading

WAIT_S = 0.5
REMEDY = "Look at the push settings of the camera, and at external.product."


class NoEyes:
    """Detector and reader of a box that sees nothing itself."""

    def detect(self, image: Image) -> Sequence[Detection]:
        """Find nothing."""
        return ()

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Read nothing."""
        return ()


class ForeignWatch:
    """Concludes on the vehicles that a foreign camera tells of; implements `Watch`."""

    frames_each = 0

    def __init__(
        self,
        camera: ForeignCamera,
        pipeline: Pipeline,
        policy: ForeignPolicy,
        lanes: Sequence[Lane],
        clock: Clock,
    ) -> None:
        """Take the camera's messages from now on."""
        self._camera, self._pipeline, self._policy = camera, pipeline, policy
        self._lanes = {lane.name: lane for lane in lanes}
        self._clock, self._gathering = clock, Gathering()
        self._stopped, self._told_of = threading.Event(), 0

    def conclusions(self) -> Iterator[list[Conclusion]]:
        """Yield what was concluded, at least twice a second, until it is told to stop."""
        while not self._stopped.is_set():
            for message in self._camera.messages(WAIT_S):
                now = self._clock.read()
                taken = [self._gathering.take(reading, now) for reading in message.readings]
                concluded = self._conclude(heard for vehicles in taken for heard in vehicles)
                message.done.set()  # it is durable, even if nobody asks for another step
                yield concluded
            yield self._conclude(self._gathering.silent(self._clock.read()))

    def moves(self) -> bool:
        """Always: it comes to us."""
        return True

    def nudge(self) -> None:
        """Do nothing: the next step is never far."""

    def stop(self) -> None:
        """End soon; may be called from a signal handler."""
        self._stopped.set()

    def finish(self) -> list[Conclusion]:
        """Conclude on the vehicles of which more was to come."""
        return self._conclude(self._gathering.finish())

    def close(self) -> None:
        """Close the door to the camera."""
        self.stop()
        self._camera.close()

    def lost(self) -> str:
        """Say how many messages could not be read."""
        return f"{self.refused} messages of the camera could not be read"

    @property
    def dropped(self) -> int:
        """None: the frames are the camera's."""
        return 0

    @property
    def refused(self) -> int:
        """How many messages of the camera could not be read."""
        return self._camera.refused

    @property
    def away_s(self) -> float:
        """None: it is not known of a camera that sends nothing whether it sees anything."""
        return 0.0

    def fault(self) -> str | None:
        """Say that messages came which could not be read, if any did since the last time."""
        before, self._told_of = self._told_of, self.refused
        return "Messages of the camera cannot be read." if self._told_of > before else None

    def ended(self) -> str:
        """Say that what came lately could be read."""
        return "Messages of the camera can be read again."

    def _conclude(self, vehicles: Iterable[Heard]) -> list[Conclusion]:
        passages = (foreign_passage(heard, self._policy) for heard in vehicles)
        return [
            conclusion
            for passage in passages
            for conclusion in self._pipeline.conclude(self._in_lane(passage))
        ]

    def _in_lane(self, passage: Passage) -> Passage:
        return in_lane(passage, self._lanes.get(passage.lane or ""))

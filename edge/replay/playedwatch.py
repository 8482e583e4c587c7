"""The camera of a tester's run, and the daemon's own watch with a notebook beside it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.daemon.body import Body
from edge.daemon.pipeline import Conclusion
from edge.daemon.silence import Silence
from edge.daemon.watch import OwnWatch
from edge.replay.clock import RunClock
from edge.replay.session import Notebook
from edge.types import Frame


@dataclass(slots=True)
class Now:
    """How a run stands: its time, the frame that the camera gives, whether the power was cut."""

    clock: RunClock
    frame: Frame | None = None
    is_cut: bool = False


class PlayedCamera:
    """The camera of a run; implements `LiveFrames`. It leads the run from moment to moment."""

    def __init__(self, moments: Callable[[], Iterator[Frame | None]]) -> None:
        """Give the frames of these moments."""
        self._moments = moments
        self.answers = self.dropped = 0

    def frames(self) -> Iterator[Frame | None]:
        """Yield each frame, None where there is none."""
        for frame in self._moments():
            self.answers += 1
            yield frame

    def nudge(self) -> None:
        """Do nothing: nobody waits."""

    def stop(self) -> None:
        """Do nothing: a run ends by itself."""

    def close(self) -> None:
        """Let go of nothing."""


class NotedWatch(OwnWatch):
    """The watch of the daemon, with a notebook beside it."""

    def __init__(
        self, camera: PlayedCamera, book: Notebook, silence: Silence, body: Body, now: Now
    ) -> None:
        """Watch as the daemon does."""
        super().__init__(camera, book.line, silence, body)
        self._book, self._now = book, now

    def conclusions(self) -> Iterator[Sequence[Conclusion]]:
        """Yield the conclusions of each frame, and every second where none comes."""
        for found in super().conclusions():
            frame, at_s = self._now.frame, self._now.clock.at_s
            if frame is None:
                self._book.rest(found, at_s)
            else:
                self._book.step(frame, found, at_s)
            yield found

    def finish(self) -> Sequence[Conclusion]:
        """Conclude on the vehicles still in the picture; after a cut of the power nobody does."""
        if self._now.is_cut:
            return ()
        found = super().finish()
        self._book.rest(found, self._now.clock.at_s)
        return found

"""What a box watches the road with: a camera of its own, or one that it does not own."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from edge.daemon.body import Body
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.silence import Silence
from edge.types import Frame


class Watch(Protocol):
    """Yields what was concluded, step by step, until it is told to stop."""

    frames_each: int
    """How many frames the box looked at in the last step."""

    def conclusions(self) -> Iterator[Sequence[Conclusion]]:
        """Yield the conclusions of each step; there is one every other second at least."""
        ...

    def moves(self) -> bool:
        """True when the camera came back from being asked, since this was asked last.

        It may have said that it has no picture; while a call to it hangs, nothing moves.
        """
        ...

    def nudge(self) -> None:
        """Let the next step come at once; any thread may."""
        ...

    def stop(self) -> None:
        """End soon; may be called from a signal handler."""
        ...

    def close(self) -> None:
        """Let go of the camera."""
        ...

    def finish(self) -> Sequence[Conclusion]:
        """Conclude on the vehicles still in sight."""
        ...

    def lost(self) -> str:
        """Say what of the camera's never became a reading."""
        ...

    @property
    def dropped(self) -> int:
        """How many frames nobody had time for."""
        ...

    @property
    def refused(self) -> int:
        """How many messages of the camera could not be read."""
        ...

    @property
    def away_s(self) -> float:
        """How long there was no camera to watch with, all times together."""
        ...

    def fault(self) -> str | None:
        """Say what went wrong with the camera, or with what it sent since the last time."""
        ...

    def ended(self) -> str:
        """Say of the last fault that it is over."""
        ...


class LiveFrames(Protocol):
    """The camera of the box as it is watched: the newest frame, however long the last one took.

    `answers` counts how often it came back from being asked, `dropped` what nobody had time for.
    """

    answers: int
    dropped: int

    def frames(self) -> Iterator[Frame | None]:
        """Yield the newest frame, None each time that there is none. Raises CaptureError."""
        ...

    def nudge(self) -> None:
        """Let whoever waits for a frame wait no longer, once; any thread may."""
        ...

    def stop(self) -> None:
        """End the frames soon; may be called from a signal handler."""
        ...

    def close(self) -> None:
        """Let go of the camera."""
        ...


class OwnWatch:
    """The camera of the box, frame by frame."""

    frames_each = 0

    def __init__(
        self, camera: LiveFrames, pipeline: Pipeline, silence: Silence, body: Body
    ) -> None:
        """Look at every frame that there is time for, and that the body wants."""
        self._camera, self._pipeline, self._body = camera, pipeline, body
        self._silence, self._answers = silence, 0

    def conclusions(self) -> Iterator[Sequence[Conclusion]]:
        """Yield the conclusions of each frame, and every second where none comes.

        Once the camera has fallen silent, nobody in sight is waited for any more; nor where it is
        triggered, and has not been for a while.
        """
        for frame in self._camera.frames():
            self.frames_each = 0 if frame is None else 1
            if frame is None:
                is_over = self._silence.falls() or self._silence.leaves_road_empty()
                yield self._pipeline.finish() if is_over else ()
                continue
            self._silence.hear(frame)
            if self._body.wants(self.dropped):
                yield self._pipeline.step(frame)

    def moves(self) -> bool:
        """True when the camera came back from being asked, since this was asked last."""
        before, self._answers = self._answers, self._camera.answers
        return self._answers > before

    def nudge(self) -> None:
        """Let the next step come at once; any thread may."""
        self._camera.nudge()

    def stop(self) -> None:
        """End soon; may be called from a signal handler."""
        self._camera.stop()

    def close(self) -> None:
        """Let go of the camera."""
        self._camera.close()

    def finish(self) -> Sequence[Conclusion]:
        """Conclude on the vehicles still in the picture."""
        return self._pipeline.finish()

    def lost(self) -> str:
        """Say how many frames nobody had time for."""
        return f"{self.dropped} frames were dropped for newer ones"

    @property
    def dropped(self) -> int:
        """How many frames nobody had time for."""
        return self._camera.dropped

    @property
    def refused(self) -> int:
        """None: a camera of our own sends no messages."""
        return 0

    @property
    def away_s(self) -> float:
        """How long the camera gave no picture, all times together."""
        return self._silence.away_s

    def fault(self) -> str | None:
        """Say since when the camera has given no picture, if so."""
        return self._silence.fault()

    def ended(self) -> str:
        """Say when the camera gave no picture the last time."""
        return self._silence.ended()

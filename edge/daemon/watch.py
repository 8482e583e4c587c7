"""What a box watches the road with: a camera of its own, or one that it does not own."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from edge.capture.newest import NewestFrame
from edge.daemon.body import Body
from edge.daemon.pipeline import Conclusion, Pipeline


class Watch(Protocol):
    """Yields what was concluded, step by step, until it is told to stop."""

    frames_each: int
    """How many frames the box looks at in one step."""

    def conclusions(self) -> Iterator[Sequence[Conclusion]]:
        """Yield the conclusions of each step. Raises CaptureError when the camera fails."""
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

    def fault(self) -> str | None:
        """Say what went wrong with what the camera sent since the last time."""
        ...


class OwnWatch:
    """The camera of the box, frame by frame."""

    frames_each = 1

    def __init__(self, camera: NewestFrame, pipeline: Pipeline, body: Body) -> None:
        """Look at every frame that there is time for, and that the body wants."""
        self._camera, self._pipeline, self._body = camera, pipeline, body

    def conclusions(self) -> Iterator[Sequence[Conclusion]]:
        """Yield the conclusions of each frame. Raises CaptureError when the camera fails."""
        for frame in self._camera.frames():
            if self._body.wants(self.dropped):
                yield self._pipeline.step(frame)

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

    def fault(self) -> str | None:
        """Say nothing: a camera of our own that fails ends the box."""
        return None

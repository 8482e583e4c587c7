"""The newest frame wins: a thread drains the camera while the box is busy with one frame."""

import threading
from collections.abc import Iterator

from edge.errors import CaptureError
from edge.ports import FrameSource
from edge.types import Frame

JOIN_S = 10.0  # longer than a silent camera keeps a read waiting


class NewestFrame:
    """Hands out the newest frame of a source; frames that nobody had time for are counted."""

    def __init__(self, source: FrameSource) -> None:
        """Start draining the source in a thread."""
        self._source = source
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._ended = self._stopped = False
        self._error: CaptureError | None = None
        self.dropped = 0
        self._thread = threading.Thread(target=self._drain, name="capture", daemon=True)
        self._thread.start()

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame each time one is asked for; ends with the source.

        Raises CaptureError when the source did.
        """
        while (frame := self._next()) is not None:
            yield frame
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End the frames soon; may be called from a signal handler."""
        with self._changed:
            self._ended = self._stopped = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop, and wait until the thread has let go of the camera."""
        self.stop()
        self._thread.join(JOIN_S)

    def _next(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._ended)
            frame, self._frame = self._frame, None
            return None if self._stopped else frame

    def _drain(self) -> None:
        try:
            for frame in self._source.frames():
                if self._stopped:
                    break
                self._put(frame)
        except CaptureError as e:
            self._error = e
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            self.dropped += self._frame is not None
            self._frame = frame
            self._changed.notify_all()

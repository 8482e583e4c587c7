"""The newest frame wins: a thread drains the camera while the box is busy with one frame."""

import threading
from collections.abc import Iterator
from typing import Protocol

from edge.errors import CaptureError
from edge.types import Frame

JOIN_S = 10.0  # longer than a silent camera keeps a read waiting
IDLE_S = 1.0


class LiveSource(Protocol):
    """A camera at work."""

    def frames(self) -> Iterator[Frame | None]:
        """Yield frames in order of capture, and None each time that there is none to be had."""
        ...


class NewestFrame:
    """Hands out the newest frame of a camera; frames that nobody had time for are counted.

    `answers` counts how often the camera came back from being asked, with a frame or without:
    while it stands still, a call to the camera hangs.
    """

    def __init__(self, source: LiveSource, idle_s: float = IDLE_S) -> None:
        """Start draining the source in a thread."""
        self._source, self._idle_s = source, idle_s
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._ended = self._stopped = self._nudged = self._finished = False
        self._error: CaptureError | None = None
        self.dropped = self.answers = 0
        self._thread = threading.Thread(target=self._drain, name="capture", daemon=True)
        self._thread.start()

    def frames(self) -> Iterator[Frame | None]:
        """Yield the newest frame each time one is asked for, None where none came for a while.

        No frame is yielded twice. Ends with the source. Raises CaptureError when the source did, or
        ended by a fault.
        """
        while self._waits():
            yield self._take()
        if self._error is not None:
            raise self._error
        if not (self._finished or self._stopped):
            raise CaptureError(
                "The thread that reads the camera ended by a fault.",
                "The log says which; systemd starts the service again.",
            )

    def nudge(self) -> None:
        """Let whoever waits for a frame wait no longer, once; any thread may."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def stop(self) -> None:
        """End the frames soon; may be called from a signal handler."""
        with self._changed:
            self._ended = self._stopped = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop, and wait until the thread has let go of the camera."""
        self.stop()
        self._thread.join(JOIN_S)

    def _waits(self) -> bool:
        """Wait for a frame, though not for ever; False when there will be none any more."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._frame is not None or self._ended or self._nudged, self._idle_s
            )
            self._nudged = False
            return not self._stopped and (self._frame is not None or not self._ended)

    def _take(self) -> Frame | None:
        with self._changed:
            frame, self._frame = self._frame, None
            return frame

    def _drain(self) -> None:
        try:
            for frame in self._source.frames():
                self.answers += 1
                if self._stopped:
                    break
                if frame is not None:
                    self._put(frame)
            self._finished = True
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

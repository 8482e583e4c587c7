import threading
from collections.abc import Iterator

import pytest

from edge.capture.newest import NewestFrame
from edge.errors import CaptureError
from edge.types import Frame
from tests.fakes import frame


class GatedSource:
    """Gives the frames it is let give."""

    def __init__(self, count: int, error: CaptureError | None = None) -> None:
        self.gate = threading.Semaphore(0)
        self.given = threading.Semaphore(0)
        self.count, self.error = count, error

    def frames(self) -> Iterator[Frame]:
        for i in range(self.count):
            self.gate.acquire()
            yield frame(i)
            self.given.release()
        if self.error:
            raise self.error


def test_a_slow_box_gets_the_newest_frame_and_the_dropped_ones_are_counted() -> None:
    source = GatedSource(5)
    newest = NewestFrame(source)
    for _ in range(5):
        source.gate.release()
    for _ in range(5):
        source.given.acquire()
    assert [f.index for f in newest.frames()] == [4]
    assert newest.dropped == 4


def test_a_camera_that_fails_is_told_to_the_box() -> None:
    newest = NewestFrame(GatedSource(0, CaptureError("The camera is gone.", "Check it.")))
    with pytest.raises(CaptureError, match="gone"):
        list(newest.frames())


def test_stopping_ends_the_frames_even_while_the_camera_is_silent() -> None:
    source = GatedSource(3)
    newest = NewestFrame(source)
    threading.Timer(0.05, newest.stop).start()
    assert list(newest.frames()) == []

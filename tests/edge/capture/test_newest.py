import threading
import time
from collections.abc import Iterator
from queue import Queue

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
    assert [f.index for f in newest.frames() if f] == [4]
    assert (newest.dropped, newest.answers) == (4, 5)


def test_a_camera_that_fails_is_told_to_the_box() -> None:
    newest = NewestFrame(GatedSource(0, CaptureError("The camera is gone.", "Check it.")))
    with pytest.raises(CaptureError, match="gone"):
        list(newest.frames())


def test_a_fault_of_the_thread_is_no_end_of_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    monkeypatch.setattr(threading, "excepthook", said.append)

    class Faulty:
        def frames(self) -> Iterator[Frame | None]:
            yield None
            raise TypeError("a fault of ours")

    newest = NewestFrame(Faulty())
    with pytest.raises(CaptureError, match="ended by a fault"):
        list(newest.frames())
    newest.close()
    assert len(said) == 1


def test_stopping_ends_the_frames_even_while_the_camera_is_silent() -> None:
    source = GatedSource(3)
    newest = NewestFrame(source)
    threading.Timer(0.05, newest.stop).start()
    assert list(newest.frames()) == []


class Ordered:
    """Gives what it is told to give: frames, or the word that there is none."""

    def __init__(self) -> None:
        self.orders: Queue[Frame | None] = Queue()

    def frames(self) -> Iterator[Frame | None]:
        while True:
            yield self.orders.get()


def test_a_silent_camera_is_told_of_and_its_answers_go_on() -> None:
    source = Ordered()
    newest = NewestFrame(source, idle_s=0.01)
    frames = newest.frames()
    assert next(frames) is None
    assert newest.answers == 0  # a call hangs
    source.orders.put(None)
    while not newest.answers:
        assert next(frames) is None
    newest.stop()


def test_after_a_reconnect_nothing_old_comes_and_the_count_of_dropped_frames_goes_on() -> None:
    source = Ordered()
    newest = NewestFrame(source, idle_s=0.01)
    for given in (frame(0), frame(1), None, frame(2), frame(3)):
        source.orders.put(given)
    while newest.answers < 5:
        time.sleep(0.001)
    frames = newest.frames()
    assert [found and found.index for found in (next(frames), next(frames))] == [3, None]
    assert newest.dropped == 3
    newest.stop()


def test_who_waits_for_a_frame_may_be_nudged_once_and_loses_none_by_it() -> None:
    source = GatedSource(1)
    newest = NewestFrame(source, idle_s=60)
    frames = newest.frames()
    began = time.monotonic()
    newest.nudge()
    assert next(frames) is None
    assert time.monotonic() - began < 30
    source.gate.release()
    found = next(frames)
    assert found is not None
    assert found.index == 0
    newest.stop()

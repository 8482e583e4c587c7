"""The frames of a replay: one is decoded while the one before is looked at."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from edge.capture.clip import frame_at
from edge.errors import CaptureError
from edge.replay.footage import ahead
from edge.types import Frame

NOW = datetime(2028, 6, 1, tzinfo=UTC)
PATIENCE_S = 60


def frames(count: int) -> Iterator[Frame]:
    for index in range(count):
        yield frame_at(np.zeros((8, 8, 3), np.uint8), index, NOW, 15.0)


def test_all_frames_come_in_their_order() -> None:
    assert [frame.index for frame in ahead(frames(5))] == [0, 1, 2, 3, 4]
    assert list(ahead(frames(0))) == []


def test_the_next_frame_is_decoded_while_one_is_looked_at() -> None:
    asked = threading.Event()

    def told() -> Iterator[Frame]:
        yield from frames(1)
        asked.set()

    coming = ahead(told())
    assert next(coming).index == 0
    assert asked.wait(PATIENCE_S)  # nobody has asked for another one yet
    coming.close()


def test_a_fault_comes_after_the_frame_before_it() -> None:
    def cut() -> Iterator[Frame]:
        yield from frames(2)
        raise CaptureError("The clip is cut off.", "Copy it again.")

    coming = ahead(cut())
    assert [next(coming).index, next(coming).index] == [0, 1]
    with pytest.raises(CaptureError, match="cut off"):
        next(coming)

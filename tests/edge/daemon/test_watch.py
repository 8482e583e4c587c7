"""The watch looks at the frames that the body wants, and a passage says that it left some out."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np

from edge.capture.newest import NewestFrame
from edge.clock import SystemClock
from edge.daemon.body import Body
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.silence import Silence
from edge.daemon.watch import OwnWatch
from edge.record.active import Slowed
from edge.record.envelope import decode_part, split
from edge.record.message import decode
from edge.types import Frame
from tests.cases import passage
from tests.edge.test_fail_safe import PLATE, Box


class Camera:
    """Gives a frame whenever one is asked for."""

    def frames(self) -> Iterator[Frame]:
        for index in range(12):
            image = np.zeros((8, 8, 3), np.uint8)
            yield Frame(image, index, datetime.now(UTC), index)
            time.sleep(0.02)


class Every:
    """A body that wants every third frame."""

    asked = 0

    def wants(self, dropped: int) -> bool:
        self.asked += 1
        return self.asked % 3 == 0


class Line:
    """A pipeline that only counts."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def step(self, frame: Frame) -> list[Conclusion]:
        self.seen.append(frame.index)
        return []


def test_frames_that_the_body_does_not_want_never_reach_the_pipeline() -> None:
    line, body = Line(), Every()
    silence = Silence(SystemClock())
    watch = OwnWatch(NewestFrame(Camera()), cast(Pipeline, line), silence, cast(Body, body))
    assert len(list(watch.conclusions())) == len(line.seen) == body.asked // 3
    watch.close()


SLOWED = Slowed(frames_per_s=7.5, of_per_s=15.0, reasons=("heat",))


def test_a_passage_is_signed_with_the_pace_of_its_moment(tmp_path: Path) -> None:
    box = Box(tmp_path)
    for slowed in (None, SLOWED):
        testimony = replace(box.pipeline.testimony, slowed=lambda slowed=slowed: slowed)
        line = replace(box.pipeline, testimony=testimony)
        (conclusion,) = line.conclude(passage(PLATE))
        assert conclusion.envelope is not None
        payload = decode_part(split(conclusion.envelope.jws)[1])
        assert decode(payload).data.slowed == slowed
        assert (b'"slowed"' in payload) is (slowed is not None)
    box.stop()

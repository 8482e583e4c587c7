"""A replay: clips through the production pipeline, as fast as they can be read or in real time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.capture.clip import Clip, ImageFolder
from edge.clock import ReplayClock
from edge.daemon.pipeline import Conclusion, Pipeline, counts_nothing
from edge.errors import CaptureError
from edge.ports import PlateReader
from edge.types import Detection, Frame, Image, Reading

Watch = Callable[[Frame, Sequence[Reading], Sequence[Conclusion]], None]
"""Called after every frame with what was read in it and what was concluded."""


class WatchedReader:
    """A reader that remembers what it read last, so that the film can show it."""

    def __init__(self, reader: PlateReader) -> None:
        """Watch a reader."""
        self._reader = reader
        self.last: Sequence[Reading] = ()

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Return one reading for each detection."""
        self.last = self._reader.read(image, detections)
        return self.last


@dataclass(frozen=True, slots=True)
class Played:
    """What one clip gave; `fault` says why it ended early."""

    clip: Clip | ImageFolder
    frames: int
    seconds: float
    conclusions: tuple[Conclusion, ...]
    fault: CaptureError | None = None


def play(
    clip: Clip | ImageFolder, pipeline: Pipeline, clock: ReplayClock, watch: Watch, real_time: bool
) -> Played:
    """Play one clip to its end, or to where it is cut off."""
    watched = WatchedReader(pipeline.reader)
    line = replace(
        pipeline,
        reader=watched,
        tracker=pipeline.tracker.afresh(),
        desk=pipeline.desk.afresh(),
        photographer=pipeline.photographer.afresh(),
        count=counts_nothing,  # a clip is no traffic of this site
    )
    conclusions: list[Conclusion] = []
    frames, began = 0, time.monotonic()
    frame: Frame | None = None
    fault: CaptureError | None = None
    try:
        for frame in clip.frames():
            clock.show(frame)
            if real_time:
                time.sleep(max(0.0, began + frame.monotonic_ns / 1e9 - time.monotonic()))
            new = line.step(frame)
            conclusions += new
            frames += 1
            watch(frame, watched.last, new)
    except CaptureError as e:
        fault = e  # what was seen until here is concluded and reported first
    new = line.finish()
    if frame is not None:
        watch(frame, (), new)
    return Played(clip, frames, time.monotonic() - began, (*conclusions, *new), fault)

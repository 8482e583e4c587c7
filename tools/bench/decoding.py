"""What it costs to get a frame: out of H.264, of motion JPEG, or as raw YUYV, all of one clip."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import cv2

from edge.capture.clip import open_clip
from edge.errors import CaptureError
from edge.types import Frame
from tools.bench.figure import Figure, Findings
from tools.bench.ready import Ready
from tools.bench.timing import Times
from tools.demo.__main__ import AT

START = datetime.fromisoformat(AT)
AS_FILMED = "decode as filmed"
NO_JPEG = "Motion JPEG is left out: this OpenCV does not write it."


def decoded(clip: Path, limit: int) -> tuple[list[Frame], Times]:
    """Return the first frames of a clip, and what each took. Raises CaptureError.

    A clip that is cut off gives what it has.
    """
    frames: list[Frame] = []
    taken = Times()
    source = iter(open_clip(clip, START).frames())
    try:
        while len(frames) < limit:
            frames.append(taken.take(partial(next, source)))
    except StopIteration:
        pass
    except CaptureError:
        if not frames:
            raise
    count = len(frames)
    return frames, Times(taken.clock[:count], taken.processor[:count])


def capture(ready: Ready) -> Findings:
    """Set what decoding took beside what it takes from cameras that compress less, or nothing."""
    height, width = ready.frames[0].image.shape[:2]
    group = f"capture, one frame of {width} x {height}"
    as_filmed = ready.decoding.figure(group, AS_FILMED)
    clip = ready.folder / "motion.avi"
    if not motion_jpeg(ready.frames, clip):
        return Findings((as_filmed, raw(group, ready.frames)), (NO_JPEG,))
    jpeg = decoded(clip, len(ready.frames))[1].figure(group, "decode motion JPEG")
    return Findings((as_filmed, jpeg, raw(group, ready.frames)))


def motion_jpeg(frames: Sequence[Frame], path: Path) -> bool:
    """Write frames as motion JPEG; False where it cannot be written here."""
    height, width = frames[0].image.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (width, height))
    try:
        for frame in frames:
            writer.write(frame.image)
        return bool(writer.isOpened())
    finally:
        writer.release()


def raw(group: str, frames: Sequence[Frame]) -> Figure:
    """Turn frames to the colours of a box as they come from a camera that compresses nothing."""
    yuyv = [cv2.cvtColor(frame.image, cv2.COLOR_BGR2YUV_YUYV) for frame in frames[:30]]
    taken = Times()
    for one in yuyv:
        taken.take(partial(cv2.cvtColor, one, cv2.COLOR_YUV2BGR_YUYV))
    return taken.figure(group, "raw YUYV to BGR")

"""Frames from a live camera: V4L2 device, CSI through V4L2, or RTSP, by way of OpenCV."""

import os
import time
from collections.abc import Generator, Iterator
from contextlib import closing

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # addresses with passwords stay out of logs

import cv2
import numpy as np

from edge.capture.clip import frozen
from edge.ports import Clock
from edge.types import Frame, Image

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0
"""So long it is left alone before it is opened again: twice as long each time, up to the latter.
With the time that opening takes at most, that is less than the watchdog's."""
TIMEOUTS = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]


class Camera:
    """A live camera, which may go away and come back: frames are numbered through."""

    def __init__(self, source: str, clock: Clock) -> None:
        """Name the camera by a device path, a device number or an address."""
        self._source, self._clock = source, clock

    def frames(self) -> Iterator[Frame | None]:
        """Yield frames as they come, for ever; None each time that the camera gives none.

        It is then let go of, and opened anew after a while: nothing that it held back before
        comes after. A call that never returns yields nothing at all.
        """
        index, wait_s = 0, FIRST_WAIT_S
        while True:
            with closing(_images(self._source)) as images:
                for image in images:
                    now = self._clock.read()
                    yield Frame(image, index, now.now, now.monotonic_ns)
                    index, wait_s = index + 1, FIRST_WAIT_S
            yield None
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def _images(source: str) -> Generator[Image]:
    """Yield the images of a camera, opened now, until it gives none."""
    video = _video(source)
    try:
        while (read := video.read())[0]:
            yield frozen(np.asarray(read[1], np.uint8))
    except cv2.error:  # what a driver throws is no image either
        return
    finally:
        video.release()


def _video(source: str) -> cv2.VideoCapture:
    if source.isdigit():
        return cv2.VideoCapture(int(source))
    if "://" in source:
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, TIMEOUTS)
    return cv2.VideoCapture(source)

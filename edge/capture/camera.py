"""Frames from a live camera: V4L2 device, CSI through V4L2, or RTSP, by way of OpenCV."""

import logging
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # addresses with passwords stay out of logs

import cv2
import numpy as np

from edge.capture.clip import frozen
from edge.ports import Clock
from edge.types import Frame, Image

log = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0
"""So long it is left alone before it is opened again: twice as long each time, up to the latter.
With the time that opening takes at most, that is less than the watchdog's."""
WAITED_S = 4.0
"""A read that took so long ran out of time, with the camera still there."""
TIMEOUTS = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]


class Camera:
    """A live camera, which may go away and come back: frames are numbered through."""

    def __init__(self, source: str, clock: Clock) -> None:
        """Name the camera by a device path, a device number or an address.

        `rests` tells whether it owes no frame, as one that is triggered may not for hours.
        """
        self._source, self._clock = source, clock
        self.rests: Callable[[], bool] = lambda: False

    def frames(self) -> Iterator[Frame | None]:
        """Yield frames as they come, for ever; None each time that the camera gives none.

        It is then let go of, and opened anew after a while: nothing that it held back before
        comes after. A call that never returns yields nothing at all.
        """
        index, wait_s = 0, FIRST_WAIT_S
        while True:
            with closing(self._images()) as images:
                for image in images:
                    if image is None:
                        yield None
                        continue
                    now = self._clock.read()
                    yield Frame(image, index, now.now, now.monotonic_ns)
                    index, wait_s = index + 1, FIRST_WAIT_S
            yield None
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _images(self) -> Generator[Image | None]:
        """Yield the images of a camera, opened now, until it gives none; None while it rests."""
        video = _video(self._source)
        try:
            while (read := self._read(video)) is not None:
                image = _coloured(read[1]) if read[0] else None
                if read[0] and image is None:
                    return
                yield image
        except cv2.error:  # what a driver throws is no image either
            return
        finally:
            video.release()

    def _read(self, video: cv2.VideoCapture) -> tuple[bool, object] | None:
        """Return what a camera gives, None where it has to be opened anew.

        One that is away says at once that it has nothing; one that rests is waited for as long as
        OpenCV waits (ten seconds for a device), and is asked again: opened anew it would miss what
        is triggered meanwhile.
        """
        asked_s = time.monotonic()
        read: tuple[bool, object] = video.read()
        waited = time.monotonic() - asked_s >= WAITED_S
        return read if read[0] or (waited and self.rests()) else None


def _coloured(picture: object) -> Image | None:
    """Return a picture of a driver, (H, W, 3) uint8; None for one of another form."""
    image = np.asarray(picture)
    if image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.size:
        return frozen(image)
    log.warning(
        "The camera gives pictures of %s %s, not of 8 bits in colour.", image.dtype, image.shape
    )
    return None


def _video(source: str) -> cv2.VideoCapture:
    if source.isdigit():
        return cv2.VideoCapture(int(source))
    if "://" in source:
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, TIMEOUTS)
    return cv2.VideoCapture(source)

"""Frames from a live camera: V4L2 device, CSI through V4L2, or RTSP, by way of OpenCV."""

import os
import time
from collections.abc import Iterator

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # addresses with passwords stay out of logs

import cv2
import numpy as np

from edge.capture.clip import frozen
from edge.errors import CaptureError
from edge.ports import Clock
from edge.types import Frame

SILENT_AFTER_S = 10.0
RETRY_S = 0.5
TIMEOUTS = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]


class Camera:
    """A live camera. One that stays silent for ten seconds is an error: systemd restarts us."""

    def __init__(self, source: str, clock: Clock) -> None:
        """Open the camera at a device path, a device number or an address.

        Raises CaptureError when nothing answers.
        """
        self._source, self._clock = source, clock
        self._video = self._opened()

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they come, for ever."""
        index, last_seen = 0, time.monotonic()
        while True:
            more, image = self._video.read()
            if more:
                now = self._clock.read()
                yield Frame(frozen(np.asarray(image, np.uint8)), index, now.now, now.monotonic_ns)
                index, last_seen = index + 1, time.monotonic()
            elif time.monotonic() - last_seen > SILENT_AFTER_S:
                raise CaptureError(
                    "The camera has given no frame for ten seconds.",
                    "Check its cable and power; systemd starts the daemon again.",
                )
            else:
                time.sleep(RETRY_S)
                self._video = self._reopened()

    def _opened(self) -> cv2.VideoCapture:
        video = _video(self._source)
        if not video.isOpened():
            raise CaptureError(
                "The camera does not answer.",
                "Check camera.source in box.toml, the cable, and that no other program holds it.",
            )
        return video

    def _reopened(self) -> cv2.VideoCapture:
        self._video.release()
        return _video(self._source)


def _video(source: str) -> cv2.VideoCapture:
    if source.isdigit():
        return cv2.VideoCapture(int(source))
    if "://" in source:
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, TIMEOUTS)
    return cv2.VideoCapture(source)

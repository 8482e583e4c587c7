"""Frames from a recorded clip or a folder of images."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # our errors speak, not the codec's

import cv2
import numpy as np

from edge.errors import CaptureError
from edge.types import Frame, Image

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
FOLDER_FPS = 12.0
SHORTFALL = 0.02  # containers overstate their length by a frame or two; a cut file by far more


def frozen(image: np.ndarray) -> Image:
    """Return the image read-only, so that no stage can paint on what another one sees."""
    image.flags.writeable = False
    return image


def read_image(path: Path) -> Image:
    """Read a picture as (H, W, 3) uint8 BGR, whatever its depth or channels.

    Raises CaptureError when it is no picture.
    """
    try:
        encoded = np.fromfile(path, np.uint8)
    except OSError as e:
        raise CaptureError(
            f"The image {path} cannot be read ({e.strerror}).", "Check its name and its rights."
        ) from e
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    if image is None:
        raise CaptureError(
            f"{path} is not an image that can be decoded.", "Give a JPEG, PNG, TIFF or WebP file."
        )
    return frozen(np.asarray(image, np.uint8))


def is_text(path: Path) -> bool:
    """True when a file name can be written in UTF-8; on others OpenCV crashes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


class Clip:
    """A video file, played as fast as it is asked for; frame times follow its frame rate."""

    def __init__(self, path: Path, start: datetime) -> None:
        """Open the clip; its first frame was captured at `start` (UTC).

        Raises CaptureError when it is missing or no video.
        """
        if not path.is_file():
            raise CaptureError(f"The clip {path} does not exist.", "Check the path.")
        if not is_text(path):
            raise CaptureError(
                f"The name {str(path)!a} is not text in this locale.",
                "Rename the clip, or set LC_ALL=C.UTF-8.",
            )
        self.path, self.start = path, start
        self._video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._video.isOpened():
            raise CaptureError(
                f"{path} cannot be opened as a video.",
                "It may be cut off or not a video: play it with ffplay, or export it again.",
            )
        self.fps = self._video.get(cv2.CAP_PROP_FPS) or FOLDER_FPS
        self.length = max(0, int(self._video.get(cv2.CAP_PROP_FRAME_COUNT)))

    def frames(self) -> Iterator[Frame]:
        """Yield every frame in order.

        Raises CaptureError after the last readable frame when the clip ends too early.
        """
        index = 0
        while True:
            more, image = self._video.read()
            if not more:
                break
            yield frame_at(np.asarray(image, np.uint8), index, self.start, self.fps)
            index += 1
        self._video.release()
        if index == 0 or self.length - index > max(2, SHORTFALL * self.length):
            raise CaptureError(
                f"{self.path} ends after {index} of {self.length} frames: the file is cut off.",
                "Copy it again from its source; what was read so far is kept.",
            )


class ImageFolder:
    """The images of a folder in the order of their names, as if filmed at 12 a second."""

    def __init__(self, path: Path, start: datetime) -> None:
        """List the images.

        Raises CaptureError when there are none.
        """
        self.path, self.start, self.fps = path, start, FOLDER_FPS
        self._paths = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_ENDINGS)
        self.length = len(self._paths)
        if not self._paths:
            raise CaptureError(f"{path} holds no images.", "Name a folder of JPEG or PNG files.")

    def frames(self) -> Iterator[Frame]:
        """Yield every image in order."""
        for index, path in enumerate(self._paths):
            yield frame_at(read_image(path), index, self.start, self.fps)


def frame_at(image: Image, index: int, start: datetime, fps: float) -> Frame:
    """Date a recorded frame by its place in the recording."""
    offset_ns = round(index * 1e9 / fps)
    return Frame(frozen(image), index, start + timedelta(microseconds=offset_ns / 1000), offset_ns)


def open_clip(path: Path, start: datetime) -> Clip | ImageFolder:
    """Open a video file or a folder of images.

    Raises CaptureError when it is neither.
    """
    return ImageFolder(path, start) if path.is_dir() else Clip(path, start)

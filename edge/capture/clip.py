"""Frames from a recorded clip or a folder of images."""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

# Both are read when cv2 is first imported: our errors speak, not the codec's, and a header that
# promises more pixels than memory holds is refused before any is allocated.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "64000000")

import cv2
import numpy as np

from edge.errors import CaptureError
from edge.types import Frame, Image

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
MAX_PIXELS = 64_000_000
MAX_BYTES = 256_000_000
PNG = b"\x89PNG\r\n\x1a\n"
SIGNATURES = (PNG, b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")
CUT = "the file is cut off or damaged"
REMEDY_CUT = "Copy it again from its source."
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
    return decoded(_encoded(path), path)


def decoded(encoded: bytes, path: Path) -> Image:
    """Return the picture that the bytes of a file are, as (H, W, 3) uint8 BGR.

    Raises CaptureError when they are none.
    """
    if _is_broken_png(encoded):
        raise CaptureError(f"{path} is not an image to its end: {CUT}.", REMEDY_CUT)
    if _promises_too_much(encoded):
        raise _too_large(path)
    try:
        image = _eight_bit(np.frombuffer(encoded, np.uint8))
    except cv2.error as e:
        raise _too_large(path) from e
    if image is None and encoded.startswith(SIGNATURES):
        raise CaptureError(
            f"{path} is not an image to its end: {CUT}, or of a kind that is not read here, such "
            "as floating point.",
            "Copy it again from its source, or save it as PNG.",
        )
    if image is None:
        raise CaptureError(
            f"{path} is not an image that can be decoded.",
            "Give a JPEG, PNG, TIFF or WebP file; anpr-edge replay plays clips.",
        )
    return frozen(np.asarray(image, np.uint8))


def _eight_bit(encoded: np.ndarray) -> np.ndarray | None:
    """Decode a picture as (H, W, 3) uint8 BGR; of a deeper one the bits that it uses.

    A camera of 12 bits stores them as the lower ones of 16.
    """
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if image is None or image.dtype == np.uint8:
        return image
    if image.dtype != np.uint16:
        return cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    spare = max(0, int(image.max()).bit_length() - 8)
    return np.asarray(np.right_shift(image.astype(np.uint16), spare), np.uint8)


def _encoded(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) or not 0 < about.st_size <= MAX_BYTES:
            raise CaptureError(
                f"{path} is not an image: it is {_what(about)}.",
                "Give a JPEG, PNG, TIFF or WebP file.",
            )
        return path.read_bytes()
    except (OSError, ValueError) as e:
        raise CaptureError(
            f"The image {path} cannot be read ({getattr(e, 'strerror', e)}).",
            "Check its name and its rights.",
        ) from e


def _what(about: os.stat_result) -> str:
    if not stat.S_ISREG(about.st_mode):
        return "a folder" if stat.S_ISDIR(about.st_mode) else "no file"
    return f"larger than {MAX_BYTES // 1_000_000} MB" if about.st_size else "empty, 0 bytes"


def _too_large(path: Path) -> CaptureError:
    return CaptureError(
        f"{path} is an image of more than {MAX_PIXELS // 1_000_000} million pixels, "
        "or of more than the memory holds.",
        "Give it in parts, or smaller.",
    )


def _promises_too_much(data: bytes) -> bool:
    """True for a PNG of more pixels than are read; libpng would print its own."""
    if not data.startswith(PNG) or len(data) < len(PNG) + 16:
        return False
    width, height = struct.unpack_from(">2I", data, len(PNG) + 8)
    return bool(width * height > MAX_PIXELS)


def _is_broken_png(data: bytes) -> bool:
    """True for a PNG of which a chunk or its checksum is missing; libpng would print its own."""
    if not data.startswith(PNG):
        return False
    at = len(PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if zlib.crc32(data[at + 4 : end - 4]).to_bytes(4) != data[end - 4 : end]:
            return True
        if kind == b"IEND":
            return False
        at = end
    return True


def is_text(path: Path) -> bool:
    """True when a file name can be written in UTF-8; on others OpenCV crashes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_no_text(path: Path) -> None:
    if not is_text(path):
        raise CaptureError(
            f"The name {str(path)!a} is not text in this locale.",
            "Rename it, or set LC_ALL=C.UTF-8.",
        )


class Clip:
    """A video file, played as fast as it is asked for; frame times follow its frame rate."""

    def __init__(self, path: Path, start: datetime) -> None:
        """Open the clip; its first frame was captured at `start` (UTC).

        Raises CaptureError when it is missing or no video.
        """
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise CaptureError(f"The clip {path} {what}.", "Check the path.")
        _refuse_no_text(path)
        self.path, self.start = path, start
        self._video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._video.isOpened():
            raise CaptureError(
                f"{path} cannot be opened as a video.",
                "It may be cut off or not a video: play it with ffplay, or export it again.",
            )
        self.fps = self._video.get(cv2.CAP_PROP_FPS) or FOLDER_FPS
        self.length = max(0, int(self._video.get(cv2.CAP_PROP_FRAME_COUNT)))

    def again(self) -> "Clip":
        """Return the same clip, from its first frame on."""
        return Clip(self.path, self.start)

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
        if index == 0:
            raise CaptureError(
                f"{self.path} holds no frame that can be decoded.",
                "Copy it again from its source, or give a video or a folder of pictures.",
            )
        if self.length - index > max(2, SHORTFALL * self.length):
            raise CaptureError(
                f"{self.path} ends after {index} of {self.length} frames: the file is cut off.",
                "Copy it again from its source; what was read so far is kept.",
            )


class ImageFolder:
    """The images of a folder in the order of their names, as if filmed at 12 a second; or one."""

    def __init__(self, path: Path, start: datetime) -> None:
        """List the images.

        Raises CaptureError when there are none.
        """
        _refuse_no_text(path)
        self.path, self.start, self.fps = path, start, FOLDER_FPS
        try:
            among = path.iterdir() if path.is_dir() else [path]
            self._paths = sorted(p for p in among if p.suffix.lower() in IMAGE_ENDINGS)
        except OSError as e:
            raise CaptureError(
                f"The folder {path} cannot be read ({e.strerror}).", "Check its rights."
            ) from e
        self.length = len(self._paths)
        if not self._paths:
            raise CaptureError(f"{path} holds no images.", "Name a folder of JPEG or PNG files.")

    def again(self) -> "ImageFolder":
        """Return the same images, from the first one on."""
        return ImageFolder(self.path, self.start)

    def frames(self) -> Iterator[Frame]:
        """Yield every readable image in order.

        Raises CaptureError after the last one when any could not be read.
        """
        faults: list[CaptureError] = []
        for index, path in enumerate(self._paths):
            try:
                image = read_image(path)
            except CaptureError as e:
                faults.append(e)
                continue
            yield frame_at(image, index, self.start, self.fps)
        if faults:
            told = f"{len(faults)} of {self.length} images could not be read; the first: "
            raise CaptureError(told + faults[0].cause, faults[0].remedy)


def frame_at(image: Image, index: int, start: datetime, fps: float) -> Frame:
    """Date a recorded frame by its place in the recording."""
    offset_ns = round(index * 1e9 / fps)
    return Frame(frozen(image), index, start + timedelta(microseconds=offset_ns / 1000), offset_ns)


def open_clip(path: Path, start: datetime) -> Clip | ImageFolder:
    """Open a video file or a folder of images.

    Raises CaptureError when it is neither.
    """
    try:
        picture = path.is_file() and path.suffix.lower() in IMAGE_ENDINGS
        return ImageFolder(path, start) if path.is_dir() or picture else Clip(path, start)
    except OSError as e:
        raise CaptureError(f"{path} cannot be opened ({e.strerror}).", "Check its name.") from e

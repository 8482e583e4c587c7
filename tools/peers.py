"""The field's own models behind our seams, so that they are timed and scored as ours are.

None of them is shipped; they lie in ../shared/data/peer-models, with their licences.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.types import Box, Corners, Detection, Image, Point, Reading
from edge.vision.reader import best_text
from edge.vision.rectify import rectify
from edge.vision.session import ORT_ERRORS, session_options
from edge.vision.tint import tint

PEERS = Path(__file__).resolve().parents[2] / "shared" / "data" / "peer-models"
YOLO = "license_plate_detector_yolov8n_int8.onnx"
CCT = "cct_xs_v1_global.onnx"
DETECTORS = {
    "yolov9t-384": ("yolov9t-384-random-weights.onnx", 384, 384),
    "YOLOv8n-320 int8": (YOLO, 320, 320),
    "YuNet fp32": ("license_plate_detection_lpd_yunet_2023mar.onnx", 240, 320),
    "YuNet int8": ("license_plate_detection_lpd_yunet_2023mar_int8.onnx", 240, 320),
}
"""File, height and width; the first has the shape that fast-alpr takes by default."""
PAIR = "YOLOv8n-320 + cct_xs_v1"
YOLO_SIDE, YOLO_GREY, YOLO_SCORE, YOLO_OVERLAP = 320, 114, 0.35, 0.4
CCT_HEIGHT, CCT_WIDTH = 64, 128
CCT_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"


def session(path: Path, threads: int = 1) -> ort.InferenceSession:
    """Open a peer's model.

    Raises ModelError when it is not here or cannot be opened.
    """
    if not path.is_file():
        raise ModelError(f"The peer's model {path} is not here.", "Leave the peer out.")
    try:
        return ort.InferenceSession(
            str(path), session_options(threads), providers=["CPUExecutionProvider"]
        )
    except ORT_ERRORS as e:
        raise ModelError(f"{path} cannot be opened by onnxruntime.", "Leave the peer out.") from e


class YoloDetector:
    """YOLOv8n, one class: float32 (1, 3, 320, 320) RGB -> (1, 5, 2100) cx, cy, w, h, score."""

    def __init__(self, path: Path = PEERS / YOLO, threads: int = 1) -> None:
        """Open the model.

        Raises ModelError.
        """
        self._session = session(path, threads)
        self._input = self._session.get_inputs()[0].name

    def detect(self, image: Image) -> list[Detection]:
        """Return the plates in a (H, W, 3) uint8 BGR image, best first; corners are the box's."""
        tensor, scale, left, top = _letterboxed(image)
        (raw,) = self._session.run(None, {self._input: tensor})
        return yolo_plates(np.asarray(raw)[0].T, (scale, left, top), image.shape[:2])


def _letterboxed(image: Image) -> tuple[NDArray[np.float32], float, int, int]:
    """Fit an image into YOLO's square tensor; return it with its scale and its left, top rim."""
    scale = YOLO_SIDE / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    left, top = (YOLO_SIDE - width) // 2, (YOLO_SIDE - height) // 2
    canvas = np.full((YOLO_SIDE, YOLO_SIDE, 3), YOLO_GREY, np.uint8)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    canvas[top : top + height, left : left + width] = small
    tensor = np.asarray(canvas[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    return np.ascontiguousarray(tensor, np.float32), scale, left, top


def yolo_plates(
    raw: NDArray[np.float32], fit: tuple[float, int, int], frame_size: tuple[int, int]
) -> list[Detection]:
    """Turn rows (M, 5) of centre, size and score in tensor pixels into plates of the frame.

    fit: scale, left and top rim of the letterbox. frame_size: (height, width).
    """
    scale, left, top = fit
    likely = raw[raw[:, 4] > YOLO_SCORE]
    sizes = likely[:, 2:4] / scale
    corners = (likely[:, :2] - (left, top)) / scale - sizes / 2
    boxes = np.hstack([corners, sizes]).tolist()
    kept = cv2.dnn.NMSBoxes(boxes, likely[:, 4].tolist(), YOLO_SCORE, YOLO_OVERLAP)
    order = np.asarray(kept, np.int64).reshape(-1)
    return [_plate(boxes[i], float(likely[i, 4]), frame_size) for i in order]


def _plate(box: Sequence[float], score: float, frame_size: tuple[int, int]) -> Detection:
    x, y, width, height = box
    x1, y1 = max(0.0, x), max(0.0, y)
    x2, y2 = min(float(frame_size[1]), x + width), min(float(frame_size[0]), y + height)
    return Detection(Box(x1, y1, x2, y2), upright(Box(x1, y1, x2, y2)), score)


def upright(box: Box) -> Corners:
    """Return the corners of a box."""
    x1, y1, x2, y2 = box
    return Point(x1, y1), Point(x2, y1), Point(x2, y2), Point(x1, y2)


class CctReader:
    """fast-plate-ocr's global reader: uint8 (N, 64, 128, 3) RGB -> (N, 9, 37)."""

    def __init__(self, path: Path = PEERS / CCT, threads: int = 1) -> None:
        """Open the model.

        Raises ModelError.
        """
        self._session = session(path, threads)
        self._input = self._session.get_inputs()[0].name

    def read(self, image: Image, detections: Sequence[Detection]) -> list[Reading]:
        """Return one reading for each detection in a (H, W, 3) uint8 BGR image."""
        return [self.read_crop(rectify(image, found), found) for found in detections]

    def read_crop(self, crop: Image, detection: Detection) -> Reading:
        """Read one plate, a (h, w, 3) uint8 BGR crop."""
        fitted = cv2.cvtColor(cv2.resize(crop, (CCT_WIDTH, CCT_HEIGHT)), cv2.COLOR_BGR2RGB)
        (raw,) = self._session.run(None, {self._input: fitted[None]})
        slots = np.asarray(raw, np.float32).reshape(-1, len(CCT_ALPHABET))
        text, chars = best_text(slots, CCT_ALPHABET, CCT_ALPHABET[-1])
        return Reading(
            detection, text, chars, slots, CCT_ALPHABET, tint(crop), whole=math.prod(chars)
        )


def detection_work(name: str, frame: Image, threads: int = 1) -> Callable[[], object]:
    """Return one call of a peer's detector for the clock: resizing and the model, no decoding.

    Raises ModelError when it is not here.
    """
    file, height, width = DETECTORS[name]
    opened = session(PEERS / file, threads)
    tensor_name = opened.get_inputs()[0].name

    def detect() -> object:
        small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        tensor = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32)
        return opened.run(None, {tensor_name: tensor / 255})

    return detect


def reading_work(frame: Image, threads: int = 1) -> Callable[[], object]:
    """Return one call of the peer's reader for the clock. Raises ModelError when it is not here."""
    opened = session(PEERS / CCT, threads)
    name = opened.get_inputs()[0].name
    crop = np.ascontiguousarray(frame[:40, :160])

    def read() -> object:
        fitted = cv2.resize(crop, (CCT_WIDTH, CCT_HEIGHT))
        return opened.run(None, {name: cv2.cvtColor(fitted, cv2.COLOR_BGR2RGB)[None]})

    return read

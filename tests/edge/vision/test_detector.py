"""The shipped detector on drawn pictures: a plate too large or too small is looked at again."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
import pytest
from onnxruntime.tools.onnx_model_utils import make_dim_param_fixed

from edge.capture.clip import read_image
from edge.config import Models
from edge.daemon import wiring_eyes
from edge.types import Box, Detection, Image
from edge.vision.detector import OnnxDetector
from edge.vision.golden import FILE, Goldens
from edge.vision.model import checked_model
from edge.vision.rectify import overlap
from edge.vision.session import Execution
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "models"
FRAME = (640, 480)
SHARES, AT = (0.2, 0.225, 0.25, 0.275), (500, 300)


def filled(picture: Path, share: float) -> Image:
    """Enlarge a picture until its best plate fills this share of the width of a frame."""
    image = read_image(picture)
    best = wiring_eyes.detector(Models(threads=1)).detect(image)[0].box
    (x, y), zoom = best.centre, share * FRAME[0] / best.width
    move = np.array([[zoom, 0, FRAME[0] / 2 - zoom * x], [0, zoom, FRAME[1] / 2 - zoom * y]])
    large = cv2.warpAffine(image, move, FRAME, flags=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.85])
@pytest.mark.parametrize("name", ["golden-01.png", "golden-02.png", "golden-03.png"])
def test_a_plate_that_fills_the_picture_is_found_once_and_whole(name: str, share: float) -> None:
    detector = wiring_eyes.detector(Models(threads=1, detector_threshold=0.6))
    (plate,) = detector.detect(filled(GOLDEN / name, share))
    assert plate.box.width > 0.85 * share * FRAME[0]
    assert plate.score > 0.6


def test_a_plate_of_usual_size_is_where_it_was_drawn() -> None:
    detector = wiring_eyes.detector(Models(threads=1))
    image = read_image(GOLDEN / "golden-01.png")
    (plate,) = detector.detect(image)
    around = cv2.copyMakeBorder(image, 40, 40, 60, 60, cv2.BORDER_REPLICATE)
    (again,) = detector.detect(np.asarray(around, np.uint8))
    moved = again.box._replace(
        x1=again.box.x1 - 60, y1=again.box.y1 - 40, x2=again.box.x2 - 60, y2=again.box.y2 - 40
    )
    assert overlap(plate.box, moved) > 0.8


def far_away(picture: Path, share: float) -> Image:
    """Show a picture this much smaller on a grey frame of 1280x720."""
    image = read_image(picture)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[AT[1] :, AT[0] :][: small.shape[0], : small.shape[1]] = small
    return frame


@pytest.fixture(scope="module")
def looks_once(tmp_path_factory: pytest.TempPathFactory) -> OnnxDetector:
    """Open the shipped detector with its sides settled in its file: it has no closer look."""
    path = tmp_path_factory.mktemp("fixed") / "fixed.onnx"
    shipped = checked_model(GOLDEN / "manifest.toml", Models().detector)
    model = onnx.load(shipped.path)
    for name, size in (("n", 1), ("height", 384), ("width", 640)):
        make_dim_param_fixed(model.graph, name, size)
    onnx.save(model, path)
    return OnnxDetector(replace(shipped, path=path), 0.3, Execution(threads=1))


def test_a_model_of_fixed_sides_sees_what_is_near(looks_once: OnnxDetector) -> None:
    image = read_image(GOLDEN / "golden-01.png")
    (once,), (twice,) = looks_once.detect(image), wiring_eyes.detector(Models()).detect(image)
    assert overlap(once.box, twice.box) > 0.95


def test_a_far_plate_that_one_look_doubts_is_made_sure_of_and_framed_better(
    looks_once: OnnxDetector,
) -> None:
    twice = wiring_eyes.detector(Models(threads=1, detector_threshold=0.6))
    surer, fits = [], []
    pictures = msgspec.json.decode((GOLDEN / FILE).read_bytes(), type=Goldens).pictures
    for picture, share in product(pictures, SHARES):
        frame = far_away(GOLDEN / picture.file, share)
        for plate in picture.plates:
            x1, y1, x2, y2 = (share * side for side in plate.box)
            truth = Box(x1 + AT[0], y1 + AT[1], x2 + AT[0], y2 + AT[1])
            once = best_on(truth, looks_once.detect(frame))
            if once is not None and once.score < 0.6:
                again = best_on(truth, twice.detect(frame))
                surer.append(again is not None)
                fits.append(overlap(again.box, truth) - overlap(once.box, truth) if again else 0)
    assert len(surer) >= 3
    assert np.mean(surer) > 0.5
    assert np.mean(fits) > 0


def best_on(truth: Box, found: list[Detection]) -> Detection | None:
    """Return the box that lies best on a plate."""
    best = max(found, key=lambda plate: overlap(plate.box, truth), default=None)
    return best if best is not None and overlap(best.box, truth) > 0.3 else None

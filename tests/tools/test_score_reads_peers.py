"""The peers' models behind our seams."""

from pathlib import Path

import numpy as np
import pytest

from edge.errors import ModelError
from tools.peers import CctReader, YoloDetector, yolo_plates

FRAME = (360, 640)
FIT = (0.5, 0, 70)  # 640x360 in 320x320: scale, left and top rim


def rows(*plates: tuple[float, float, float, float, float]) -> np.ndarray:
    return np.array(plates, np.float32)


def test_a_row_becomes_a_box_of_the_frame() -> None:
    (plate,) = yolo_plates(rows((100, 170, 40, 10, 0.9)), FIT, FRAME)
    assert tuple(plate.box) == (160, 190, 240, 210)
    assert plate.corners[2] == (240, 210)
    assert plate.score == pytest.approx(0.9)


def test_of_boxes_on_one_plate_the_surest_is_kept() -> None:
    found = yolo_plates(rows((100, 170, 40, 10, 0.6), (101, 170, 40, 10, 0.9)), FIT, FRAME)
    assert [plate.score for plate in found] == [pytest.approx(0.9)]


def test_plates_come_best_first_and_unlikely_ones_not_at_all() -> None:
    found = yolo_plates(
        rows((60, 170, 40, 10, 0.6), (200, 170, 40, 10, 0.9), (260, 200, 40, 10, 0.3)), FIT, FRAME
    )
    assert [round(plate.score, 1) for plate in found] == [0.9, 0.6]


def test_a_box_ends_at_the_edge_of_the_frame() -> None:
    (plate,) = yolo_plates(rows((5, 75, 40, 20, 0.9)), FIT, FRAME)
    assert tuple(plate.box) == (0, 0, 50, 30)


def test_nothing_likely_is_no_plate() -> None:
    assert yolo_plates(rows((100, 170, 40, 10, 0.1)), FIT, FRAME) == []


@pytest.mark.parametrize("open_model", [YoloDetector, CctReader])
def test_a_peer_that_is_not_here_is_named(open_model: type, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx is not here"):
        open_model(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be opened"):
        open_model(tmp_path / "bad.onnx")

"""The table of what a box finds: counted as a box looks, and refused in one sentence."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.capture.clip import read_image
from edge.config import MODELS_FOLDER, Models
from edge.vision.model import checked_model
from tools.detector_figures import FOLDERS, main, tallies


def refused(*asked: object) -> str:
    done = CliRunner().invoke(main, [str(word) for word in asked])
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.output.count("\n") == 1
    return done.output


def test_a_folder_without_the_sets_is_one_sentence(tmp_path: Path) -> None:
    assert f"{tmp_path} has no nl-clips" in refused("--sets", tmp_path)


def test_a_model_nobody_knows_is_one_sentence(tmp_path: Path) -> None:
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    assert "No model is called nobody" in refused("--sets", tmp_path, "--model", "nobody")
    assert "cannot be read" in refused("--sets", tmp_path, "--manifest", tmp_path / "none.toml")


BOXES = "file,frame,x,y,w,h,box_ok\n"


@pytest.mark.parametrize(
    ("boxes", "told"),
    [
        (None, "boxes.csv cannot be read"),
        (b"\xff\xfe", "boxes.csv cannot be read"),
        (b"file,frame\na.mp4,0\n", "have no column box_ok, x, y, w, h"),
        (BOXES.encode(), "have no row"),
        (f"{BOXES}none.mp4,0,1,2,30,8,1\n".encode(), "none.mp4 does not exist"),
        (f"{BOXES}a.png,0,1,two,30,8,1\n".encode(), "A box of a.png is no number"),
    ],
    ids=["none", "not text", "no columns", "no rows", "no clip", "no number"],
)
def test_labels_that_cannot_be_used_are_one_sentence_and_no_figure(
    tmp_path: Path, boxes: bytes | None, told: str
) -> None:
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "nl-clips" / "a.png"), np.zeros((40, 60, 3), np.uint8))
    if boxes is not None:
        (tmp_path / "nl-clips" / "boxes.csv").write_bytes(boxes)
    asked = ("--manifest", MODELS_FOLDER / "manifest.toml")
    assert told in refused("--sets", tmp_path, *asked)


@pytest.mark.parametrize("level", [0.5, 0.6])
def test_a_plate_is_counted_as_a_box_finds_it(level: float) -> None:
    model = checked_model(MODELS_FOLDER / "manifest.toml", Models().detector)
    image = read_image(MODELS_FOLDER / "golden-01.png")
    empty = np.full((384, 640, 3), 90, np.uint8)
    cv2.putText(empty, "AUTO", (200, 200), 0, 1.0, (30, 30, 30), 2)
    nothing = np.zeros((0, 4), np.float32)
    everywhere = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
    counts = tallies(model, iter([(image, nothing), (empty, nothing)]), (level,), (0.4,))
    assert (counts[0.4, level].score().asked, counts[0.4, level].score().false) == (0, 1)
    missed = tallies(model, iter([(image, everywhere)]), (level,), (0.4,))[0.4, level].score()
    assert (missed.asked, missed.found, missed.false) == (1, 0, 1)

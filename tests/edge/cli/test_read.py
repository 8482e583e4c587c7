import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import DEMO
from tests.edge.cli.test_main import anpr_edge


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frame of the demonstration's street."""
    video = cv2.VideoCapture(str(DEMO / "street.mp4"))
    video.set(cv2.CAP_PROP_POS_FRAMES, int(video.get(cv2.CAP_PROP_FRAME_COUNT)) // 2)
    _, image = video.read()
    path = tmp_path_factory.mktemp("still") / "street.png"
    cv2.imwrite(str(path), image)
    return path


def test_a_picture_of_the_street_gives_its_plates_as_json(still: Path) -> None:
    result = anpr_edge("read", "--json", str(still), str(still))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0
    assert [line["file"] for line in lines] == [str(still)] * 2
    reading = next(r for r in lines[0]["readings"] if r["plate"] == "1XEM934")
    assert reading["country"] == "BE"
    assert len(reading["chars"]) == len(reading["plate"])
    x1, y1, x2, y2 = reading["box"]
    assert 0 <= x1 < x2 <= 1280
    assert 0 <= y1 < y2 <= 720


def test_one_bad_picture_does_not_end_the_others(still: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    result = anpr_edge("read", "--json", str(tmp_path / "bad.png"), str(still))
    assert result.returncode == 1
    assert "not an image" in result.stderr
    assert len(result.stdout.splitlines()) == 1


def test_a_picture_without_a_plate_says_so(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((480, 640, 3), 127, np.uint8))
    result = anpr_edge("read", str(tmp_path / "grey.png"))
    assert result.returncode == 0
    assert "no plate found" in result.stdout


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n\x00"])
def test_a_broken_picture_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    result = anpr_edge("read", str(tmp_path / "a.png"))
    assert result.returncode == 1
    assert "not an image" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((1, 1), np.uint8), np.zeros((30, 50), np.uint16), np.zeros((500, 9000, 3), np.uint8)],
    ids=["one pixel", "16 bit", "panorama"],
)
def test_odd_pictures_give_a_clear_result(tmp_path: Path, pixels: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    assert anpr_edge("read", str(tmp_path / "a.png")).returncode == 0

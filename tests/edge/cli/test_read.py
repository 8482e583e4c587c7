import csv
import json
import math
import os
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from edge.capture.clip import read_image
from edge.cli.read import readings_in
from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.passage.finding import find
from edge.types import Detection, Image, Point, Reading
from edge.vision.detector import OnnxDetector
from edge.vision.golden import FILE, Goldens, is_plate
from edge.vision.reader import FastPlateReader
from tests.conftest import DEMO
from tests.edge.cli.test_main import anpr_edge
from tests.fakes import detection, reading


@pytest.fixture(scope="module")
def eyes() -> tuple[OnnxDetector, FastPlateReader]:
    return wiring_eyes.detector(Models()), wiring_eyes.reader(Models())


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


def test_a_picture_tells_what_a_box_would_make_of_it(
    still: Path, eyes: tuple[OnnxDetector, FastPlateReader]
) -> None:
    told = json.loads(anpr_edge("read", "--json", str(still)).stdout)["readings"]
    found = [find([reading]) for reading in readings_in(read_image(still), *eyes)]
    curve = wiring_eyes.calibration(Models())
    assert [one["plate"] for one in told] == [one.vote.text for one in found]
    assert [one["country"] for one in told] == [one.origin.country for one in found]
    sure = [round(curve.probability(one.grounds), 4) for one in found]
    assert [one["confidence"] for one in told] == sure


def test_a_file_name_is_shown_and_not_obeyed(still: Path, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\n.png"
    path.write_bytes(still.read_bytes())
    result = anpr_edge("read", str(path))
    assert result.returncode == 0
    assert "a\\u001b[31m\\n.png: " in result.stdout
    path.write_bytes(b"no picture")
    result = anpr_edge("read", str(path))
    assert result.returncode == 1
    assert "a\\u001b[31m\\n.png is not an image" in result.stderr


def test_what_is_more_likely_wrong_is_called_a_guess(still: Path) -> None:
    told = anpr_edge("read", str(still)).stdout
    guesses = re.findall(r"\((a guess, )?(?:[A-Z]{2}|country unknown), (0\.\d\d)\)", told)
    assert guesses
    assert all(float(sure) <= 0.5 if guess else float(sure) >= 0.5 for guess, sure in guesses)


def test_one_bad_picture_does_not_end_the_others(still: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    result = anpr_edge("read", "--json", str(tmp_path / "bad.png"), str(still))
    assert result.returncode == 1
    assert "not an image" in result.stderr
    bad, good = map(json.loads, result.stdout.splitlines())
    assert bad == {"file": str(tmp_path / "bad.png"), "error": result.stderr[11:].strip()}
    assert good["readings"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_picture_that_may_not_be_read_does_not_end_the_others(
    still: Path, tmp_path: Path
) -> None:
    (tmp_path / "shut.png").write_bytes(still.read_bytes())
    (tmp_path / "shut.png").chmod(0)
    result = anpr_edge("read", "--json", str(tmp_path / "shut.png"), str(still))
    assert result.returncode == 1
    assert "shut.png" in result.stderr
    assert [*map(len, map(json.loads, result.stdout.splitlines()))] == [2, 2]


def test_a_picture_of_floating_point_is_not_called_damaged_alone(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tiff"), np.full((40, 60, 3), np.nan, np.float64))
    result = anpr_edge("read", str(tmp_path / "a.tiff"))
    assert result.returncode == 1
    assert "floating point" in result.stderr
    assert "save it as PNG" in result.stderr


def test_a_picture_without_a_plate_says_so(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((480, 640, 3), 127, np.uint8))
    result = anpr_edge("read", str(tmp_path / "grey.png"))
    assert result.returncode == 0
    assert "no plate found" in result.stdout


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty, 0 bytes"),
        (b"no image", "not an image that can be decoded"),
        (b"\x89PNG\r\n\x1a\n\x00", "cut off or damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82", "cut off or damaged"),
        (b"\xff\xd8\xff\xe0\x00", "cut off or damaged"),
    ],
    ids=["empty", "text", "a PNG's head", "a PNG's end", "a JPEG's head"],
)
def test_a_broken_picture_is_one_sentence_with_its_cause(
    tmp_path: Path, content: bytes, cause: str
) -> None:
    (tmp_path / "a.png").write_bytes(content)
    result = anpr_edge("read", str(tmp_path / "a.png"))
    assert result.returncode == 1
    assert cause in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_picture_that_promises_more_pixels_than_memory_holds_is_one_sentence(
    tmp_path: Path,
) -> None:
    head = struct.pack(">4s2I5B", b"IHDR", 2_000_000, 2_000_000, 8, 2, 0, 0, 0)
    chunks = [head, b"IDAT" + zlib.compress(b"\0" * 64), b"IEND"]
    written = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(written))
    result = anpr_edge("read", str(tmp_path / "a.png"))
    assert result.returncode == 1
    assert "more than 64 million pixels" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_real_picture_cut_off_is_not_half_read(still: Path, tmp_path: Path) -> None:
    half = still.read_bytes()[: still.stat().st_size // 2]
    (tmp_path / "a.png").write_bytes(half)
    result = anpr_edge("read", str(tmp_path / "a.png"))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


NOISE = np.random.default_rng(1).integers(0, 255, (20, 20_000, 3), np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 300), np.uint8),
        np.zeros((300, 1), np.uint8),
        np.zeros((30, 50), np.uint16),
        np.zeros((40, 160, 4), np.uint8),
        np.zeros((700, 9000, 3), np.uint8),
        NOISE,
        NOISE.transpose(1, 0, 2),
    ],
    ids=["1 pixel", "1 row", "1 column", "16 bit", "RGBA", "panorama", "ribbon", "tower"],
)
def test_odd_pictures_give_a_clear_result(
    tmp_path: Path, pixels: np.ndarray, eyes: tuple[OnnxDetector, FastPlateReader]
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    assert readings_in(read_image(tmp_path / "a.png"), *eyes) == []


def test_every_depth_of_the_same_picture_gives_the_same_plates(
    still: Path, tmp_path: Path, eyes: tuple[OnnxDetector, FastPlateReader]
) -> None:
    colour = cv2.imread(str(still))
    assert colour is not None
    kinds = {
        "rgba.png": cv2.cvtColor(colour, cv2.COLOR_BGR2BGRA),
        "deep.png": colour.astype(np.uint16) * 256,
        "twelve.png": colour.astype(np.uint16) * 16,
        "grey.png": cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY),
    }
    for name, pixels in kinds.items():
        cv2.imwrite(str(tmp_path / name), pixels)
        found = {r.text for r in readings_in(read_image(tmp_path / name), *eyes)}
        assert "1XEM934" in found, name


class Framed:
    """Finds one box, reads one text in it, and another on a picture as a whole."""

    def __init__(self, boxed: Reading, whole: Reading) -> None:
        self.boxed, self.whole = boxed, whole

    def detect(self, image: Image) -> list[Detection]:
        return [self.boxed.detection]

    def read(self, image: Image, found: Sequence[Detection]) -> list[Reading]:
        return [self.boxed]

    def read_crop(self, image: Image, found: Detection) -> Reading:
        return self.whole


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((200, 50), "27BXK4"),
        ((360, 240), "27BXK4"),
        ((1800, 400), "27BXK4"),
        ((1000, 714), "27BXK4"),
        ((9000, 2000), "27BXK4"),
        ((800, 60), "AB12CD"),
        ((480, 640), "AB12CD"),
    ],
)
def test_what_may_be_nothing_but_a_plate_is_read_as_a_whole_where_that_is_surer(
    size: tuple[int, int], wanted: str
) -> None:
    eyes = Framed(reading("AB12CD", sure=0.6), reading("27BXK4"))
    image = np.zeros((size[1], size[0], 3), np.uint8)
    found = readings_in(image, eyes, eyes)  # type: ignore[arg-type]
    assert [one.text for one in found] == [wanted]
    better = Framed(eyes.whole, eyes.boxed)
    assert readings_in(image, better, better) == [eyes.whole]  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [300, 600, 1400])
def test_a_cut_out_plate_is_read_at_any_size(
    width: int, eyes: tuple[OnnxDetector, FastPlateReader]
) -> None:
    goldens = msgspec.json.decode((MODELS_FOLDER / FILE).read_bytes(), type=Goldens)
    for picture in goldens.pictures:
        image = read_image(MODELS_FOLDER / picture.file)
        for plate in picture.plates:
            x1, y1, x2, y2 = (round(side) for side in plate.box)
            high = round((y2 - y1) * width / (x2 - x1))
            cut = cv2.resize(image[y1:y2, x1:x2], (width, high), interpolation=cv2.INTER_CUBIC)
            assert [r.text for r in readings_in(np.asarray(cut, np.uint8), *eyes)] == [plate.text]


@pytest.mark.parametrize("height", [183, 350, 540, 720])
def test_a_part_of_a_street_is_never_taken_for_one_plate(
    height: int, still: Path, eyes: tuple[OnnxDetector, FastPlateReader]
) -> None:
    """The reader sees a letter in a street, and surely; but not the whole of a plate."""
    street = read_image(still)
    for top in range(0, 721 - height, 90):
        part = street[top : top + height]
        found = eyes[1].read(part, eyes[0].detect(part))
        boxed = [reading.text for reading in found if is_plate(reading)]
        assert [reading.text for reading in readings_in(part, *eyes)] == boxed


@pytest.mark.parametrize("width", [300, 1000, 1900])
def test_a_cut_out_plate_of_two_lines_is_read_at_any_size(
    width: int, eyes: tuple[OnnxDetector, FastPlateReader], real_footage: Path
) -> None:
    folder = real_footage / "eu-crops-eval"
    with (folder / "labels.csv").open(newline="") as table:
        plates = [row for row in csv.DictReader(table) if row["lines"] == "2"]
    exact = 0
    for row in plates:
        image = read_image(folder / row["file"])
        size = (width, round(image.shape[0] * width / image.shape[1]))
        found = readings_in(np.asarray(cv2.resize(image, size), np.uint8), *eyes)
        exact += [reading.text for reading in found] == [row["plate_text"]]
    assert exact > 0.6 * len(plates)


def test_no_detection_is_no_reading(eyes: tuple[OnnxDetector, FastPlateReader]) -> None:
    assert list(eyes[1].read(np.zeros((720, 1280, 3), np.uint8), [])) == []


@pytest.mark.parametrize(
    ("x", "y", "width", "height"),
    [(100, 100, 0, 0), (100, 100, 80, 0), (5000, 5000, 90, 20), (-400, -400, 90, 20)],
    ids=["a point", "a line", "beyond the frame", "before the frame"],
)
def test_a_detection_of_nothing_gives_no_text_anyone_would_believe(
    eyes: tuple[OnnxDetector, FastPlateReader], x: float, y: float, width: float, height: float
) -> None:
    image = np.full((720, 1280, 3), 127, np.uint8)
    (reading,) = eyes[1].read(image, [detection(x, y, width, height)])
    assert math.prod(reading.chars) < 0.5 or len(reading.text) < 4


def test_corners_that_are_not_numbers_fall_back_to_the_box(
    still: Path, eyes: tuple[OnnxDetector, FastPlateReader]
) -> None:
    image = read_image(still)
    best = next(
        r.detection for r in eyes[1].read(image, eyes[0].detect(image)) if r.text == "1XEM934"
    )
    nowhere = Point(math.nan, math.nan)
    (again,) = eyes[1].read(image, [replace(best, corners=(nowhere,) * 4)])
    assert again.text == "1XEM934"


def test_a_folder_with_a_bad_picture_plays_the_others_and_says_so(
    still: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        (folder / name).write_bytes(still.read_bytes())
    (folder / "b.png").write_bytes(b"no image")
    result = anpr_edge("replay", str(folder), "--out", str(tmp_path / "out"))
    assert result.returncode == 1
    assert "1 of 3 images could not be read" in result.stderr + result.stdout
    assert "Traceback" not in result.stderr

"""The shipped reader on drawn plates: what is not clear is read again, the surer text counts."""

import cv2
import numpy as np
import pytest

from edge.capture.clip import read_image
from edge.config import Models
from edge.daemon import wiring_eyes
from edge.types import Detection, Image
from edge.vision import reader
from edge.vision.reader import Glance, agreed, trimmed
from edge.vision.rectify import rectify
from tests.conftest import REPOSITORY

READER = wiring_eyes.reader(Models(threads=1))


def glance(text: str, whole: float, share: float = 0.5) -> Glance:
    slots, region = np.full((2, 3), share, np.float32), np.full(4, share, np.float32)
    return Glance(text, slots, whole, region)


def test_two_glances_that_say_the_same_are_their_mean() -> None:
    both = agreed(glance("AB", 0.4, 0.2), glance("AB", 0.8, 0.6))
    assert (both.text, round(both.whole, 6)) == ("AB", 0.6)
    assert np.allclose(both.slots, 0.4)
    assert np.allclose(both.region, 0.4)
    assert both.slots.dtype == both.region.dtype == np.float32


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_glances_that_differ_the_surer_one_counts(turned: bool) -> None:
    pair = [glance("AB", 0.4), glance("AC", 0.8)]
    assert agreed(*(pair[::-1] if turned else pair)) is pair[1]


def test_two_glances_that_show_nothing_are_one_of_them() -> None:
    silent = Glance("", np.zeros((2, 3), np.float32), 0.0, np.empty(0, np.float32))
    assert agreed(glance("", 0.3), silent).whole == 0.3


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (48, 192), (4096, 4096)])
def test_a_tighter_cut_is_never_empty(size: tuple[int, int]) -> None:
    cut = trimmed(np.zeros((*size, 3), np.uint8))
    assert 0 < cut.shape[0] <= size[0]
    assert 0 < cut.shape[1] <= size[1]


def cut_of(name: str, shrunk: float) -> tuple[Image, Detection]:
    image = read_image(REPOSITORY / "models" / name)
    plate = wiring_eyes.detector(Models(threads=1)).detect(image)[0]
    crop = rectify(image, plate)
    small = cv2.resize(crop, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), plate


@pytest.mark.parametrize(
    ("name", "shrunk", "text"), [("golden-03.png", 0.4, "TGNH48"), ("golden-01.png", 0.25, None)]
)
def test_a_clear_plate_and_a_hopeless_one_are_read_once(
    name: str, shrunk: float, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(crop: Image) -> Image:
        raise AssertionError("read a second time")

    monkeypatch.setattr(reader, "trimmed", refuse)
    seen = READER.read_crop(*cut_of(name, shrunk))
    assert seen.text == text or (text is None and seen.whole < reader.HOPELESS)


def test_an_unclear_plate_is_read_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = cut_of("golden-01.png", 0.42)
    twice = READER.read_crop(*cut)
    monkeypatch.setattr(reader, "CLEAR", 0.0)
    once = READER.read_crop(*cut)
    assert twice.text == once.text == "0VSB63"
    assert reader.HOPELESS < once.whole < 0.9
    assert twice.whole != once.whole
    assert twice.countries != once.countries


def test_a_crop_of_nothing_gives_no_text() -> None:
    _, plate = cut_of("golden-01.png", 1.0)
    assert READER.read_crop(np.full((40, 160, 3), 90, np.uint8), plate).text == ""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import Models
from edge.daemon import wiring_eyes
from edge.types import Box, Detection, Image
from edge.vision.rectify import overlap
from edge.vision.tiles import SHARED_PX, find_everywhere, tiles
from tests.conftest import DEMO
from tests.fakes import detection


def white_block(image: Image) -> list[Detection]:
    """A detector for one white block, as it is seen in this picture."""
    ys, xs = np.nonzero(image[..., 0])
    if not len(xs):
        return []
    x, y = float(xs.min()), float(ys.min())
    return [detection(x, y, float(xs.max()) + 1 - x, float(ys.max()) + 1 - y)]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4000), st.integers(1, 9000), st.data())
def test_a_plate_anywhere_is_found_once_and_whole(
    height: int, width: int, data: st.DataObject
) -> None:
    wide, high = min(width, SHARED_PX - 4), min(height, 80)
    x = data.draw(st.integers(0, width - wide))
    y = data.draw(st.integers(0, height - high))
    image = np.zeros((height, width, 3), np.uint8)
    image[y : y + high, x : x + wide] = 255
    (found,) = find_everywhere(image, white_block)
    assert found.box == (x, y, x + wide, y + high)
    assert found.corners[2] == (x + wide, y + high)


@pytest.mark.parametrize(("y", "x"), [(300, 1270), (700, 900), (760, 1000), (740, 1240)])
def test_the_part_of_a_plate_that_a_tile_cuts_off_does_not_stand_for_it(y: int, x: int) -> None:
    image = np.zeros((1600, 4000, 3), np.uint8)
    image[y : y + 60, x : x + 250] = 255
    (found,) = find_everywhere(image, white_block)
    assert found.box == (x, y, x + 250, y + 60)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_every_pixel_lies_in_a_tile_and_the_last_tile_is_the_whole(height: int, width: int) -> None:
    everything = list(tiles((height, width)))
    assert everything[-1] == (0, 0, height, width)
    assert all(0 <= t.y <= height - t.height for t in everything)
    assert all(0 <= t.x <= width - t.width for t in everything)
    finest = [t for t in everything if (t.height, t.width) == everything[0][2:]]
    columns = sorted({t.x for t in finest})
    assert all(b - a <= 1280 - SHARED_PX for a, b in pairwise(columns))


def test_what_a_camera_could_have_filmed_is_looked_at_once() -> None:
    seen: list[tuple[int, ...]] = []

    def noting(image: Image) -> list[Detection]:
        seen.append(image.shape)
        return []

    find_everywhere(np.zeros((1080, 1920, 3), np.uint8), noting)
    assert seen == [(1080, 1920, 3)]


@pytest.fixture(scope="module")
def frames() -> list[Image]:
    video = cv2.VideoCapture(str(DEMO / "street.mp4"))
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    found = []
    for share in (0.2, 0.35, 0.5, 0.65, 0.8):
        video.set(cv2.CAP_PROP_POS_FRAMES, int(count * share))
        found.append(np.asarray(video.read()[1], np.uint8))
    return found


def test_a_panorama_gives_the_plates_of_its_parts(frames: list[Image]) -> None:
    finder = wiring_eyes.detector(Models())
    parts = [*frames, *frames[:2]]
    panorama = np.hstack(parts)
    assert panorama.shape[1] == 8960
    clear = [
        plate.box._replace(x1=plate.box.x1 + 1280 * i, x2=plate.box.x2 + 1280 * i)
        for i, part in enumerate(parts)
        for plate in finder.detect(part)
        if plate.score >= 0.7
    ]
    assert len(clear) >= 7
    squeezed = finder.detect(panorama)
    tiled = find_everywhere(panorama, finder.detect)
    assert found(clear, tiled) == len(clear)
    assert found(clear, squeezed) < len(clear) / 2


def found(boxes: list[Box], plates: list[Detection]) -> int:
    return sum(any(overlap(box, plate.box) > 0.4 for plate in plates) for box in boxes)

"""What an accusation shows: its own vehicle, and of others no plate."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.passage.album import Shot
from edge.types import Box, Image
from edge.vision.pictures import GREY, LONGEST_PX, pictures

MINE = Box(300, 200, 400, 224)
OTHER = Box(600, 250, 690, 272)


def scene(height: int = 480, width: int = 960) -> Image:
    """A scene that is white where plates are and black elsewhere."""
    image = np.zeros((height, width, 3), np.uint8)
    for box in (MINE, OTHER):
        image[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = 255
    image.flags.writeable = False
    return image


def seen(jpeg: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8)


def middle(image: Image, box: Box) -> Image:
    return image[int(box.y1) + 4 : int(box.y2) - 4, int(box.x1) + 4 : int(box.x2) - 4]


def test_the_overview_shows_the_own_plate_and_blanks_every_other() -> None:
    overview = seen(pictures(Shot(scene(), (MINE, OTHER)), MINE)[0].jpeg)
    assert middle(overview, MINE).min() > 240
    assert abs(middle(overview, OTHER).astype(int) - GREY).max() < 16


def test_a_plate_that_was_found_twice_is_not_taken_for_another_one() -> None:
    twice = Box(302, 201, 405, 226)
    overview = seen(pictures(Shot(scene(), (MINE, twice)), MINE)[0].jpeg)
    assert middle(overview, MINE).min() > 240


def test_the_margin_around_a_plate_beside_it_does_not_hide_it() -> None:
    beside = Box(402, 200, 502, 224)
    overview = seen(pictures(Shot(scene(), (MINE, beside)), MINE)[0].jpeg)
    assert middle(overview, MINE).min() > 240
    assert abs(middle(overview, beside).astype(int) - GREY).max() < 16


def test_the_crop_shows_the_whole_plate_and_a_little_around_it() -> None:
    crop = seen(pictures(Shot(scene(), (MINE,)), MINE)[1].jpeg)
    assert crop.shape[:2] == (36, 150)
    assert crop[18, 75].min() > 240
    assert crop[2, 2].max() < 16


def test_a_large_scene_is_made_smaller_and_the_frame_is_left_as_it_is() -> None:
    image = scene(2160, 3840)
    before = image.copy()
    overview = seen(pictures(Shot(image, (MINE, OTHER)), MINE)[0].jpeg)
    assert overview.shape[:2] == (1080, LONGEST_PX)
    assert (image == before).all()


@pytest.mark.parametrize("index", [0, 1])
def test_a_picture_carries_no_metadata(index: int) -> None:
    jpeg = pictures(Shot(scene(), (MINE,)), MINE)[index].jpeg
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert b"Exif" not in jpeg
    assert b"\xff\xe1" not in jpeg[:64]


coordinates = st.floats(-500, 1500, allow_nan=False)


@given(st.tuples(coordinates, coordinates, coordinates, coordinates), st.booleans())
def test_a_box_anywhere_makes_pictures(edges: tuple[float, ...], others: bool) -> None:
    x1, x2 = sorted(edges[:2])
    y1, y2 = sorted(edges[2:])
    box = Box(x1, y1, x2, y2)
    shot = Shot(scene(), (MINE, box) if others else (box,))
    for own in (box, MINE):
        assert all(seen(picture.jpeg).size for picture in pictures(shot, own))

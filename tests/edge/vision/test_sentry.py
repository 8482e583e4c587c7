"""The detector rests on an idle road, and looks at every frame in which a vehicle moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.types import Box, Detection, Image, Point
from edge.vision.sentry import AWAKE, AWAKE_WITH_PLATES, EVERY, Sentry, cells

SIZE = (360, 640)
PLATE = Detection(Box(0, 0, 60, 13), (Point(0, 0), Point(60, 0), Point(60, 13), Point(0, 13)), 0.9)
LEARNED = 100


@dataclass
class Looks:
    """A detector that finds what it is told to, and knows at what it looked."""

    finds: Sequence[Detection] = ()
    at: list[Image] = field(default_factory=list)

    def detect(self, image: Image) -> Sequence[Detection]:
        self.at.append(image)
        return self.finds


def road(level: int = 110) -> Image:
    """An empty street with some texture: lighter above, markings, a wall."""
    image = np.full((*SIZE, 3), level, np.uint8)
    image[:80] = min(255, level + 60)
    image[200:206, ::40] = 220
    image[80:200, :60] = level // 2
    return image


class Sensor:
    """Gives frames their noise, out of a few that were drawn once."""

    def __init__(self, deviation: float) -> None:
        drawn = np.random.default_rng(1).standard_normal((7, *SIZE, 3), dtype=np.float32)
        self.noises, self.taken = (drawn * deviation).round().astype(np.int16), 0

    def takes(self, image: Image) -> Image:
        self.taken += 1
        noise = np.roll(self.noises[self.taken % 7], self.taken % 11, axis=0)
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


def looked(sentry: Sentry, looks: Looks, frames: Iterator[Image] | Sequence[Image]) -> list[bool]:
    """Say of every frame whether the detector looked."""
    told = []
    for frame in frames:
        before = len(looks.at)
        sentry.detect(frame)
        told.append(len(looks.at) > before)
    return told


def with_block(image: Image, box: tuple[int, int, int, int], levels: int) -> Image:
    """Add grey levels to a part of a picture: a vehicle, or only its plate."""
    (x, y, width, height), made = box, image.astype(np.int16)
    made[max(0, y) : y + height, max(0, x) : max(0, x + width)] += levels
    return np.clip(made, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0, 12.0])
def test_on_an_idle_road_it_looks_at_one_frame_in_eight(noise: float) -> None:
    looks, rested, sensor = Looks(), [], Sensor(noise)
    sentry = Sentry(looks, rests=lambda: rested.append(1))
    frames = [sensor.takes(road()) for _ in range(LEARNED + 80)]
    told = looked(sentry, looks, frames)
    assert sum(told[LEARNED:]) <= 80 / EVERY * 1.6
    assert len(rested) == told.count(False)


def test_it_never_rests_longer_than_seven_frames() -> None:
    looks = Looks()
    told = looked(Sentry(looks), looks, [road()] * 200)
    longest = max(len(run) for run in "".join("x" if t else "." for t in told).split("x"))
    assert longest == EVERY - 1


@settings(max_examples=15, deadline=None)
@given(
    noise=st.sampled_from([1.0, 5.0, 9.0]),
    level=st.sampled_from([12, 60, 110]),
    size=st.sampled_from([(50, 11), (60, 40), (150, 110)]),
    levels=st.integers(25, 90),
    step=st.integers(6, 90),
    y=st.integers(90, 250),
)
def test_every_frame_with_a_moving_plate_is_looked_at(
    noise: float, level: int, size: tuple[int, int], levels: int, step: int, y: int
) -> None:
    looks, sensor, empty = Looks(), Sensor(noise), road(level)
    sentry = Sentry(looks)
    looked(sentry, looks, [sensor.takes(empty) for _ in range(LEARNED)])
    places = range(0, SIZE[1] - size[0], step)
    passing = [sensor.takes(with_block(empty, (x, y, *size), levels)) for x in places]
    assert all(looked(sentry, looks, passing))


@pytest.mark.parametrize("step", [0.05, 0.2, 0.5, 1.0, 3.0])
def test_what_stood_long_and_creeps_is_looked_at_before_it_has_gone_far(
    step: float,
) -> None:
    looks, sensor = Looks((PLATE,)), Sensor(2.0)
    sentry, at, worst = Sentry(looks), 0.0, 0.0
    for n in range(-AWAKE_WITH_PLATES - 20, 150):
        x = 100 + max(0, n) * step
        frame = sensor.takes(with_block(road(), (round(x), 150, 60, 13), 80))
        before = len(looks.at)
        sentry.detect(frame)
        at = x if len(looks.at) > before else at
        worst = max(worst, x - at)
    assert worst <= 4


def test_a_vehicle_that_stood_there_before_goes_on_being_found() -> None:
    looks, sensor = Looks((PLATE,)), Sensor(3.0)
    sentry = Sentry(looks)
    standing = with_block(road(), (200, 150, 60, 13), 80)
    found = [sentry.detect(sensor.takes(standing)) for _ in range(AWAKE_WITH_PLATES + 40)]
    assert all(plates == (PLATE,) for plates in found)
    assert len(looks.at) < len(found)
    assert sum(looked(sentry, looks, [sensor.takes(road())])) == 1  # it leaves


def test_beside_a_plate_it_rests_later() -> None:
    told = {}
    for finds in ((), (PLATE,)):
        looks = Looks(finds)
        told[finds] = looked(Sentry(looks), looks, [road()] * 1000).index(False)
    assert told[()] <= AWAKE < told[(PLATE,)]
    assert told[(PLATE,)] >= AWAKE_WITH_PLATES


def test_a_plate_outside_the_region_keeps_nobody_awake() -> None:
    looks = Looks((PLATE,))
    lower = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    assert not all(looked(Sentry(looks, lower), looks, [road()] * 20))


def test_a_plate_that_a_routine_look_finds_keeps_it_awake() -> None:
    looks = Looks()
    sentry = Sentry(looks)
    looked(sentry, looks, [road()] * 100)
    looks.finds = (PLATE,)
    told = looked(sentry, looks, [road()] * 40)
    first = told.index(True)
    assert first < EVERY
    assert all(told[first : first + AWAKE_WITH_PLATES])


def test_dawn_costs_few_looks_and_a_lamp_that_is_switched_on_one_at_once() -> None:
    looks, sensor = Looks(), Sensor(2.0)
    sentry = Sentry(looks)
    looked(sentry, looks, [sensor.takes(road(60)) for _ in range(LEARNED)])
    dawn = [sensor.takes(road(60 + n // 20)) for n in range(400)]
    assert sum(looked(sentry, looks, dawn)) < 400 * 0.3
    assert looked(sentry, looks, [sensor.takes(road(160))]) == [True]


def tree(n: int, sensor: Sensor) -> Image:
    """The street with a tree in the wind in its corner."""
    image, leaves = road(), np.random.default_rng(5).integers(70, 130, (100, 200, 1), np.uint8)
    image[80:180, 420:620] = np.roll(leaves, round(6 * np.sin(n / 3)), axis=1)
    return sensor.takes(image)


def test_wind_is_learned_and_a_vehicle_before_the_tree_is_looked_at_all_the_same() -> None:
    looks, sensor = Looks(), Sensor(2.0)
    sentry = Sentry(looks)
    windy = looked(sentry, looks, [tree(n, sensor) for n in range(400)])
    assert sum(windy[200:]) < 200 * 0.5
    passing = [with_block(tree(n, sensor), (430 + 6 * n, 110, 60, 40), 60) for n in range(20)]
    assert all(looked(sentry, looks, passing))


def test_a_camera_that_shakes_is_looked_through() -> None:
    looks, sensor = Looks(), Sensor(2.0)
    sentry = Sentry(looks)
    looked(sentry, looks, [sensor.takes(road()) for _ in range(LEARNED)])
    shaken = [sensor.takes(np.roll(road(), (-1) ** n * 3, axis=0)) for n in range(12)]
    assert all(looked(sentry, looks, shaken))


def test_what_is_learned_of_traffic_without_plates_hides_no_vehicle() -> None:
    looks, sensor = Looks(), Sensor(2.0)
    sentry = Sentry(looks)
    bicycles = (with_block(road(), (n * 9 % 640, 150, 30, 60), 70) for n in range(600))
    looked(sentry, looks, (sensor.takes(frame) for frame in bicycles))
    passing = [with_block(road(), (40 + 20 * n, 160, 50, 11), 35) for n in range(12)]
    assert all(looked(sentry, looks, [sensor.takes(frame) for frame in passing]))


def test_only_the_region_and_its_surroundings_wake_it() -> None:
    lower = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    told = {}
    for y in (20, 145, 250):
        looks = Looks()
        sentry = Sentry(looks, lower)
        looked(sentry, looks, [road()] * 50)
        told[y] = looked(sentry, looks, [with_block(road(), (n * 20, y, 60, 20), 60)
                                         for n in range(20)])  # fmt: skip
    assert sum(told[20]) <= 20 / EVERY + 1
    assert all(told[145])  # above the region, and near it
    assert all(told[250])


def test_another_size_or_another_scene_is_a_new_beginning() -> None:
    looks = Looks()
    sentry = Sentry(looks)
    looked(sentry, looks, [road()] * 50)
    small = cv2.resize(road(), (320, 180))
    assert all(looked(sentry, looks, [small] * AWAKE))
    assert all(looked(sentry, looks, [255 - small] * AWAKE))


def test_a_picture_smaller_than_a_cell_is_looked_at_as_well() -> None:
    looks = Looks()
    assert looked(Sentry(looks), looks, [np.zeros((3, 5, 3), np.uint8)]) == [True]


def test_the_small_picture_is_the_grey_mean_of_every_cell() -> None:
    image = np.zeros((16, 24, 3), np.uint8)
    image[8:, 16:] = 200
    assert cells(image).tolist() == [[0, 0, 0], [0, 0, 200]]

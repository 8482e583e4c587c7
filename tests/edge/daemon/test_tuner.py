"""The camera follows the light, and nothing that its driver does ends the box."""

import logging

import cv2
import numpy as np
import pytest

from edge.capture.controls import CONTROLS, Controls, FilterControl
from edge.daemon.tuner import EVERY_S, Tuner
from edge.types import Detection, Image
from edge.vision.tuning import Limits
from tests.edge.capture.driver import IR_CUT, Driver, Knob
from tests.fakes import detection

DARK, GREY = np.zeros((90, 160, 3), np.uint8), np.full((90, 160, 3), 110, np.uint8)


class Street:
    """A camera, its driver, a lux sensor and a watch."""

    def __init__(self, lux: float | None = 20_000.0, has_filter: bool = True) -> None:
        self.driver, self.lux, self.now_s = Driver(), lux, 0.0
        self.driver.knobs[IR_CUT] = Knob(b"IR Cut Filter", 0, 1, 0)
        named = FilterControl("IR Cut Filter", is_in=1) if has_filter else None
        controls = Controls("/dev/video0", named, self.driver.opened)
        self.tuner = Tuner(controls, Limits(780.0), lambda: self.lux, lambda: self.now_s)

    def live(self, seconds: float, image: Image = GREY) -> None:
        until = self.now_s + seconds
        while self.now_s < until:
            self.tuner.look(image)
            self.now_s += EVERY_S / 2


def test_the_camera_is_set_for_the_day_and_for_the_night() -> None:
    street = Street()
    street.live(200)
    told = street.tuner.told()
    assert told is not None
    assert (told.profile, told.filter_in) == ("day", True)
    assert street.driver.value("automatic white balance") == 1
    street.lux = 0.5
    street.live(900)
    told = street.tuner.told()
    assert told is not None
    assert (told.profile, told.filter_in) == ("night", False)
    assert street.driver.value("white balance") == 4600
    assert street.driver.value("shutter") * 100 <= 780
    assert street.driver.knobs[IR_CUT].value == 0


def test_without_a_sensor_the_picture_tells_night_from_day() -> None:
    street = Street(lux=None)
    street.live(2000, DARK)
    told = street.tuner.told()
    assert told is not None
    assert told.profile == "night"


def shown(face: int, street: Street) -> None:
    image = np.full((720, 1280, 3), 60, np.uint8)
    found: Detection = detection()
    x1, y1, x2, y2 = map(int, found.box)
    image[y1:y2, x1:x2] = face
    cv2.putText(image, "1-ABC-234", (x1 + 4, y2 - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (9, 9, 9), 2)
    street.tuner.judge(image, [found] * 10)


def test_burnt_plates_shorten_the_shutter() -> None:
    street = Street(lux=100.0)
    street.live(20)
    before = street.driver.value("shutter"), street.driver.value("gain")
    for _ in range(6):
        shown(255, street)
        street.live(EVERY_S)
    assert (street.driver.value("shutter"), street.driver.value("gain")) < before


def test_a_camera_that_is_away_is_told_once_and_tuned_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    street = Street()
    street.driver.is_away = True
    with caplog.at_level(logging.WARNING):
        street.live(100)
    assert len(caplog.records) == 1
    assert street.tuner.told() is None
    street.driver.is_away = False
    street.live(10)
    assert street.driver.value("exposure mode") == 1


def test_a_control_that_is_refused_is_told_once_and_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    street = Street()
    street.driver.breaks.add(CONTROLS["exposure mode"])
    with caplog.at_level(logging.WARNING):
        street.live(100)
    assert sum("exposure mode" in record.message for record in caplog.records) == 1
    told = street.tuner.told()
    assert told is not None
    assert told.refused["exposure mode"] == "Permission denied"


def test_a_camera_that_rules_itself_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    street = Street()
    del street.driver.knobs[CONTROLS["shutter"]]
    with caplog.at_level(logging.WARNING):
        street.live(100)
    assert len(caplog.records) == 1
    assert not street.driver.sets
    assert street.tuner.told() is None


def test_a_camera_without_gain_lives_on_its_shutter_alone() -> None:
    street = Street(lux=100.0)
    del street.driver.knobs[CONTROLS["gain"]]
    street.live(600, DARK)
    told = street.tuner.told()
    assert told is not None
    assert told.gain == 0.0
    assert told.shutter_us == 700


def test_where_nothing_moves_the_filter_nothing_is_told_of_it() -> None:
    street = Street(lux=0.5, has_filter=False)
    street.live(900)
    told = street.tuner.told()
    assert told is not None
    assert told.filter_in is None

"""The camera's tuner is put together where the box rules the camera, and sees what it needs."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge.capture.controls import Controls
from edge.clock import SystemClock
from edge.config import load
from edge.daemon import wiring_camera
from edge.daemon.captures import Captures
from edge.daemon.housing import Housing
from edge.daemon.tuner import Tuner
from edge.daemon.wiring_camera import limits, tuned, tuner
from edge.housing.words import Conditions
from tests.edge.capture.driver import Driver
from tests.edge.daemon.test_wiring_firmware import DEVICE, written
from tests.fakes import detection, frame
from tests.site import Site


def test_a_camera_at_an_address_has_no_tuner_and_one_at_a_device_has(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[camera]\nsource = "rtsp://10.0.0.9/live"\n'))
    assert tuner(config, None) is None
    assert tuner(load(written(tmp_path)), None) is not None


def test_the_fastest_vehicle_of_the_road_shortens_the_shutter(tmp_path: Path) -> None:
    slow, fast = (
        limits(load(written(tmp_path, f"[body]\ntop_kmh = {kmh}\n"))) for kmh in (50, 130)
    )
    assert slow.longest_us == pytest.approx(1248)
    assert fast.longest_us == pytest.approx(480)


def test_the_light_of_the_device_turns_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, driver = load(written(tmp_path, DEVICE)), Driver()
    monkeypatch.setattr(
        wiring_camera, "controls", lambda _: Controls("/dev/video0", None, driver.opened)
    )
    clock = SystemClock()
    housing = Housing(clock, Captures())
    assert housing.illuminance_lx() is None
    housing.take(Conditions(at_ns=clock.read().monotonic_ns, illuminance_lx=20_000.0))
    assert housing.illuminance_lx() == 20_000.0
    made = tuner(config, housing)
    assert made is not None
    made.look(np.zeros((90, 160, 3), np.uint8))
    assert driver.value("exposure mode") == 1


def test_pictures_and_plates_of_the_pipeline_reach_the_tuner(tmp_path: Path) -> None:
    class Noting(Tuner):
        def __init__(self) -> None:
            self.looks, self.judged = 0, 0

        def look(self, image: object) -> None:
            self.looks += 1

        def judge(self, image: object, detections: object) -> None:
            self.judged += 1

    site, noting = Site(tmp_path), Noting()
    try:
        line = tuned(site.pipeline, noting)
        line.detector.detect(frame(0).image)
        line.reader.read(frame(0).image, [detection()])
        assert (noting.looks, noting.judged) == (1, 1)
        assert tuned(line, None) is line
    finally:
        site.stop()


def test_profiles_that_are_off_make_no_tuner(tmp_path: Path) -> None:
    config = load(written(tmp_path))
    light = msgspec.structs.replace(config.camera.light, profiles=False)
    off = msgspec.structs.replace(config.camera, light=light)
    assert tuner(msgspec.structs.replace(config, camera=off), None) is None

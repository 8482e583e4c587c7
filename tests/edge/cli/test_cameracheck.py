"""`check` says of a camera what it can do, and what follows from what it cannot."""

from pathlib import Path

import msgspec
import pytest

from edge.capture.controls import CONTROLS, Controls
from edge.cli import cameracheck
from edge.cli.looks import Item
from edge.config import Camera, CameraLight, Config, load
from edge.daemon import wiring_camera
from tests.edge.capture.driver import Driver
from tests.edge.daemon.test_wiring_firmware import written


def checked(
    tmp_path: Path, camera: Camera, monkeypatch: pytest.MonkeyPatch, driver: Driver | None = None
) -> Item:
    config = msgspec.structs.replace(load(written(tmp_path)), camera=camera)
    if driver is not None:

        def asked(of: Config) -> Controls:
            return Controls("/dev/video0", None, driver.opened)

        monkeypatch.setattr(wiring_camera, "controls", asked)
    return cameracheck.camera(config)


def test_a_camera_at_an_address_is_left_alone_and_its_password_unshown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = checked(tmp_path, Camera(source="rtsp://user:secret@10.0.0.9/live"), monkeypatch)
    assert "at an address" in item.says
    assert "secret" not in str(item)


def test_a_device_is_tuned_within_what_keeps_a_plate_sharp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = checked(tmp_path, Camera(), monkeypatch, Driver())
    assert "shutter up to 780 us" in item.says
    assert any("infrared filter" in warning for warning in item.warnings)
    assert item.remedy is None


def test_the_shorter_limit_of_the_site_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    light = CameraLight(max_shutter_us=400, max_gain=0.5)
    item = checked(tmp_path, Camera(light=light), monkeypatch, Driver())
    assert "shutter up to 400 us, gain up to 50%" in item.says
    longer = CameraLight(max_shutter_us=20_000)
    assert "780 us" in checked(tmp_path, Camera(light=longer), monkeypatch, Driver()).says


@pytest.mark.parametrize(("lacks", "says"), [("gain", "no gain"), ("white balance", "no white")])
def test_what_is_missing_is_said(
    lacks: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver()
    del driver.knobs[CONTROLS[lacks]]
    item = checked(tmp_path, Camera(), monkeypatch, driver)
    assert any(says in warning for warning in item.warnings)


def test_without_a_shutter_the_camera_rules_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver()
    del driver.knobs[CONTROLS["shutter"]]
    assert "rules its own light" in checked(tmp_path, Camera(), monkeypatch, driver).says


def test_a_camera_that_is_away_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = checked(tmp_path, Camera(source=str(tmp_path / "none")), monkeypatch)
    assert item.remedy is None
    assert any("cannot be opened" in warning for warning in item.warnings)


def test_profiles_that_are_off_leave_it_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = Camera(light=CameraLight(profiles=False))
    assert "left as it is set" in checked(tmp_path, off, monkeypatch, Driver()).says
    config = msgspec.structs.replace(load(written(tmp_path)), camera=off)
    assert wiring_camera.tuner(config, None) is None

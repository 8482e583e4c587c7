import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture import controls
from edge.capture.controls import (
    CONTROLS,
    FILTER,
    QUERY,
    VALUE,
    Control,
    Controls,
    FilterControl,
    Node,
    device_path,
)
from edge.errors import CaptureError
from edge.vision.profile import Profile
from edge.vision.tuning import Setting
from tests.edge.capture.driver import IR_CUT, READ_ONLY, Driver, Knob

DAY = Setting(Profile.DAY, 500, 0.25, None, filter_in=True)
NIGHT = Setting(Profile.NIGHT, 700, 0.5, 4600, filter_in=False)


def of(driver: Driver, moved: FilterControl | None = None) -> Controls:
    return Controls("/dev/video0", moved, driver.opened)


def test_a_setting_is_set_by_hand_in_the_units_of_the_driver() -> None:
    driver = Driver()
    of(driver).apply(NIGHT)
    assert driver.value("exposure mode") == 1
    assert driver.value("shutter") == 7  # of 100 us
    assert driver.value("gain") == 50
    assert driver.value("automatic white balance") == 0
    assert driver.value("white balance") == 4600
    assert driver.openings == 0


def test_by_day_the_camera_balances_its_colours_itself() -> None:
    driver = Driver()
    of(driver).apply(NIGHT)
    of(driver).apply(DAY)
    assert driver.value("automatic white balance") == 1


def test_what_is_so_already_is_not_set_again() -> None:
    driver = Driver()
    of(driver).apply(NIGHT)
    driver.sets.clear()
    of(driver).apply(NIGHT)
    assert not driver.sets


def test_a_camera_that_was_plugged_in_again_is_set_again() -> None:
    driver = Driver()
    of(driver).apply(NIGHT)
    driver.knobs = Driver().knobs
    of(driver).apply(NIGHT)
    assert driver.value("shutter") == 7


def test_a_camera_without_a_shutter_control_is_left_alone() -> None:
    driver = Driver()
    del driver.knobs[CONTROLS["shutter"]]
    of(driver).apply(NIGHT)
    assert not driver.sets


def test_what_is_only_to_be_read_counts_as_missing() -> None:
    driver = Driver()
    driver.knobs[CONTROLS["gain"]].flags = READ_ONLY
    assert "gain" not in of(driver).found()
    of(driver).apply(NIGHT)
    assert driver.value("gain") == 40


def test_what_the_driver_refuses_is_told_and_the_rest_is_set() -> None:
    driver = Driver(breaks={CONTROLS["gain"]})
    camera = of(driver)
    camera.apply(NIGHT)
    assert camera.refused == {"gain": "Permission denied"}
    assert driver.value("shutter") == 7
    driver.breaks.clear()
    camera.apply(NIGHT)
    assert not camera.refused


def test_a_camera_that_is_away_is_an_error_with_a_remedy() -> None:
    with pytest.raises(CaptureError, match="cannot be opened"):
        of(Driver(is_away=True)).apply(DAY)


@pytest.mark.parametrize("is_in", [0, 1])
def test_only_a_filter_that_the_site_names_is_moved(is_in: int) -> None:
    driver = Driver()
    driver.knobs[IR_CUT] = Knob(b"IR Cut Filter", 0, 1, 0)
    of(driver).apply(DAY)
    assert driver.knobs[IR_CUT].value == 0
    assert FILTER not in of(driver).found()
    named = of(driver, FilterControl("IR Cut Filter", is_in))
    assert FILTER in named.found()
    named.apply(DAY)
    assert driver.knobs[IR_CUT].value == is_in
    named.apply(NIGHT)
    assert driver.knobs[IR_CUT].value == 1 - is_in


def test_a_filter_that_the_driver_does_not_have_is_missing() -> None:
    assert FILTER not in of(Driver(), FilterControl("IR Cut Filter", 1)).found()


def test_a_file_that_is_no_camera_has_no_controls(tmp_path: Path) -> None:
    (tmp_path / "video").write_bytes(b"")
    assert Controls(str(tmp_path / "video")).found() == {}
    with pytest.raises(CaptureError):
        Controls(str(tmp_path / "none")).found()


def test_the_kernel_takes_these_very_requests_to_a_node() -> None:
    with pytest.raises(OSError, match="ioctl"):
        Node("/dev/null").call(controls.QUERYCTRL, bytearray(QUERY.size))


@given(
    st.integers(-(2**31), 2**31 - 1),
    st.integers(0, 2**20),
    st.integers(0, 2**16),
    st.floats(-1e9, 1e9),
)
def test_a_value_is_never_outside_of_what_the_driver_takes(
    least: int, width: int, step: int, wish: float
) -> None:
    control = Control(1, "", least, least + width, step, can_be_set=True)
    value = control.near(wish)
    assert least <= value <= least + width
    assert (value - least) % max(1, step) == 0


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("/dev/video2", "/dev/video2"),
        ("1", "/dev/video1"),
        ("rtsp://10.0.0.9/live", None),
        ("http://10.0.0.9/mjpeg", None),
    ],
)
def test_a_camera_at_an_address_has_no_device(source: str, path: str | None) -> None:
    assert device_path(source) == path


def test_requests_and_numbers_are_those_of_the_kernel_s_headers(tmp_path: Path) -> None:
    """The C compiler knows them; where it or the headers are not there, nobody does."""
    header = Path("/usr/include/linux/videodev2.h")
    if not (header.exists() and shutil.which("cc")):
        pytest.skip("no C compiler, or no headers of the kernel")
    names = {
        "VIDIOC_QUERYCTRL": controls.QUERYCTRL,
        "VIDIOC_G_CTRL": controls.G_CTRL,
        "VIDIOC_S_CTRL": controls.S_CTRL,
        "sizeof(struct v4l2_queryctrl)": QUERY.size,
        "sizeof(struct v4l2_control)": VALUE.size,
        "V4L2_CTRL_FLAG_DISABLED": controls.DISABLED,
        "V4L2_CTRL_FLAG_READ_ONLY": controls.READ_ONLY,
        "V4L2_CTRL_FLAG_NEXT_CTRL": controls.NEXT,
        "V4L2_EXPOSURE_MANUAL": controls.MANUAL,
        "V4L2_CID_EXPOSURE_AUTO": CONTROLS["exposure mode"],
        "V4L2_CID_EXPOSURE_ABSOLUTE": CONTROLS["shutter"],
        "V4L2_CID_AUTOGAIN": CONTROLS["automatic gain"],
        "V4L2_CID_GAIN": CONTROLS["gain"],
        "V4L2_CID_ANALOGUE_GAIN": CONTROLS["analogue gain"],
        "V4L2_CID_AUTO_WHITE_BALANCE": CONTROLS["automatic white balance"],
        "V4L2_CID_WHITE_BALANCE_TEMPERATURE": CONTROLS["white balance"],
    }
    prints = "".join(f'printf("%lu\\n", (unsigned long)({name}));' for name in names)
    source = tmp_path / "numbers.c"
    source.write_text(
        f"#include <stdio.h>\n#include <linux/videodev2.h>\nint main(void) {{{prints}}}\n"
    )
    subprocess.run(["cc", "-o", tmp_path / "numbers", source], check=True)
    said = subprocess.run([tmp_path / "numbers"], check=True, capture_output=True, text=True)
    assert [int(number) for number in re.findall(r"\d+", said.stdout)] == list(names.values())

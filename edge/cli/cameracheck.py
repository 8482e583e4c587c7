"""What `check` tells of the camera: what it is, which controls it has, and what follows."""

from edge.capture.controls import FILTER, Control
from edge.cli.looks import Item
from edge.config import Config
from edge.daemon import wiring_camera
from edge.daemon.tuner import LEFT_ALONE
from edge.errors import CaptureError
from edge.vision.tuning import UNIT_US

AT_ADDRESS = "at an address: it rules its own shutter, gain and filter; set them on its own page"
NO_GAIN = "it has no gain to be set: with the longest shutter, plates at night stay as dark"
NO_WHITE = "it has no white balance to be set: colours at night are the camera's own"
NO_FILTER = (
    "nothing moves its infrared filter: V4L2 has no control for it (camera.light.ir_control)"
)
UNNAMED = "its driver has no control of the name camera.light.ir_control"


def camera(config: Config) -> Item:
    """Look at the camera of the box; that it is away is no fault, for `run` waits for it."""
    controls, light = wiring_camera.controls(config), config.camera.light
    fired = ", a frame for each trigger" if config.camera.trigger else ""
    if controls is None:
        return Item("camera", f"{AT_ADDRESS}{fired}")
    says = f"device {controls.path}{fired}"
    if not light.profiles:
        return Item("camera", f"{says}; left as it is set (camera.light.profiles)")
    try:
        found = controls.found()
    except CaptureError as e:
        return Item("camera", says, warnings=(f"{e.cause} {e.remedy}",))
    figures = {"controls": sorted(found)}
    if "shutter" not in found:
        return Item("camera", f"{says}; {LEFT_ALONE}", figures=figures)
    return Item(
        "camera", f"{says}; {_tuned(config)}", figures=figures, warnings=_lacks(config, found)
    )


def _tuned(config: Config) -> str:
    limits = wiring_camera.limits(config)
    return f"tuned, shutter up to {limits.longest_us:.0f} us, gain up to {limits.most_gain:.0%}"


def _lacks(config: Config, found: dict[str, Control]) -> tuple[str, ...]:
    longest_us, least_us = wiring_camera.limits(config).longest_us, found["shutter"].least * UNIT_US
    wants_filter = config.camera.light.ir_control is not None
    lacks = {
        NO_GAIN: not {"gain", "analogue gain"} & set(found),
        NO_WHITE: "white balance" not in found,
        UNNAMED if wants_filter else NO_FILTER: FILTER not in found,
        f"its shortest shutter, {least_us} us, is longer than the limit": least_us > longest_us,
    }
    return tuple(f"{lack}." for lack, is_so in lacks.items() if is_so)

"""The controls of a V4L2 camera: shutter, gain, white balance, and a filter that a driver names.

Beside the capture, on an opening of its own, as V4L2 lets any program that sets controls. What a
driver lacks is left alone, what it refuses is told. No control of V4L2 is the infrared filter: only
one that the site names is moved (`linux/videodev2.h`, `linux/v4l2-controls.h`).
"""

import fcntl
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from edge.errors import CaptureError
from edge.vision.tuning import UNIT_US, Setting

QUERYCTRL, G_CTRL, S_CTRL = 0xC0445624, 0xC008561B, 0xC008561C
QUERY, VALUE = struct.Struct("=II32siiiiI8x"), struct.Struct("=Ii")
DISABLED, READ_ONLY, NEXT = 0x1, 0x4, 0x80000000
MANUAL = 1
"""Of V4L2_CID_EXPOSURE_AUTO: shutter and iris by hand."""
CONTROLS = {
    "exposure mode": 0x009A0901,
    "shutter": 0x009A0902,
    "automatic gain": 0x00980912,
    "gain": 0x00980913,
    "analogue gain": 0x009E0903,
    "automatic white balance": 0x0098090C,
    "white balance": 0x0098091A,
}
"""In the order in which they are set: by hand first, then how."""
FILTER = "infrared filter"
MOST = 256
"""So many controls of a driver are looked through for the filter."""
HOLD = "Look whether it is plugged in, and whether this user may open it (group video)."


class Device(Protocol):
    """What passes calls to a driver."""

    def call(self, request: int, words: bytearray) -> None:
        """Let the driver answer in the words that it was asked with. Raises OSError."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Node:
    """A device of the system."""

    def __init__(self, path: str) -> None:
        """Open it. Raises OSError."""
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def call(self, request: int, words: bytearray) -> None:
        """Let the driver answer in the words that it was asked with. Raises OSError."""
        fcntl.ioctl(self._handle, request, words)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._handle)


@dataclass(frozen=True, slots=True)
class Control:
    """A control as the driver describes it."""

    id: int
    name: str
    least: int
    most: int
    step: int
    can_be_set: bool

    def near(self, value: float) -> int:
        """Return the value that it can take next to this one, or below."""
        steps = int((min(self.most, max(self.least, value)) - self.least) / max(1, self.step))
        return self.least + steps * max(1, self.step)

    def of(self, share: float) -> int:
        """Return the value at a share of its range."""
        return self.near(self.least + share * (self.most - self.least))


@dataclass(frozen=True, slots=True)
class FilterControl:
    """The driver's own name of the control that moves the filter, and its value while it is in."""

    name: str
    is_in: int


@dataclass(slots=True)
class Controls:
    """The controls of the camera at a path."""

    path: str
    filter: FilterControl | None = None
    opened: Callable[[str], Device] = Node
    refused: dict[str, str] = field(default_factory=dict)
    """Why the driver refused what was last set, by control."""

    def found(self) -> dict[str, Control]:
        """Return the controls that can be set. Raises CaptureError where there is no camera."""
        with self._device() as device:
            return self._controls(device)

    def apply(self, setting: Setting) -> None:
        """Set what is not so yet; a camera that was plugged in again has forgotten everything.

        Raises CaptureError where there is no camera.
        """
        with self._device() as device:
            controls = self._controls(device)
            self.refused.clear()
            if "shutter" not in controls:
                return  # it then rules its own light, and ours would be at odds with it
            for name, value in self._wanted(setting, controls):
                self._set(device, name, controls[name], value)

    def _wanted(
        self, setting: Setting, controls: Mapping[str, Control]
    ) -> Iterator[tuple[str, int]]:
        gain = "gain" if "gain" in controls else "analogue gain"
        wishes: dict[str, int | None] = {
            "exposure mode": MANUAL,
            "shutter": setting.shutter_us // UNIT_US,
            "automatic gain": 0,
            "automatic white balance": int(setting.white_k is None),
            "white balance": setting.white_k,
        }
        for name, value in wishes.items():
            if name in controls and value is not None:
                yield name, controls[name].near(value)
        if gain in controls:
            yield gain, controls[gain].of(setting.gain)
        if FILTER in controls and self.filter is not None:
            moved = controls[FILTER]
            out = moved.most if self.filter.is_in == moved.least else moved.least
            yield FILTER, self.filter.is_in if setting.filter_in else out

    def _set(self, device: Device, name: str, control: Control, value: int) -> None:
        try:
            if _asked(device, G_CTRL, control.id) != value:
                _asked(device, S_CTRL, control.id, value)
        except OSError as e:
            self.refused[name] = e.strerror or "no reason given"

    def _controls(self, device: Device) -> dict[str, Control]:
        found = {name: _described(device, id) for name, id in CONTROLS.items()}
        if self.filter is not None:
            found[FILTER] = _named(device, self.filter.name)
        return {name: one for name, one in found.items() if one is not None and one.can_be_set}

    @contextmanager
    def _device(self) -> Iterator[Device]:
        try:
            device = self.opened(self.path)
        except OSError as e:
            raise CaptureError(f"{self.path} cannot be opened ({e.strerror}).", HOLD) from e
        with closing(device):
            yield device


def _described(device: Device, id: int) -> Control | None:
    """Return a control, or the next one after it; None where the driver has none."""
    words = bytearray(QUERY.pack(id, 0, b"", 0, 0, 0, 0, 0))
    try:
        device.call(QUERYCTRL, words)
    except OSError:
        return None
    id, _, name, least, most, step, _, flags = QUERY.unpack(words)
    text = name.split(b"\0")[0].decode("utf-8", "replace")
    return Control(id, text, least, most, step, not flags & (DISABLED | READ_ONLY))


def _named(device: Device, name: str) -> Control | None:
    last = 0
    for _ in range(MOST):
        control = _described(device, last | NEXT)
        if control is None or control.name == name:
            return control
        last = control.id
    return None


def _asked(device: Device, request: int, id: int, value: int = 0) -> int:
    words = bytearray(VALUE.pack(id, value))
    device.call(request, words)
    return int(VALUE.unpack(words)[1])


def device_path(source: str) -> str | None:
    """Return the device that a camera is; None for one at an address, which rules itself."""
    if "://" in source:
        return None
    return f"/dev/video{source}" if source.isdigit() else source

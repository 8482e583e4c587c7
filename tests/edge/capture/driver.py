"""A driver of a V4L2 camera as its callers see it: the same requests, words and errors."""

import errno
import os
from dataclasses import dataclass, field

from edge.capture.controls import CONTROLS, G_CTRL, NEXT, QUERY, QUERYCTRL, S_CTRL, VALUE

READ_ONLY = 0x4
IR_CUT = 0x009A0A40


@dataclass
class Knob:
    """One control."""

    name: bytes
    least: int
    most: int
    value: int
    step: int = 1
    flags: int = 0


def webcam() -> dict[int, Knob]:
    """Return what a common UVC camera has."""
    return {
        CONTROLS["automatic white balance"]: Knob(b"White Balance, Automatic", 0, 1, 1),
        CONTROLS["gain"]: Knob(b"Gain", 0, 100, 40),
        CONTROLS["white balance"]: Knob(b"White Balance Temperature", 2800, 6500, 4000, 10),
        CONTROLS["exposure mode"]: Knob(b"Auto Exposure", 0, 3, 3),
        CONTROLS["shutter"]: Knob(b"Exposure Time, Absolute", 3, 2047, 250),
    }


@dataclass
class Driver:
    """Answers as the kernel does: EINVAL without the control, EACCES where it is ruled by itself.

    `breaks` refuses to set some; `is_away` is a camera that is unplugged.
    """

    knobs: dict[int, Knob] = field(default_factory=webcam)
    breaks: set[int] = field(default_factory=set)
    is_away: bool = False
    sets: list[tuple[int, int]] = field(default_factory=list)
    openings: int = 0

    def opened(self, path: str) -> "Driver":
        """Open the device."""
        if self.is_away:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self.openings += 1
        return self

    def close(self) -> None:
        """Close it."""
        self.openings -= 1

    def call(self, request: int, words: bytearray) -> None:
        """Answer."""
        if request == QUERYCTRL:
            self._describe(words)
        else:
            self._exchange(request, words)

    def value(self, name: str) -> int:
        """Return how a control stands."""
        return self.knobs[CONTROLS[name]].value

    def _describe(self, words: bytearray) -> None:
        asked = QUERY.unpack(words)[0]
        if asked & NEXT:
            after = [id for id in sorted(self.knobs) if id > asked & ~NEXT]
            asked = after[0] if after else 0
        knob = self._knob(asked)
        words[:] = QUERY.pack(
            asked, 1, knob.name, knob.least, knob.most, knob.step, knob.least, knob.flags
        )

    def _exchange(self, request: int, words: bytearray) -> None:
        id, value = VALUE.unpack(words)
        knob = self._knob(id)
        if request == G_CTRL:
            words[:] = VALUE.pack(id, knob.value)
            return
        assert request == S_CTRL
        by_itself = id == CONTROLS["shutter"] and self.value("exposure mode") != 1
        if by_itself or id in self.breaks:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        if not knob.least <= value <= knob.most:
            raise OSError(errno.ERANGE, os.strerror(errno.ERANGE))
        knob.value = value
        self.sets.append((id, value))

    def _knob(self, id: int) -> Knob:
        if id not in self.knobs:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return self.knobs[id]

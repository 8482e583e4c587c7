"""The camera set for its light, every few seconds, by what the box sees with it."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from edge.capture.controls import FILTER, Control
from edge.daemon.bulletin import TuningTold
from edge.errors import CaptureError
from edge.ports import PlateDetector, PlateReader
from edge.types import Detection, Image, Reading
from edge.vision.exposure import Exposed, exposed, is_soft
from edge.vision.tuning import UNIT_US, Limits, Plates, Seen, Setting, Tuning

log = logging.getLogger(__name__)
EVERY_S = 5.0
SPARSE = 16
"""One pixel in so many, each way, tells how bright a picture is."""
LEFT_ALONE = "its driver has no shutter in units of time: the camera rules its own light"


class Settable(Protocol):
    """The controls of a camera."""

    refused: dict[str, str]

    def found(self) -> dict[str, Control]:
        """Return the controls that can be set. Raises CaptureError."""
        ...

    def apply(self, setting: Setting) -> None:
        """Set what is not so yet. Raises CaptureError."""
        ...


class Tuner:
    """Sets one camera. What its driver refuses is told once, and ends nothing."""

    def __init__(
        self,
        controls: Settable,
        limits: Limits,
        illuminance_lx: Callable[[], float | None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the first picture: before it, the camera need not be there."""
        self._controls, self._limits = controls, limits
        self._lux, self._monotonic = illuminance_lx, monotonic
        self._tuning: Tuning | None = None
        self._has_filter = False
        self._plates, self._due_s = Plates(), float("-inf")
        self._complaints: set[str] = set()

    def judge(self, image: Image, detections: Sequence[Detection]) -> None:
        """Take note of how plates came out."""
        for detection in detections:
            came = exposed(image, detection.box)
            self._plates += Plates(
                right=came is Exposed.RIGHT,
                over=came is Exposed.OVER,
                under=came is Exposed.UNDER,
                soft=is_soft(image, detection.box),
            )

    def look(self, image: Image) -> None:
        """Set the camera by a picture and what was noted, if that is due."""
        now_s = self._monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + EVERY_S
        brightness = float(np.mean(image[::SPARSE, ::SPARSE]))
        plates, self._plates = self._plates, Plates()
        try:
            self._set(Seen(now_s, brightness, self._lux(), plates))
        except CaptureError as e:
            self._complain(str(e))

    def told(self) -> TuningTold | None:
        """Return how the camera is set; None where it rules itself, or was not seen yet."""
        if self._tuning is None:
            return None
        now, refused = self._tuning.setting, dict(self._controls.refused)
        return TuningTold(
            profile=now.profile,
            shutter_us=now.shutter_us,
            gain=now.gain,
            filter_in=now.filter_in if self._has_filter else None,
            refused=refused,
        )

    def _set(self, seen: Seen) -> None:
        if self._tuning is None:
            found = self._controls.found()
            if "shutter" not in found:
                self._complain(f"The camera is not tuned: {LEFT_ALONE}.")
                return
            self._tuning = Tuning(allowed(self._limits, found))
            self._has_filter = FILTER in found
        self._tuning = self._tuning.see(seen)
        self._controls.apply(self._tuning.setting)
        for name, why in self._controls.refused.items():
            self._complain(f"The driver of the camera does not take its {name}: {why}.")

    def _complain(self, why: str) -> None:
        if why not in self._complaints:
            self._complaints.add(why)
            log.warning("%s", why)


def allowed(limits: Limits, found: dict[str, Control]) -> Limits:
    """Return what of the limits the camera can do at all."""
    gains = bool({"gain", "analogue gain"} & set(found))
    shutter = found["shutter"]
    return replace(
        limits,
        longest_us=min(limits.longest_us, shutter.most * UNIT_US),
        shortest_us=max(UNIT_US, shutter.least * UNIT_US),
        most_gain=limits.most_gain if gains else 0.0,
    )


@dataclass(frozen=True, slots=True)
class TunedDetector:
    """A detector whose pictures tell the tuner how bright it is."""

    detector: PlateDetector
    tuner: Tuner

    def detect(self, image: Image) -> Sequence[Detection]:
        """Return the plates in an image."""
        self.tuner.look(image)
        return self.detector.detect(image)


@dataclass(frozen=True, slots=True)
class TunedReader:
    """A reader whose plates tell the tuner how they came out."""

    reader: PlateReader
    tuner: Tuner

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Return one reading for each detection."""
        self.tuner.judge(image, detections)
        return self.reader.read(image, detections)

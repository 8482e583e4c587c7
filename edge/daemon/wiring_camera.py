"""Here the camera meets what the box sees with it, and the light outside."""

from collections.abc import Callable
from dataclasses import replace

from edge.capture.controls import Controls, FilterControl, device_path
from edge.config import Config
from edge.daemon.housing import Housing
from edge.daemon.pipeline import Pipeline
from edge.daemon.shots import Shots
from edge.daemon.tuner import TunedDetector, TunedReader, Tuner
from edge.ports import Clock
from edge.vision.daylight import is_day
from edge.vision.tuning import Limits, sharp_us

DAY_LX = 1000.0
"""By day there is as much light at least, whatever the weather."""


def outside_lx(housing: Housing | None, clock: Clock) -> Callable[[], float | None]:
    """Return what tells the light outside: as it is measured; else that it is day, by the date."""

    def light_lx() -> float | None:
        measured_lx = None if housing is None else housing.illuminance_lx()
        if measured_lx is not None:
            return measured_lx
        now = clock.read()
        return DAY_LX if now.trusted and is_day(now.now) else None

    return light_lx


def limits(config: Config) -> Limits:
    """Return what the site allows: the sharp shutter, or a shorter one."""
    light = config.camera.light
    longest_us = sharp_us(config.body.top_kmh, light.plate_px)
    if light.max_shutter_us is not None:
        longest_us = min(longest_us, light.max_shutter_us)
    return Limits(longest_us, light.max_gain, light.ir_filter)


def controls(config: Config) -> Controls | None:
    """Return the controls of the camera; None where it has an address, and rules itself."""
    path, light = device_path(config.camera.source), config.camera.light
    if path is None:
        return None
    moved = None if light.ir_control is None else FilterControl(light.ir_control, light.ir_in)
    return Controls(path, moved)


def tuner(config: Config, housing: Housing | None) -> Tuner | None:
    """Return what sets the camera; None where nothing does."""
    found = controls(config)
    if found is None or config.external is not None or not config.camera.light.profiles:
        return None
    return Tuner(
        found, limits(config), lambda: None if housing is None else housing.illuminance_lx()
    )


def tuned(line: Pipeline, by: Tuner | None) -> Pipeline:
    """Return the same pipeline, whose pictures and plates tell the tuner of the light."""
    if by is None:
        return line
    return replace(
        line,
        detector=TunedDetector(line.detector, by),
        reader=TunedReader(line.reader, by),
    )


def shots(config: Config, housing: Housing | None) -> Shots | None:
    """Return the triggers that the camera is to answer; None where it gives pictures by itself."""
    if housing is None or not config.camera.trigger:
        return None
    fired = Shots()
    housing.fired = fired.fire
    return fired


def rests(of: Shots, clock: Clock) -> Callable[[], bool]:
    """Return what tells whether the camera owes no picture now."""
    return lambda: of.overdue(clock.read().monotonic_ns) is None

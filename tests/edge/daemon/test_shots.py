"""A camera that is triggered may be silent for hours, but not after a trigger."""

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import numpy as np
import pytest

from edge.capture.newest import NewestFrame
from edge.config import load
from edge.daemon import wiring_camera
from edge.daemon.body import Body
from edge.daemon.captures import Captures
from edge.daemon.housing import Housing
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.shots import ANSWER_NS, KEPT, Shots
from edge.daemon.silence import Silence
from edge.daemon.watch import OwnWatch
from edge.housing.words import Standing, Trigger
from edge.types import ClockReading, Frame
from tests.edge.daemon.test_wiring_firmware import DEVICE, written
from tests.fakes import START

SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS


class Watch:
    """A clock that is set by hand."""

    now_ns = 0

    def read(self) -> ClockReading:
        at = START + timedelta(microseconds=self.now_ns / 1000)
        return ClockReading(at, self.now_ns, 0, "boot", "test", True, 1.0)


def frame(watch: Watch) -> Frame:
    now = watch.read()
    return Frame(np.zeros((8, 8, 3), np.uint8), 0, now.now, now.monotonic_ns)


def test_without_a_trigger_hours_without_a_picture_are_no_silence() -> None:
    watch = Watch()
    silence = Silence(watch, Shots())
    watch.now_ns = HOUR_NS
    assert not silence.falls()
    assert silence.fault() is None


def test_a_trigger_without_a_picture_within_a_second_is_one_since_the_trigger() -> None:
    watch, shots = Watch(), Shots()
    silence = Silence(watch, shots)
    watch.now_ns = HOUR_NS
    shots.fire(watch.now_ns)
    watch.now_ns += ANSWER_NS
    assert not silence.falls()
    watch.now_ns += 1
    assert silence.falls()
    assert not silence.falls()
    fault = silence.fault()
    assert fault is not None
    assert f"{START + timedelta(hours=1):%H:%M:%S}" in fault
    watch.now_ns = HOUR_NS + 5 * SECOND_NS
    silence.hear(frame(watch))
    assert silence.fault() is None
    assert silence.away_s == 5.0


def test_a_picture_in_time_answers_what_was_fired_before_it() -> None:
    watch, shots = Watch(), Shots()
    silence = Silence(watch, shots)
    for at_ns in (0, SECOND_NS // 4):
        shots.fire(at_ns)
    watch.now_ns = SECOND_NS // 2
    silence.hear(frame(watch))
    watch.now_ns = 9 * SECOND_NS
    assert not silence.falls()


def test_a_picture_from_before_the_trigger_does_not_answer_it() -> None:
    watch, shots = Watch(), Shots()
    silence = Silence(watch, shots)
    shots.fire(SECOND_NS)
    silence.hear(frame(watch))  # on its way while the trigger was
    watch.now_ns = 3 * SECOND_NS
    assert silence.falls()


def test_a_camera_that_is_not_triggered_falls_silent_after_ten_seconds_as_before() -> None:
    watch = Watch()
    silence = Silence(watch)
    watch.now_ns = 9 * SECOND_NS
    assert not silence.falls()
    watch.now_ns = 10 * SECOND_NS
    assert silence.falls()


def test_of_a_camera_that_answers_nothing_the_oldest_trigger_is_kept() -> None:
    shots = Shots()
    for at_ns in range(3 * KEPT):
        shots.fire(at_ns)
    assert shots.overdue(HOUR_NS) == 0


@pytest.mark.parametrize(("more", "is_one"), [("", False), ("[camera]\ntrigger = true\n", True)])
def test_the_housing_tells_of_triggers_where_the_camera_waits_for_them(
    more: str, is_one: bool, tmp_path: Path
) -> None:
    watch = Watch()
    config = load(written(tmp_path, DEVICE + more))
    housing = Housing(watch, Captures())
    shots = wiring_camera.shots(config, housing)
    assert (shots is not None) is is_one
    housing.take(Standing(connected=True, triggers=True))
    housing.take(Trigger(at_ns=5, is_test=True))
    housing.take(Trigger(at_ns=7))
    if shots is None:
        return
    assert shots.overdue(HOUR_NS) == 7
    rests = wiring_camera.rests(shots, watch)
    assert rests()
    watch.now_ns = HOUR_NS
    assert not rests()


def test_without_a_device_nothing_is_waited_for(tmp_path: Path) -> None:
    config = load(written(tmp_path))
    trigger = msgspec.structs.replace(config.camera, trigger=True)
    assert wiring_camera.shots(msgspec.structs.replace(config, camera=trigger), None) is None


class Fired:
    """A camera that gives one frame, and then nothing more."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def frames(self) -> Iterator[Frame | None]:
        yield frame(self.watch)
        while True:
            time.sleep(0.005)
            self.watch.now_ns += SECOND_NS
            yield None


class Line:
    """A pipeline that only counts."""

    steps = finishes = 0

    def step(self, frame: Frame) -> list[Conclusion]:
        self.steps += 1
        return []

    def finish(self) -> list[Conclusion]:
        self.finishes += 1
        return []


@pytest.mark.parametrize("shots", [Shots(), None], ids=["triggered", "free"])
def test_who_was_in_sight_is_concluded_on_without_waiting_for_the_next_trigger(
    shots: Shots | None,
) -> None:
    watch, line = Watch(), Line()
    source = NewestFrame(Fired(watch), idle_s=0.001)
    body = SimpleNamespace(wants=lambda dropped: True)
    silence = Silence(watch, shots)
    road = OwnWatch(source, cast(Pipeline, line), silence, cast(Body, body))
    for _ in islice(road.conclusions(), 5000):
        if line.finishes:
            break
    assert (line.steps, line.finishes) == (1, 1)
    assert (silence.fault() is None) is (shots is not None)
    road.close()

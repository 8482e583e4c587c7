"""A drawn street, one look a second."""

import cv2
import numpy as np
import pytest

from edge.types import Image
from edge.vision.eyesight import Blindness, Eyesight
from edge.vision.look import look
from tools.disturbed import (
    Disturbance,
    black,
    burnt,
    defocused,
    dusk,
    frozen_with_clock,
    headlights,
    moved,
    night,
    plain,
    standing,
)

LEARNT_S = 40


def street() -> Image:
    rng, image = np.random.default_rng(7), np.full((360, 640, 3), 110, np.uint8)
    for _ in range(160):
        x, y = (int(v) for v in rng.integers((0, 0), (620, 340)))
        w, h = (int(v) for v in rng.integers(8, 60, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), rng.integers(30, 200, 3).tolist(), -1)
    return image


def shown(how: Disturbance, seconds: int, before: Disturbance = plain) -> Eyesight:
    """Show the street as it is, then disturbed."""
    rng, eyesight, scene = np.random.default_rng(1), Eyesight(), street()
    for second in range(LEARNT_S + seconds):
        now, since = (before, 0) if second < LEARNT_S else (how, second - LEARNT_S)
        eyesight.see(look(now(scene, since, rng)), float(second))
    return eyesight


@pytest.mark.parametrize(
    ("how", "seconds", "fault"),
    [
        (black, 25, Blindness.COVERED),
        (burnt, 65, Blindness.OVEREXPOSED),
        (defocused(6 / 1280), 70, Blindness.DEFOCUSED),
        (moved(0.03, 0.01), 12, Blindness.MOVED),
        (moved(0.0, 0.0, 4.0), 12, Blindness.MOVED),
        (frozen_with_clock, 65, Blindness.FROZEN),
    ],
)
def test_a_fault_that_lasts_is_told(how: Disturbance, seconds: int, fault: Blindness) -> None:
    assert fault in shown(how, seconds).faults


@pytest.mark.parametrize("how", [plain, dusk, standing])
def test_light_and_traffic_are_no_fault(how: Disturbance) -> None:
    assert shown(how, 100).faults == frozenset()


def test_headlights_at_night_are_no_fault() -> None:
    assert shown(headlights, 100, night).faults == frozenset()


def test_a_camera_that_was_moved_while_it_was_off_does_not_lie_on_what_it_knew() -> None:
    known = shown(plain, 40).scene.references
    assert known
    eyesight, rng, way = Eyesight(known), np.random.default_rng(2), moved(0.05, 0.0)
    for second in range(20):
        eyesight.see(look(way(street(), second, rng)), float(second))
    assert eyesight.faults == {Blindness.MOVED}


def test_what_lasts_too_short_is_nothing() -> None:
    assert shown(black, 15).faults == frozenset()

"""A drawn street, one look a second."""

from copy import deepcopy
from functools import cache

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
    bus,
    defocused,
    dusk,
    fog,
    frozen_with_clock,
    headlights,
    jam,
    moved,
    night,
    plain,
    snow,
    standing,
    sun,
)

LEARNT_S = 35
cv2.setNumThreads(1)


@cache
def street(seed: int = 7) -> Image:
    rng, image = np.random.default_rng(seed), np.full((360, 640, 3), 110, np.uint8)
    for _ in range(160):
        x, y = (int(v) for v in rng.integers((0, 0), (620, 340)))
        w, h = (int(v) for v in rng.integers(8, 60, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), rng.integers(30, 200, 3).tolist(), -1)
    return image


def show(
    eyesight: Eyesight, how: Disturbance, seconds: range, lux: float | None = None
) -> list[frozenset[Blindness]]:
    """Show the street, disturbed, a look a second; return what was suspected with each."""
    rng, suspected = np.random.default_rng(1), []
    for second in seconds:
        eyesight.see(look(how(street(), second - seconds[0], rng)), float(second), lux)
        suspected.append(eyesight.suspected)
    return suspected


@cache
def _learnt(before: Disturbance) -> Eyesight:
    eyesight = Eyesight()
    show(eyesight, lambda image, _, rng: before(image, 0, rng), range(LEARNT_S))
    return eyesight


def learnt(before: Disturbance = plain) -> Eyesight:
    """Return an eyesight that knows the street in a light."""
    return deepcopy(_learnt(before))


def shown(how: Disturbance, seconds: int, before: Disturbance = plain) -> Eyesight:
    """Show the street as it is, then disturbed."""
    eyesight = learnt(before)
    show(eyesight, how, range(LEARNT_S, LEARNT_S + seconds))
    return eyesight


def turned(_image: Image, _: int, rng: np.random.Generator) -> Image:
    """Look at another street."""
    return plain(street(8), 0, rng)


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


@pytest.mark.parametrize("how", [dusk, night, standing, jam, sun, fog, snow])
def test_weather_and_traffic_are_no_fault_and_make_no_passage_doubtful(how: Disturbance) -> None:
    suspected = show(learnt(), how, range(LEARNT_S, LEARNT_S + 60))
    assert suspected == [frozenset()] * 60


def test_a_camera_that_looks_elsewhere_is_doubted_at_once_and_told_within_two_minutes() -> None:
    """Nothing of the old view is left, so no shift can be measured."""
    eyesight = learnt()
    suspected = show(eyesight, turned, range(LEARNT_S, LEARNT_S + 110))
    assert suspected == [{Blindness.MOVED}] * 110
    assert eyesight.placed.shift is None
    assert eyesight.faults == frozenset()
    show(eyesight, turned, range(LEARNT_S + 110, LEARNT_S + 122))
    assert eyesight.faults == {Blindness.MOVED}
    show(eyesight, plain, range(LEARNT_S + 122, LEARNT_S + 190))
    assert eyesight.suspected == frozenset()


def test_a_camera_that_was_turned_while_it_was_off_is_doubted_at_its_first_look() -> None:
    eyesight = Eyesight(learnt().scene.references)
    assert show(eyesight, turned, range(1)) == [{Blindness.MOVED}]


def test_who_drove_by_just_before_the_view_was_there_again_is_doubted() -> None:
    eyesight = learnt()
    show(eyesight, turned, range(LEARNT_S, LEARNT_S + 2))
    suspected = show(eyesight, plain, range(LEARNT_S + 2, LEARNT_S + 10))
    assert suspected[3] == {Blindness.MOVED}
    assert suspected[-1] == frozenset()


def test_a_bus_that_hides_the_street_is_doubted_and_no_fault() -> None:
    eyesight = learnt()
    suspected = show(eyesight, lambda i, _, r: bus(i, 30, r), range(LEARNT_S, LEARNT_S + 100))
    assert suspected[0] == {Blindness.MOVED}
    assert eyesight.faults == frozenset()


def test_night_after_a_turn_is_no_sign_that_the_view_is_back() -> None:
    eyesight = learnt()
    show(eyesight, turned, range(LEARNT_S, LEARNT_S + 125))
    after = range(LEARNT_S + 125, LEARNT_S + 300)
    show(eyesight, lambda i, _, r: black(i, 0, r), after, lux=0.1)
    assert Blindness.MOVED in eyesight.faults


def test_headlights_at_night_are_no_fault() -> None:
    assert shown(headlights, 100, night).faults == frozenset()


def test_a_camera_that_was_moved_while_it_was_off_does_not_lie_on_what_it_knew() -> None:
    known = learnt().scene.references
    assert known
    eyesight, rng, way = Eyesight(known), np.random.default_rng(2), moved(0.05, 0.0)
    for second in range(20):
        eyesight.see(look(way(street(), second, rng)), float(second))
    assert eyesight.faults == {Blindness.MOVED}


def test_what_lasts_too_short_is_doubted_and_no_fault() -> None:
    eyesight = learnt()
    suspected = show(eyesight, black, range(LEARNT_S, LEARNT_S + 15))
    assert suspected == [{Blindness.COVERED}] * 15
    assert eyesight.faults == frozenset()


def test_a_black_picture_by_day_is_a_covered_lens_or_a_dead_sensor_from_the_start() -> None:
    """It was covered while the box was off: nothing was ever seen."""
    eyesight = Eyesight()
    show(eyesight, black, range(25), lux=20_000.0)
    assert eyesight.faults == {Blindness.COVERED}


def test_a_black_picture_in_the_dark_is_the_night() -> None:
    eyesight, dark = Eyesight(), look(np.zeros((180, 320, 3), np.uint8))
    for at_s in range(0, 10_000, 3):
        eyesight.see(dark, float(at_s), 0.1)
    assert eyesight.faults == frozenset()

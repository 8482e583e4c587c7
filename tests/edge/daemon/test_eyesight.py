"""The lookout before a drawn street: what it tells, remembers and doubts."""

import shutil
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.daemon.eyesight import Lookout
from edge.daemon.remembered import SCENE, Memory, forget
from edge.types import Frame, Image
from edge.vault import Vault
from tests.edge.vision.test_eyesight import street
from tools.disturbed import Disturbance, black, defocused, moved, plain

BEGAN = datetime(2028, 6, 1, 8, tzinfo=UTC)
STREET = street()
SECOND_NS = 1_000_000_000


class Road:
    """A camera before the street, five frames a second, and who looks."""

    ahead = timedelta(0)

    def __init__(self, state: Path) -> None:
        self.state, self.second = state, 0
        self.rng = np.random.default_rng(1)
        self.restart()

    def restart(self) -> None:
        vault = Vault(b"k" * 32, "scene", "gent-0012")
        self.lookout = Lookout(Memory(self.state, vault))

    def show(self, how: Disturbance, seconds: int) -> None:
        for since in range(seconds):
            image = how(STREET, since, self.rng)
            for part in range(5):
                self.lookout.see(self.frame(image, self.second + part / 5))
            self.second += 1

    def frame(self, image: Image, at_s: float) -> Frame:
        at = BEGAN + self.ahead + timedelta(seconds=at_s)
        return Frame(image, 0, at, SECOND_NS + int(at_s * SECOND_NS))


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Road:
    road = Road(tmp_path_factory.mktemp("learnt"))
    road.show(plain, 35)
    return road


@pytest.fixture
def road(learnt: Road, tmp_path: Path) -> Road:
    """A road of one's own that was learnt already."""
    shutil.copy(learnt.state / SCENE, tmp_path)
    road = Road(tmp_path)
    road.second = learnt.second
    road.lookout._eyesight = deepcopy(learnt.lookout._eyesight)
    road.show(plain, 1)
    return road


def test_a_camera_that_sees_is_believed(road: Road) -> None:
    assert (road.lookout.fault(), road.lookout.doubt()) == (None, None)
    seeing = road.lookout.seeing()
    assert seeing is not None
    assert (seeing.faults, seeing.in_place) == ((), True)


def test_a_covered_camera_is_told_with_its_moment_and_again_when_it_is_over(road: Road) -> None:
    road.show(black, 25)
    cause = road.lookout.fault()
    assert cause is not None
    assert cause.startswith("The camera is covered")
    assert "since 2028-06-01T08:00:5" in cause or "since 2028-06-01T08:01:0" in cause
    assert road.lookout.doubt() is not None
    road.show(plain, 15)
    assert road.lookout.fault() is None
    assert "sees as it should again" in road.lookout.ended()


def test_what_a_camera_shows_is_doubted_before_its_move_is_sure(road: Road) -> None:
    road.show(moved(0.04, 0.01), 4)
    assert road.lookout.fault() is None
    assert road.lookout.doubt() == "it seems moved"


@pytest.mark.parametrize(("how", "seconds"), [(moved(0.05, 0.0), 12), (defocused(6 / 1280), 66)])
def test_the_scene_is_known_after_a_restart(road: Road, how: Disturbance, seconds: int) -> None:
    road.restart()
    road.show(how, seconds)
    assert road.lookout.fault() is not None


def test_what_a_camera_that_looks_elsewhere_shows_is_doubted_at_once(road: Road) -> None:
    other = street(8)
    road.show(lambda _, since, rng: plain(other, since, rng), 1)
    assert road.lookout.fault() is None
    assert road.lookout.doubt() == "it seems moved"


def test_a_damaged_memory_is_learnt_anew(road: Road) -> None:
    path = road.state / SCENE
    path.write_bytes(path.read_bytes()[:-5])
    road.restart()
    road.show(moved(0.05, 0.0), 40)
    assert (road.lookout.fault(), road.lookout.doubt()) == (None, None)


def test_another_box_cannot_open_the_memory(road: Road) -> None:
    stranger = Memory(road.state, Vault(b"k" * 32, "scene", "gent-0013"))
    assert stranger.read() == ()


def test_a_camera_moved_on_purpose_is_learnt_anew_while_the_box_works(road: Road) -> None:
    road.show(moved(0.05, 0.0), 12)
    assert road.lookout.doubt() is not None
    forget(road.state)
    road.show(moved(0.05, 0.0), 40)
    assert (road.lookout.fault(), road.lookout.doubt()) == (None, None)
    road.restart()
    road.show(plain, 15)
    assert road.lookout.doubt() == "it seems moved"


def test_a_pause_of_the_camera_speaks_for_nothing(road: Road) -> None:
    road.show(moved(0.05, 0.0), 1)
    road.second += 3600
    road.show(moved(0.05, 0.0), 1)
    assert road.lookout.fault() is None
    road.show(plain, 20)
    assert road.lookout.fault() is None


def test_a_clock_that_is_set_meanwhile_makes_no_blindness_of_years(road: Road) -> None:
    road.show(black, 25)
    assert road.lookout.fault() is not None
    road.ahead = timedelta(days=900)
    road.show(plain, 15)
    assert road.lookout.fault() is None
    assert road.lookout.ended().count("2030-11-18T08:0") == 2

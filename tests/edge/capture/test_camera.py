from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.capture import camera
from edge.capture.camera import FIRST_WAIT_S, LONGEST_WAIT_S, Camera
from edge.types import Frame
from tests.edge.capture.test_clip import video
from tests.fakes import START, FixedClock


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the camera was left alone each time; nobody really waits."""
    found: list[float] = []
    monkeypatch.setattr(camera.time, "sleep", found.append)
    return found


def indices(found: list[Frame | None]) -> list[int | None]:
    return [None if frame is None else frame.index for frame in found]


def test_a_camera_that_is_not_there_is_asked_again_and_less_and_less_often(
    waited: list[float],
) -> None:
    found = list(islice(Camera("/dev/video-none", FixedClock()).frames(), 8))
    assert found == [None] * 8
    assert waited == [FIRST_WAIT_S, 1.0, 2.0, 4.0, *[LONGEST_WAIT_S] * 3]


def test_frames_are_dated_by_the_clock_of_the_box(tmp_path: Path) -> None:
    frames = Camera(str(video(tmp_path / "a.avi")), FixedClock()).frames()
    first, second = next(frames), next(frames)
    assert first is not None
    assert second is not None
    assert (first.index, second.index) == (0, 1)
    assert first.captured_at == START


def test_a_camera_that_comes_back_goes_on_with_the_next_number(
    tmp_path: Path, waited: list[float]
) -> None:
    """A clip that ends is a camera that went away: opened again it begins anew."""
    frames = Camera(str(video(tmp_path / "a.avi", 3)), FixedClock()).frames()
    assert indices(list(islice(frames, 8))) == [0, 1, 2, None, 3, 4, 5, None]
    assert waited == [FIRST_WAIT_S]  # what came back is asked for soon again


def test_what_the_driver_throws_is_no_frame(
    tmp_path: Path, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Throwing:
        released = 0

        def read(self) -> None:
            raise cv2.error("out of memory")

        def release(self) -> None:
            Throwing.released += 1

    monkeypatch.setattr(camera, "_video", lambda _: Throwing())
    assert list(islice(Camera("0", FixedClock()).frames(), 2)) == [None, None]
    assert Throwing.released == 2


@pytest.mark.parametrize(
    "picture",
    [np.zeros((4, 4), "u1"), np.zeros((4, 4, 3), "u2"), np.zeros((4, 4, 4), "u1"),
     np.zeros((0, 4, 3), "u1"), np.full((4, 4, 3), np.nan), None],
)  # fmt: skip
def test_a_picture_of_another_form_is_none_and_is_not_guessed_at(
    picture: object,
    waited: list[float],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Odd:
        def read(self) -> tuple[bool, object]:
            return True, picture

        def release(self) -> None:
            pass

    monkeypatch.setattr(camera, "_video", lambda _: Odd())
    assert list(islice(Camera("0", FixedClock()).frames(), 2)) == [None, None]
    assert "not of 8 bits in colour" in caplog.text


class Slow:
    """A device whose reads run out of time, or fail at once."""

    openings = 0

    def __init__(self, took_s: list[float], now: list[float]) -> None:
        Slow.openings += 1
        self.took_s, self.now = took_s, now

    def read(self) -> tuple[bool, None]:
        self.now[0] += self.took_s.pop(0)
        return False, None

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("rests", "took_s", "openings"),
    [(True, 10.0, 1), (False, 10.0, 3), (True, 0.1, 3)],
    ids=["rests", "owes a frame", "is away"],
)
def test_only_a_camera_that_rests_is_not_opened_anew(
    rests: bool,
    took_s: float,
    openings: int,
    waited: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(camera.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(Slow, "openings", 0)
    monkeypatch.setattr(camera, "_video", lambda _: Slow([took_s] * 9, now))
    asked = Camera("0", FixedClock())
    asked.rests = lambda: rests
    assert list(islice(asked.frames(), 3)) == [None, None, None]
    assert Slow.openings == openings

from pathlib import Path

import pytest

from edge.capture import camera
from edge.capture.camera import Camera
from edge.errors import CaptureError
from tests.edge.capture.test_clip import video
from tests.fakes import START, FixedClock


def test_a_camera_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(CaptureError, match="does not answer") as e:
        Camera("/dev/video-none", FixedClock())
    assert "camera.source" in e.value.remedy


def test_frames_are_dated_by_the_clock_of_the_box(tmp_path: Path) -> None:
    frames = Camera(str(video(tmp_path / "a.avi")), FixedClock()).frames()
    first, second = next(frames), next(frames)
    assert (first.index, second.index) == (0, 1)
    assert first.captured_at == START


def test_a_camera_that_falls_silent_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "RETRY_S", 0.0)
    monkeypatch.setattr(camera, "SILENT_AFTER_S", -1.0)
    with pytest.raises(CaptureError, match="no frame"):
        list(Camera(str(video(tmp_path / "a.avi", 3)), FixedClock()).frames())

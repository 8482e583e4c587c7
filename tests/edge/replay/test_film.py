"""The film holds every frame in its order, and what cannot be written is told."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.capture.clip import frame_at, frozen
from edge.errors import ReportError
from edge.replay import film
from edge.replay.film import BEHIND, Film
from edge.types import Frame

NOW = datetime(2028, 6, 1, tzinfo=UTC)
FRAMES = 3 * BEHIND


def grey(index: int) -> Frame:
    level = 20 + index * 200 // FRAMES
    return frame_at(frozen(np.full((96, 128, 3), level, np.uint8)), index, NOW, 15.0)


def test_every_frame_is_in_the_film_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, add = tmp_path / "annotated.mp4", Film._add

    def slowly(shown: Film, frame: Frame, *more: Any) -> None:
        time.sleep(0.01 * (frame.index % 2))  # on more than one thread the next would overtake
        add(shown, frame, *more)

    monkeypatch.setattr(Film, "_add", slowly)
    with Film(path, 15.0) as shown:
        for index in range(FRAMES):
            shown.show(grey(index), (), ())
    video, levels = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        levels.append(read[1].mean())
    assert len(levels) == FRAMES
    assert levels == pytest.approx([20 + n * 200 // FRAMES for n in range(FRAMES)], abs=6)


def test_a_film_that_cannot_be_written_is_told_though_another_thread_finds_out(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "missing" / "annotated.mp4"
    with pytest.raises(ReportError, match="cannot be written"), Film(nowhere, 15.0) as shown:
        shown.show(grey(0), (), ())


def test_no_more_frames_wait_than_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "BEHIND", 2)
    with Film(tmp_path / "annotated.mp4", 15.0) as shown:
        for index in range(FRAMES):
            shown.show(grey(index), (), ())
            assert len(shown._waiting) <= 3


def test_a_replay_without_a_film_leaves_no_file(tmp_path: Path) -> None:
    with Film(tmp_path / "annotated.mp4", 15.0):
        pass
    assert list(tmp_path.iterdir()) == []

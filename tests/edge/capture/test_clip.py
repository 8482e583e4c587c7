import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.capture.clip import Clip, ImageFolder, open_clip, read_image
from edge.errors import CaptureError
from tests.conftest import DEMO
from tests.fakes import START


def video(path: Path, frames: int = 30) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (320, 240))
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    for i in range(frames):
        writer.write(np.roll(noise, i, axis=1))
    writer.release()
    return path


def test_a_clip_gives_every_frame_dated_by_its_frame_rate(tmp_path: Path) -> None:
    frames = list(Clip(video(tmp_path / "a.avi"), START).frames())
    assert [f.index for f in frames] == list(range(30))
    assert frames[0].captured_at == START
    assert (frames[15].captured_at - START).total_seconds() == pytest.approx(1.0)
    assert frames[15].monotonic_ns == pytest.approx(1e9)
    assert frames[0].image.shape == (240, 320, 3)


def test_no_stage_can_paint_on_a_frame(tmp_path: Path) -> None:
    frame = next(iter(Clip(video(tmp_path / "a.avi"), START).frames()))
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 0


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="does not exist"):
        open_clip(tmp_path / "none.mp4", START)


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    with pytest.raises(CaptureError, match="cannot be opened as a video"):
        open_clip(text, START)


def test_a_cut_off_clip_gives_its_frames_and_then_says_so(tmp_path: Path) -> None:
    whole = video(tmp_path / "whole.avi", 60).read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: len(whole) // 2])
    frames = []
    with pytest.raises(CaptureError, match="cut off"):
        frames += list_until_error(cut)
    assert frames == []


def list_until_error(path: Path) -> list[int]:
    return [f.index for f in open_clip(path, START).frames()]


def test_a_cut_off_mp4_is_an_error_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = (DEMO / "street.mp4").read_bytes()
    for share in (0.001, 0.3, 0.6, 0.9):
        cut = tmp_path / f"{share}.mp4"
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(CaptureError):
            list_until_error(cut)


def test_one_picture_is_a_clip_of_one_frame_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((40, 60, 3), 90, np.uint8))
    assert len(list(open_clip(path, START).frames())) == 1
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CaptureError, match="cut off or damaged"):
        list(open_clip(path, START).frames())


def test_a_folder_whose_name_is_not_text_and_a_name_too_long_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    with pytest.raises(CaptureError, match="not text in this locale"):
        open_clip(folder, START)
    with pytest.raises(CaptureError, match="File name too long"):
        open_clip(tmp_path / f"{'a' * 300}.jpg", START)


def test_what_is_no_file_is_not_called_missing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(CaptureError, match="is no file"):
        open_clip(tmp_path / "pipe.mp4", START)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_deep_picture_is_as_light_as_its_camera_meant_it(tmp_path: Path, bits: int) -> None:
    """Cameras of 10 to 14 bits store them as the lower ones of 16."""
    ramp = np.linspace(0, 2**bits - 1, 256).astype(np.uint16).reshape(16, 16)
    cv2.imwrite(str(tmp_path / "a.png"), ramp)
    read = read_image(tmp_path / "a.png")[..., 1].ravel()
    assert np.abs(read.astype(int) - np.arange(256)).max() <= 1


def test_an_image_folder_plays_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, grey in (("b.png", 20), ("a.png", 10), ("c.jpg", 30)):
        cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), grey, np.uint8))
    (tmp_path / "notes.txt").write_text("not an image")
    frames = list(open_clip(tmp_path, START).frames())
    assert [round(float(f.image.mean()), -1) for f in frames] == [10, 20, 30]


def test_an_empty_folder_and_a_broken_image_are_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="holds no images"):
        ImageFolder(tmp_path, START)
    (tmp_path / "a.jpg").write_bytes(b"no jpeg")
    with pytest.raises(CaptureError, match="not an image"):
        list(ImageFolder(tmp_path, START).frames())


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 1), np.uint8),
        np.zeros((30, 50), np.uint16),
        np.zeros((30, 50, 4), np.uint8),
        np.zeros((20, 9000, 3), np.uint8),
    ],
    ids=["one pixel", "16 bit grey", "RGBA", "panorama"],
)
def test_any_picture_becomes_bgr(tmp_path: Path, pixels: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    image = read_image(tmp_path / "a.png")
    assert image.shape == (*pixels.shape[:2], 3)
    assert image.dtype == np.uint8


def test_a_name_that_is_not_text_is_refused_before_it_crashes_the_codec(tmp_path: Path) -> None:
    odd = tmp_path / "bad\udcff.avi"
    video(tmp_path / "good.avi", 3).rename(odd)
    with pytest.raises(CaptureError, match="not text"):
        open_clip(odd, START)

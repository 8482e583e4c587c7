"""Pictures as they come: cut off, empty, of any depth and shape, or made to eat the memory."""

import os
import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.capture.clip import PNG, ImageFolder, read_image
from edge.errors import CaptureError
from tests.conftest import REPOSITORY
from tests.fakes import START

ENDINGS = (".png", ".jpg", ".bmp", ".tif", ".webp")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def bomb(path: Path, side: int) -> Path:
    """A whole PNG of a few kilobytes that says it holds side x side pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9))
    path.write_bytes(PNG + header + rows + chunk(b"IEND", b""))
    return path


def picture(path: Path) -> Path:
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    cv2.imwrite(str(path), noise)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_cut_off_picture_is_refused_and_never_half_read(
    tmp_path: Path, ending: str, share: float
) -> None:
    path = picture(tmp_path / f"a{ending}")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(CaptureError, match="cut off or damaged"):
        read_image(path)


def test_a_flipped_byte_in_a_png_is_damage(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CaptureError, match="cut off or damaged"):
        read_image(path)


def test_nothing_a_folder_a_pipe_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    os.mkfifo(tmp_path / "pipe.png")
    words = {"empty.png": "empty", "pipe.png": "no file", ".": "a folder", "none": "cannot be read"}
    for name, word in words.items():
        with pytest.raises(CaptureError, match=word) as e:
            read_image(tmp_path / name)
        assert e.value.remedy


@pytest.mark.parametrize(
    ("pixels", "grey"),
    [
        (np.full((30, 50), 128 << 8, np.uint16), 128),
        (np.full((30, 50, 3), 128 << 8, np.uint16), 128),
        (np.full((30, 50), 128, np.uint8), 128),
        (np.full((30, 50, 4), 128, np.uint8), 128),
        (np.full((1, 1), 128, np.uint8), 128),
    ],
    ids=["16 bit grey", "16 bit colour", "grey", "RGBA", "one pixel"],
)
def test_every_depth_and_channel_gives_the_same_brightness(
    tmp_path: Path, pixels: np.ndarray, grey: int
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    image = read_image(tmp_path / "a.png")
    assert image.shape == (*pixels.shape[:2], 3)
    assert (abs(image.astype(int) - grey) <= 1).all()


def test_a_bomb_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.png", 10_000)
    command = [sys.executable, "-m", "edge.cli.main", "read", str(path)]

    def poor() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))

    result = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, check=False, preexec_fn=poor
    )
    assert result.returncode == 1
    assert "more than 64 million pixels" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_gives_all_its_readable_images_and_then_names_the_others(tmp_path: Path) -> None:
    for name in ("a.png", "c.png"):
        picture(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"")
    frames = ImageFolder(tmp_path, START).frames()
    assert [next(frames).index, next(frames).index] == [0, 2]
    with pytest.raises(CaptureError, match=r"1 of 3 images could not be read.*b\.png.*empty"):
        next(frames)

"""The window costs nothing while nobody looks; the hatch tells no plate in words."""

import socket
import threading
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from edge.daemon.hatch import Hatch
from edge.daemon.shown import HEAD_BYTES, SOCKET, photo_answer
from edge.daemon.window import LOOKING_S, Sight, View, Window, masked
from tests.fakes import detection, frame, reading


class Watched:
    """A window with its time in hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.window = Window(lambda: self.now)

    def look(self, index: int = 1) -> Any:
        """Look while a frame comes."""
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(self.window.look(5)))
        thread.start()
        while not found:
            self.window.see(frame(index), [reading("99XKB9")])
        thread.join()
        return found[0]


def test_a_frame_is_kept_only_while_somebody_looks() -> None:
    watched = Watched()
    watched.window.see(frame(1), [])
    assert watched.window._newest is None
    seen = frame(2)
    assert watched.look().newest.readings[0].text == "99XKB9"
    watched.window.see(seen, [])
    assert watched.window._newest is not None
    assert watched.window._newest.image is seen.image  # handed over, not copied
    watched.now += LOOKING_S + 0.1
    watched.window.see(frame(3), [])
    assert (watched.window._newest, watched.window._plated) == (None, None)


def test_a_plate_between_two_looks_is_not_missed() -> None:
    watched = Watched()
    watched.look()
    watched.window.see(frame(2), [reading("1ABC23")])
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(watched.window.look(5)))
    thread.start()
    while not found:
        watched.window.see(frame(3), [])
    thread.join()
    assert found[0].newest.readings == ()
    assert found[0].plated is not None


def test_a_plate_outside_the_region_is_veiled_in_a_photo() -> None:
    bright = np.full((720, 1280, 3), 200, np.uint8)
    bright[400:430, 600:750:10] = 0
    photos = []
    for found in ([], [detection(600, 400, 150, 30)]):
        sight = Sight(bright, frame(1).captured_at, (), tuple(found))
        head, jpeg = photo_answer(View(newest=sight, plated=None))
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        photos.append((head.plates, float(image[76:80, 114:139].std())))
    assert [plates for plates, _ in photos] == [0, 1]
    assert photos[0][1] > 8
    assert photos[1][1] < 3


def test_without_a_frame_a_look_ends() -> None:
    assert Window().look(0.05) is None


@pytest.mark.parametrize(
    ("plate", "shown"), [("99XKB9", "••••B9"), ("AB", "•"), ("", "•"), ("1ABC234", "•••••34")]
)
def test_of_a_plate_two_characters_show(plate: str, shown: str) -> None:
    assert masked(plate) == shown


def ask(folder: Path, words: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(folder / SOCKET))
        line.sendall(words)
        line.shutdown(socket.SHUT_WR)
        told = b""
        while part := line.recv(65_536):
            told += part
    return told


def test_the_hatch_shows_a_frame_and_no_plate_in_words(tmp_path: Path) -> None:
    window, ended = Window(), threading.Event()

    def road() -> None:
        while not ended.wait(0.01):
            window.see(frame(1), [reading("99XKB9", detection(100, 100, 150, 34))])

    thread = threading.Thread(target=road)
    thread.start()
    with Hatch(tmp_path, window, lambda: None):  # type: ignore[arg-type, return-value]
        told = ask(tmp_path, b'{"ask":"sight"}\n')
        assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o660
        for words in (
            b"\n",
            b"{}\n",
            b"x" * 1000,
            b'{"ask":"plates"}\n',
            b'{"ask":"sight","x":1}\n',
        ):
            assert ask(tmp_path, words) == b""
    ended.set()
    thread.join()
    size = int.from_bytes(told[:HEAD_BYTES], "big")
    head = msgspec.json.decode(told[HEAD_BYTES : HEAD_BYTES + size])
    assert head["plates"][0]["text"] == "••••B9"
    assert b"99XKB9" not in told
    assert told[HEAD_BYTES + size :].startswith(b"\xff\xd8")

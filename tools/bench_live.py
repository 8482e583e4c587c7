"""`python -m tools.bench_live`: what a live view of the panel costs the reading of plates."""

import socket
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NoReturn

import click
import cv2
import numpy as np

from edge.config import Models
from edge.daemon.hatch import Hatch
from edge.daemon.shown import SOCKET
from edge.daemon.window import LOOKING_S, Window
from edge.daemon.wiring_eyes import detector, reader
from edge.types import Frame, Image

CLIP = Path(__file__).parent / "demo" / "street.mp4"
ASKED_EVERY_S = 0.15
FRAMES = 200


@click.command()
@click.option("--rounds", default=6, show_default=True, type=click.IntRange(1, 100))
def bench_live(rounds: int) -> None:
    """Read the street of the demonstration, watched and not, turn by turn; tell the medians."""
    street, window, watched = _street(), Window(), threading.Event()
    eyes = detector(Models()), reader(Models())

    def read() -> float:
        began = time.perf_counter()
        for index in range(FRAMES):
            image = street[index % len(street)]
            frame = Frame(image, index, datetime.now(UTC), 0)
            window.see(frame, eyes[1].read(image, eyes[0].detect(image)))
        return FRAMES / (time.perf_counter() - began)

    with tempfile.TemporaryDirectory() as folder, Hatch(Path(folder), window, _no_state):
        threading.Thread(target=_watch, args=(folder, watched), daemon=True).start()
        read()
        alone, seen = [], []
        for _ in range(rounds):
            alone.append(read())
            watched.set()
            seen.append(read())
            watched.clear()
            time.sleep(LOOKING_S)
    cost = 1 - median(seen) / median(alone)
    click.echo(f"{median(alone):.0f} frames a second, watched {median(seen):.0f}: {cost:.1%}")


def _street() -> list[Image]:
    video, frames = cv2.VideoCapture(str(CLIP)), list[Image]()
    while (found := video.read())[0] and len(frames) < FRAMES:
        frames.append(np.asarray(found[1], np.uint8))
    return frames


def _watch(folder: str, watched: threading.Event) -> None:
    """Ask as often as a panel does that somebody looks at."""
    while watched.wait():
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(Path(folder) / SOCKET))
            line.sendall(b'{"ask":"sight"}\n')
            while line.recv(1 << 20):
                pass
        time.sleep(ASKED_EVERY_S)


def _no_state() -> NoReturn:
    raise RuntimeError("nobody asks for it")


if __name__ == "__main__":
    bench_live()

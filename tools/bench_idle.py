"""What an idle road costs: shares of one core at 15 frames a second of 720p.

A drawn street without traffic, with a sensor's noise, goes through the whole pipeline of a box:
as raw frames and as H.264, with the detector at rest and without. Decoding is told apart.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path

import click
import cv2
import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.capture.clip import frame_at, open_clip
from edge.cli.finite import Finite
from edge.clock import ReplayClock
from edge.config import Config, Models, load
from edge.daemon import wiring
from edge.errors import BoxError
from edge.types import Frame, Image
from tools.demo.__main__ import AT, prepare
from tools.synth.clips import FPS, SIZE, backdrop, encode, expose, overhead
from tools.synth.panels import Light

START = datetime.fromisoformat(AT)
LEARNS = 120
"""So many frames at the beginning are not counted: it learns the noise."""
DRAWN = 48
BUDGET = 0.15

Take = Callable[[Frame], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way costs, as shares of one core; `total` holds `decode`."""

    source: str
    threads: int
    rest: bool
    decode: float
    total: float


def idle_street(frames: int, noise: float) -> Iterator[Image]:
    """Yield (720, 1280, 3) uint8 BGR of a street on which nothing drives."""
    rng = np.random.default_rng(1)
    camera = overhead((2 * SIZE[0], 2 * SIZE[1]))
    still = expose(backdrop(camera, Light((-0.5, 0.8, -0.5), 0.42, 0.78), rng), rng)
    drawn = rng.standard_normal((16, *still.shape), dtype=np.float32) * noise
    grain = drawn.round().astype(np.int16)
    for n in range(frames):
        moved = np.roll(grain[n % 16], int(rng.integers(SIZE[1])), axis=0)
        yield np.asarray(cv2.add(still, moved, dtype=cv2.CV_8U), np.uint8)


def raw(drawn: Sequence[Image], frames: int) -> Iterator[Frame]:
    """Yield pictures, again and again, as a camera without compression gives them."""
    for n in range(frames):
        yield frame_at(drawn[n % len(drawn)], n, START, FPS)


def share(frames: Iterator[Frame], take: Take) -> float:
    """Return what frames and all that is done with them cost, as a share of one core."""
    began, counted = time.process_time(), 0
    for frame in frames:
        take(frame)
        if frame.index < LEARNS:
            began = time.process_time()
        else:
            counted += 1
    return round((time.process_time() - began) * FPS / max(1, counted), 4)


def pipeline_share(config: Config, frames: Iterator[Frame]) -> float:
    """Return what a box costs that looks at these frames."""
    clock, signer = ReplayClock(START), wiring.key_place(config).load()
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.registry(config) as registry,
    ):
        cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
        line = wiring.pipeline(cabinet)

        def take(frame: Frame) -> None:
            clock.show(frame)
            line.step(frame)

        return share(frames, take)


def measured(frames: int, noise: float, folder: Path) -> Iterator[Cost]:
    """Measure every way in turn. Raises BoxError where ffmpeg is absent."""
    prepare(folder, 'publisher = "spool"\nspool = "stick"', quiet=True)
    clip, drawn = folder / "idle.mp4", list(idle_street(min(DRAWN, frames), noise))
    encode(clip, idle_street(frames, noise))
    sources: dict[str, Callable[[], Iterator[Frame]]] = {
        "raw": lambda: raw(drawn, frames),
        "H.264": lambda: open_clip(clip, START).frames(),
    }
    config = load(folder / "box.toml")
    for (name, source), threads in product(sources.items(), (1, Models().threads)):
        cv2.setNumThreads(threads)
        decode = share(source(), lambda frame: None)
        for rest in (False, True):
            models = Models(threads=threads, rest=rest)
            total = pipeline_share(msgspec.structs.replace(config, models=models), source())
            yield Cost(name, threads, rest, decode, total)


def _table(costs: list[Cost]) -> Table:
    table = Table(title="An idle road at 15 frames a second of 720p, in percent of one core")
    for column in ("frames", "threads", "detector", "decoding", "together"):
        table.add_column(column, justify="left" if column == "frames" else "right")
    for c in costs:
        detector = "rests" if c.rest else "always looks"
        shares = (f"{100 * c.decode:.1f}", f"{100 * c.total:.1f}")
        table.add_row(c.source, str(c.threads), detector, *shares)
    return table


@click.command()
@click.option("--seconds", type=click.IntRange(min=12), default=40, show_default=True)
@click.option("--noise", type=Finite(0, 40), default=3.0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(seconds: int, noise: float, as_json: bool) -> None:
    """Measure what an idle road costs; `--noise` is that of the sensor, in grey levels."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            costs = list(measured(seconds * FPS, noise, Path(folder)))
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    if as_json:
        click.echo(json.dumps([{n: getattr(c, n) for n in Cost.__slots__} for c in costs]))
        return
    Console().print(_table(costs))
    most = max(c.total for c in costs if c.rest)
    Console().print(f"{100 * most:.1f} % at most while it rests; {100 * BUDGET:.0f} % are allowed.")


if __name__ == "__main__":
    main()

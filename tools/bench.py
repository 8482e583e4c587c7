"""Milliseconds per stage, medians and 95th percentiles, beside the field's models in one run.

The figures are for one thread; ratios against a peer measured in the same run travel between
machines, milliseconds do not.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import cv2
import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.access.decide import decide
from edge.capture.clip import open_clip
from edge.clock import ReplayClock
from edge.config import Models, load
from edge.daemon import wiring, wiring_eyes
from edge.daemon.inforce import manifest
from edge.daemon.pipeline import Pipeline
from edge.errors import BoxError
from edge.types import Detection, Frame, Image, Passage
from edge.vision.model import read_manifest
from edge.vision.sentry import Sentry
from tools.demo.__main__ import AT, prepare
from tools.peers import CCT, DETECTORS, PEERS, detection_work, reading_work

ROUNDS = 60
START = datetime.fromisoformat(AT)
WHOLE = "one frame, all stages"
RESTING = "rest, one frame"
PAIRS = (("plate-detector", "plate-reader"), ("plate-detector-int8", "plate-reader-int8"))
PEER_PAIR = (next(iter(DETECTORS)), "cct_xs_v1")
CLIP = Path(__file__).parent / "demo" / "street.mp4"


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one stage took, in milliseconds."""

    stage: str
    median_ms: float
    p95_ms: float
    calls: int


def measure(work: dict[str, Callable[[], object]], rounds: int) -> list[Figure]:
    """Time every piece of work, in turn, so that a busy machine slows all alike."""
    for piece in work.values():
        piece()
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in track(range(rounds), "Measuring", console=Console(stderr=True)):
        for name, piece in work.items():
            began = time.perf_counter()
            piece()
            times[name].append((time.perf_counter() - began) * 1000)
    return [_figure(name, taken) for name, taken in times.items()]


def _figure(name: str, taken: list[float]) -> Figure:
    p95 = float(np.percentile(taken, 95))
    return Figure(name, round(statistics.median(taken), 3), round(p95, 3), len(taken))


def vision_work(frame: Image) -> dict[str, Callable[[], object]]:
    """Return our models on one frame and on its first plate: those of a box, and their twins."""
    entries = read_manifest(manifest(Models()))
    finders = {
        name: wiring_eyes.detector(Models(threads=1, detector=name))
        for name, entry in entries.items()
        if entry.task == "detect"
    }
    plates = finders[Models().detector].detect(frame)[:1]
    work: dict[str, Callable[[], object]] = {
        f"detect ({name})": partial(finder.detect, frame) for name, finder in finders.items()
    }
    for name in entries.keys() - finders if plates else ():
        text = wiring_eyes.reader(Models(threads=1, reader=name))
        work[f"read ({name})"] = partial(text.read, frame, plates)
    return work


class Asleep:
    """A detector that finds nothing, and takes no time for it."""

    def detect(self, image: Image) -> Sequence[Detection]:
        """Find nothing."""
        return ()


def resting_work(frame: Image) -> dict[str, Callable[[], object]]:
    """Return what is left of the detector's work on a frame in which nothing has changed."""
    return {RESTING: partial(Sentry(Asleep()).detect, frame)}


def peer_work(frame: Image) -> dict[str, Callable[[], object]]:
    """Return the peers' models with their own input sizes, resizing included."""
    work: dict[str, Callable[[], object]] = {}
    for name, (file, height, width) in DETECTORS.items():
        if (PEERS / file).exists():
            work[f"detect ({name})"] = detection_work(PEERS / file, height, width, frame)
    if (PEERS / CCT).exists():
        work[f"read ({PEER_PAIR[1]})"] = reading_work(PEERS / CCT, frame)
    return work


class Watched:
    """Any part of the pipeline, with the time of each call of its one method written down."""

    def __init__(self, part: object, method: str, times: list[float]) -> None:
        """Watch one method of a part."""
        self._part, self._method, self._times = part, method, times

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands in for parts of any kind
        found = getattr(self._part, name)
        if name != self._method:
            return found

        def timed(*args: object) -> object:
            began = time.perf_counter()
            answer = found(*args)
            self._times.append((time.perf_counter() - began) * 1000)
            return answer

        return timed


WATCHED = {
    "detector": ("detect", "detect, one frame"),
    "reader": ("read", "read, all plates of a frame"),
    "tracker": ("update", "track"),
    "desk": ("announce", "vote and announce a passage"),
    "registry": ("facts", "look up"),
    "testimony": ("passage", "write the message"),
    "signer": ("sign", "sign"),
    "casebook": ("enter", "write down what follows"),
    "outbox": ("append", "store durably"),
}


def whole_pipeline(frames: list[Frame], folder: Path) -> list[Figure]:
    """Play the frames through the production pipeline, timing every stage and every frame."""
    prepare(folder, 'publisher = "spool"\nspool = "stick"', quiet=True)
    config = load(folder / "box.toml")
    config = msgspec.structs.replace(config, models=Models(threads=1))
    clock = ReplayClock(frames[0].captured_at)
    signer = wiring.key_place(config).load()
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.registry(config) as registry,
    ):
        cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
        line = wiring.pipeline(cabinet)
        times: dict[str, list[float]] = {part: [] for part in WATCHED}
        parts: dict[str, Any] = {
            part: Watched(getattr(line, part), method, times[part])
            for part, (method, _) in WATCHED.items()
        }
        steps, passages = _play(replace(line, **parts), clock, frames)
        decisions = _decisions(line, passages)
    figures = [_figure(WATCHED[part][1], taken) for part, taken in times.items() if taken]
    return [*figures, _figure("decide", decisions), _figure(WHOLE, steps)]


def _play(
    line: Pipeline, clock: ReplayClock, frames: list[Frame]
) -> tuple[list[float], list[Passage]]:
    steps: list[float] = []
    passages: list[Passage] = []
    for frame in frames:
        clock.show(frame)
        began = time.perf_counter()
        concluded = line.step(frame)
        steps.append((time.perf_counter() - began) * 1000)
        passages += [conclusion.passage for conclusion in concluded]
    return steps, passages + [conclusion.passage for conclusion in line.finish()]


def _decisions(line: Pipeline, passages: list[Passage]) -> list[float]:
    taken: list[float] = []
    now = line.clock.read()
    for passage in passages * 20:
        facts = line.registry.facts(passage)
        began = time.perf_counter()
        decide(passage, facts, line.laws[0], now)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _decoded(clip: Path, limit: int) -> Iterable[Frame]:
    for frame in open_clip(clip, START).frames():
        if frame.index >= limit:
            return
        yield frame


def together(by_stage: dict[str, Figure]) -> dict[str, float]:
    """Return what detector and reader of a box take together, as shares of what peers take."""
    median = {stage: figure.median_ms for stage, figure in by_stage.items()}
    pairs = [(f"detect ({f})", f"read ({r})") for f, r in (PEER_PAIR, *PAIRS)]
    if not all(stage in median for stage in pairs[0]):
        return {}
    peer = sum(median[stage] for stage in pairs[0])
    here = [pair for pair in pairs[1:] if all(stage in median for stage in pair)]
    return {" + ".join(pair): round(sum(median[s] for s in pair) / peer, 3) for pair in here}


def _table(figures: list[Figure], detector_ms: float) -> Table:
    table = Table(title="Milliseconds on one thread")
    for column in ("stage", "median", "p95", "calls", "against our detector"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for f in figures:
        ratio = f"{f.median_ms / detector_ms:.2f}x" if f.stage.startswith("detect (") else ""
        table.add_row(f.stage, f"{f.median_ms:.2f}", f"{f.p95_ms:.2f}", str(f.calls), ratio)
    return table


@click.command()
@click.option(
    "--clip", type=click.Path(path_type=Path, exists=True), default=CLIP, show_default=True
)
@click.option(
    "--frames",
    type=click.IntRange(min=1),
    default=150,
    show_default=True,
    help="Frames of the clip to play.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=ROUNDS,
    show_default=True,
    help="Calls of each model.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(clip: Path, frames: int, rounds: int, as_json: bool) -> None:
    """Measure every stage on one thread, beside the peers' models where they are at hand."""
    cv2.setNumThreads(1)
    try:
        figures = _measured(clip, frames, rounds)
    except BoxError as e:
        raise click.ClickException(str(e)) from e
    _tell(figures, as_json)


def _measured(clip: Path, frames: int, rounds: int) -> list[Figure]:
    began = time.perf_counter()
    pictures = list(_decoded(clip, frames))
    decode_ms = (time.perf_counter() - began) * 1000 / max(1, len(pictures))
    busiest = pictures[len(pictures) // 2].image
    figures = [Figure("decode one frame", round(decode_ms, 3), round(decode_ms, 3), len(pictures))]
    figures += measure(vision_work(busiest) | resting_work(busiest) | peer_work(busiest), rounds)
    with tempfile.TemporaryDirectory() as folder:
        figures += whole_pipeline(pictures, Path(folder))
    return figures


def _tell(figures: list[Figure], as_json: bool) -> None:
    by_stage = {f.stage: f for f in figures}
    frame_ms = by_stage[WHOLE].median_ms + by_stage["decode one frame"].median_ms
    fps = round(1000 / frame_ms, 1)
    if as_json:
        facts: dict[str, Any] = {"frames_per_second_one_thread": fps}
        facts["together_against_peers"] = together(by_stage)
        facts["stages"] = [{n: getattr(f, n) for n in Figure.__slots__} for f in figures]
        click.echo(json.dumps(facts, indent=2))
        return
    console = Console()
    console.print(_table(figures, by_stage[f"detect ({Models().detector})"].median_ms))
    for name, share in together(by_stage).items():
        console.print(f"{name}: {share} of {' + '.join(PEER_PAIR)}.")
    console.print(f"{fps} frames a second on one thread, decoding included.")
    if not PEERS.exists():
        console.print("The peers' models (../shared/data/peer-models) are not here: left out.")


if __name__ == "__main__":
    main()

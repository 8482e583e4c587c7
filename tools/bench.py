"""Milliseconds per stage, medians and 95th percentiles, beside the field's models in one run.

The figures are for one thread; ratios against a peer measured in the same run travel between
machines, milliseconds do not.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import onnxruntime as ort
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.capture.clip import open_clip
from edge.config import Models
from edge.daemon import wiring
from edge.replay.bare import bare_box
from edge.types import Frame, Image
from edge.vision.model import session_options

ROUNDS = 60
START = datetime(2028, 6, 1, tzinfo=UTC)
CLIP = Path(__file__).parent / "demo" / "street.mp4"
PEERS = Path(__file__).resolve().parents[2] / "shared" / "data" / "peer-models"
PEER_DETECTORS = {
    "yolov9t-384 (fast-alpr's default shape)": ("yolov9t-384-random-weights.onnx", 384, 384),
    "YOLOv8n-320 int8": ("license_plate_detector_yolov8n_int8.onnx", 320, 320),
    "YuNet fp32": ("license_plate_detection_lpd_yunet_2023mar.onnx", 240, 320),
    "YuNet int8": ("license_plate_detection_lpd_yunet_2023mar_int8.onnx", 240, 320),
}
PEER_READER = "cct_xs_v1_global.onnx"


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
    """Return our two models on one frame and on its plates."""
    models = Models(threads=1)
    finder, text = wiring.detector(models), wiring.reader(models)
    plates = finder.detect(frame)
    work: dict[str, Callable[[], object]] = {"detect (ours)": lambda: finder.detect(frame)}
    if plates:
        work["straighten and read one plate (ours)"] = lambda: text.read(frame, plates[:1])
    return work


def peer_work(frame: Image) -> dict[str, Callable[[], object]]:
    """Return the peers' models with their own input sizes, resizing included."""
    work: dict[str, Callable[[], object]] = {}
    for name, (file, height, width) in PEER_DETECTORS.items():
        if (PEERS / file).exists():
            work[f"detect ({name})"] = _peer_detector(PEERS / file, height, width, frame)
    if (PEERS / PEER_READER).exists():
        work["read one plate (cct_xs_v1)"] = _peer_reader(PEERS / PEER_READER, frame)
    return work


def _peer_detector(path: Path, height: int, width: int, frame: Image) -> Callable[[], object]:
    session = ort.InferenceSession(str(path), session_options(1), ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def detect() -> object:
        small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        tensor = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32)
        return session.run(None, {name: tensor / 255})

    return detect


def _peer_reader(path: Path, frame: Image) -> Callable[[], object]:
    session = ort.InferenceSession(str(path), session_options(1), ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    crop = np.ascontiguousarray(frame[:40, :160])

    def read() -> object:
        fitted = cv2.cvtColor(cv2.resize(crop, (128, 64)), cv2.COLOR_BGR2RGB)
        return session.run(None, {name: fitted[None]})

    return read


def whole_pipeline(frames: list[Frame], folder: Path) -> list[Figure]:
    """Play the frames through the production pipeline and time each step and the rest."""
    box = bare_box(folder, START, threads=1)
    steps: list[float] = []
    records: list[float] = []
    for frame in frames:
        box.clock.show(frame)
        began = time.perf_counter()
        concluded = box.pipeline.step(frame)
        (records if concluded else steps).append((time.perf_counter() - began) * 1000)
    for conclusion in box.pipeline.finish():
        began = time.perf_counter()
        box.pipeline.conclude(conclusion.passage)
        records.append((time.perf_counter() - began) * 1000)
    return [
        _figure("one frame, all stages", steps),
        _figure("look up, decide, sign, store one passage", records or [0.0]),
    ]


def _decoded(clip: Path, limit: int) -> Iterable[Frame]:
    for frame in open_clip(clip, START).frames():
        if frame.index >= limit:
            return
        yield frame


def _table(figures: list[Figure], detector_ms: float) -> Table:
    table = Table(title="Milliseconds on one thread")
    for column in ("stage", "median", "p95", "calls", "against our detector"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for f in figures:
        ratio = f"{f.median_ms / detector_ms:.2f}x" if "detect" in f.stage else ""
        table.add_row(f.stage, f"{f.median_ms:.2f}", f"{f.p95_ms:.2f}", str(f.calls), ratio)
    return table


@click.command()
@click.option("--clip", type=click.Path(path_type=Path), default=CLIP, show_default=True)
@click.option("--frames", default=150, show_default=True, help="Frames of the clip to play.")
@click.option("--rounds", default=ROUNDS, show_default=True, help="Calls of each model.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def main(clip: Path, frames: int, rounds: int, as_json: bool) -> None:
    """Measure every stage on one thread, beside the peers' models where they are at hand."""
    cv2.setNumThreads(1)
    began = time.perf_counter()
    pictures = list(_decoded(clip, frames))
    decode_ms = (time.perf_counter() - began) * 1000 / max(1, len(pictures))
    busiest = pictures[len(pictures) // 2].image
    figures = [Figure("decode one frame", round(decode_ms, 3), round(decode_ms, 3), len(pictures))]
    figures += measure(vision_work(busiest) | peer_work(busiest), rounds)
    with tempfile.TemporaryDirectory() as folder:
        figures += whole_pipeline(pictures, Path(folder))
    _tell(figures, as_json)


def _tell(figures: list[Figure], as_json: bool) -> None:
    by_stage = {f.stage: f for f in figures}
    frame_ms = by_stage["one frame, all stages"].median_ms + by_stage["decode one frame"].median_ms
    fps = round(1000 / frame_ms, 1)
    if as_json:
        facts: dict[str, Any] = {"frames_per_second_one_thread": fps}
        facts["stages"] = [{n: getattr(f, n) for n in Figure.__slots__} for f in figures]
        click.echo(json.dumps(facts, indent=2))
        return
    console = Console()
    console.print(_table(figures, by_stage["detect (ours)"].median_ms))
    console.print(f"{fps} frames a second on one thread, decoding included.")
    if not PEERS.exists():
        console.print("The peers' models (../shared/data/peer-models) are not here: left out.")


if __name__ == "__main__":
    main()

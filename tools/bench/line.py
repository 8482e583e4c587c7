"""The production pipeline, frame by frame: what each stage takes, and what is left over.

The clip goes through a box with each pair of models, frame by frame in turn. It guards a drawn
Flemish zone and a Dutch one that is in force, so that some vehicles are held, with pictures.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import msgspec
from pyrage import x25519

from edge.access.decide import decide
from edge.clock import ReplayClock
from edge.config import Config, Models, load
from edge.daemon import wiring
from edge.daemon.pipeline import Pipeline
from edge.types import Frame, Passage
from tools.bench.decoding import START
from tools.bench.eyes import PAIRS, spoken
from tools.bench.figure import Figure, Findings
from tools.bench.ready import Ready
from tools.bench.timing import Watched, each, figure, shared
from tools.demo.__main__ import prepare

WHOLE = "one frame, all stages"
DECIDE, REST = "decide", "everything else"
STAGES = {
    "detector": ("detect", "detect, unless at rest"),
    "reader": ("read", "read, all plates of a frame"),
    "tracker": ("update", "track"),
    "desk": ("announce", "vote and announce a passage"),
    "eyes": ("see", "look after the camera"),
    "registry": ("facts", "look up"),
    "photographer": ("keep", "keep the pictures of who is held"),
    "testimony": ("passage", "write the message"),
    "signer": ("sign", "sign"),
    "casebook": ("enter", "write down what follows"),
    "outbox": ("append", "append to the outbox, on the disk"),
}
"""The parts of a pipeline, the method of each that is timed, and what it is called."""
DETAILED = "int8 pair"
"""Of this pair, the one that boxes run, every stage is told; of the others the whole."""
AGAIN = 20
DUTCH = """
[[zones]]
id = "utrecht"
pack = "nl-ze"
start = 2025-01-01

[evidence]
recipients = ["{}", "{}"]
"""


def group(threads: int) -> str:
    """Return what the stages on so many threads stand under."""
    return f"pipeline, {spoken(threads)}"


def prepared(folder: Path) -> Config:
    """Make a box with keys, registry, two zones and recipients of pictures."""
    prepare(folder, 'publisher = "spool"\nspool = "stick"', quiet=True)
    path = folder / "box.toml"
    keys = (x25519.Identity.generate().to_public() for _ in range(2))
    with path.open("a", encoding="utf-8") as config:
        config.write(DUTCH.format(*keys))
    found = load(path)
    found.box.state.mkdir()
    return found


@dataclass(slots=True)
class Lane:
    """One box at work, and what it took: each stage by its part, each frame, and the rest of it."""

    line: Pipeline
    clock: ReplayClock
    stages: dict[str, list[float]]
    frames: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def step(self, frame: Frame) -> None:
        """Take one frame."""
        self.clock.show(frame)
        before = {part: len(taken) for part, taken in self.stages.items()}
        began = time.perf_counter_ns()
        concluded = self.line.step(frame)
        self.frames.append((time.perf_counter_ns() - began) * 1e-6)
        within = sum(sum(taken[before[part] :]) for part, taken in self.stages.items())
        self.rest.append(max(0.0, self.frames[-1] - within))
        self.passages += [conclusion.passage for conclusion in concluded]

    def finish(self) -> None:
        """Conclude on who is in sight still: no frame follows."""
        self.passages += [conclusion.passage for conclusion in self.line.finish()]


@contextmanager
def at_work(config: Config, pair: str, threads: int) -> Iterator[Lane]:
    """Open a box of its own with a pair of models."""
    detector, reader = PAIRS[pair]
    models = Models(detector=detector, reader=reader, threads=threads)
    state = config.box.state / f"{detector}-{threads}"
    box = msgspec.structs.replace(config.box, state=state)
    config = msgspec.structs.replace(config, models=models, box=box)
    with ExitStack() as stack:
        outbox = stack.enter_context(wiring.outbox(config))
        casebook = stack.enter_context(wiring.casebook(config, outbox))
        registry = stack.enter_context(wiring.registry(config))
        clock, signer = ReplayClock(START), wiring.key_place(config).load()
        cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
        line = wiring.pipeline(cabinet)
        line = replace(line, eyes=wiring.lookout(cabinet) or line.eyes)
        times: dict[str, list[float]] = {part: [] for part in STAGES}
        parts: dict[str, Any] = {
            part: Watched(getattr(line, part), method, times[part])
            for part, (method, _) in STAGES.items()
        }
        yield Lane(replace(line, **parts), clock, times)


def pipeline(ready: Ready) -> Findings:
    """Send the frames through boxes, on so many threads as are asked for in turn."""
    of = (on_threads(ready, threads) for threads in ready.asked.threads)
    return Findings(tuple(one for figures in of for one in figures))


def on_threads(ready: Ready, threads: int) -> list[Figure]:
    """Send the frames through a box with each pair of models, and tell what that took."""
    cv2.setNumThreads(threads)
    with ExitStack() as stack:
        lanes = {p: stack.enter_context(at_work(ready.config, p, threads)) for p in PAIRS}
        for frame in ready.frames:
            for lane in lanes.values():
                lane.step(frame)
        for lane in lanes.values():
            lane.finish()
        decode_ms = ready.decode_ms * len(ready.frames)
        detailed = list(stages(lanes[DETAILED], threads, decode_ms))
    wholes = [figure(group(threads), f"{WHOLE} ({p})", lane.frames) for p, lane in lanes.items()]
    return detailed + wholes


def stages(lane: Lane, threads: int, decode_ms: float) -> Iterator[Figure]:
    """Yield each stage, with its share of all the time that the frames took with decoding."""
    whole = sum(lane.frames) + decode_ms
    for part, (_, name) in STAGES.items():
        if taken := lane.stages[part]:
            yield shared(figure(group(threads), name, taken), taken, whole)
    decisions = decided(lane)
    if decisions:
        yield figure(group(threads), DECIDE, decisions)
    yield shared(figure(group(threads), REST, lane.rest), lane.rest, whole)


def decided(lane: Lane) -> list[float]:
    """Decide again on what was concluded, under every law: alone it is too short to be seen."""
    line, now = lane.line, lane.line.clock.read()
    asked = [(p, line.registry.facts(p), law) for p in lane.passages for law in line.laws]
    return list(each(lambda one: decide(*one, now), asked * AGAIN))

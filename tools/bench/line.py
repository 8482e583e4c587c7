"""The production pipeline, frame by frame: what each stage takes, and what is left over.

The clip goes through a box with each pair of models, frame by frame in turn. It guards a drawn
Flemish zone and a Dutch one that is in force, so that some vehicles are held, with pictures.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import msgspec
from pyrage import x25519

from edge.access.decide import decide
from edge.clock import ReplayClock
from edge.config import Config, Models, load
from edge.daemon import wiring
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.types import Frame, Passage
from tools.bench.decoding import START
from tools.bench.eyes import PAIRS, spoken
from tools.bench.figure import Figure, Findings
from tools.bench.ready import Ready
from tools.bench.timing import Times, Watched
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
DETAILED = "int8"
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
    """One box at work, and what it took: each stage, each frame, the rest of it, and the end."""

    line: Pipeline
    clock: ReplayClock
    stages: dict[str, Times]
    frames: Times = field(default_factory=Times)
    rest: Times = field(default_factory=Times)
    ending: Times = field(default_factory=Times)
    passages: list[Passage] = field(default_factory=list)

    def step(self, frame: Frame) -> None:
        """Take one frame."""
        self.clock.show(frame)
        self._take(self.frames, lambda: self.line.step(frame))

    def finish(self) -> None:
        """Conclude on who is in sight still: no frame follows."""
        self._take(self.ending, self.line.finish)

    def _take(self, times: Times, piece: Callable[[], list[Conclusion]]) -> None:
        before = self._within()
        concluded = times.take(piece)
        within = self._within()
        self.rest.clock.append(max(0.0, times.clock[-1] - within[0] + before[0]))
        self.rest.processor.append(max(0.0, times.processor[-1] - within[1] + before[1]))
        self.passages += [conclusion.passage for conclusion in concluded]

    def _within(self) -> tuple[float, float]:
        """Return what all stages took until now."""
        times = self.stages.values()
        return sum(sum(t.clock) for t in times), sum(sum(t.processor) for t in times)


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
        times = {part: Times() for part in STAGES}
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
    wholes = [of.frames.figure(group(threads), f"{WHOLE} ({p} pair)") for p, of in lanes.items()]
    return detailed + wholes


def stages(lane: Lane, threads: int, decode_ms: float) -> Iterator[Figure]:
    """Yield each stage, with its share of all the time that the frames took with decoding."""
    whole = sum(lane.frames.clock) + sum(lane.ending.clock) + decode_ms
    for part, (_, name) in STAGES.items():
        if lane.stages[part].clock:
            yield lane.stages[part].figure(group(threads), name, whole)
    decisions = decided(lane)
    if decisions.clock:
        yield decisions.figure(group(threads), DECIDE)
    yield lane.rest.figure(group(threads), REST, whole)


def decided(lane: Lane) -> Times:
    """Decide again on what was concluded, under every law: alone it is too short to be seen."""
    line, now, taken = lane.line, lane.line.clock.read(), Times()
    asked = [(p, line.registry.facts(p), law) for p in lane.passages for law in line.laws]
    for passage, facts, law in asked * AGAIN:
        taken.take(partial(decide, passage, facts, law, now))
    return taken

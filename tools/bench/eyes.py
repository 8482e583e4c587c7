"""The models on one frame, ours and the field's, in turn: milliseconds, and ratios of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import cv2
import numpy as np

from edge.config import Models
from edge.daemon import wiring_eyes
from edge.daemon.inforce import manifest
from edge.errors import ModelError
from edge.types import Detection, Frame, Image
from edge.vision.model import read_manifest
from edge.vision.sentry import Sentry
from tools.bench.figure import TIMES, Figure, Findings
from tools.bench.ready import Ready
from tools.bench.timing import Times, Work, in_turn, percentiles
from tools.peers import DETECTORS, PEERS, detection_work, reading_work

PAIRS = {
    "int8": ("plate-detector-int8", "plate-reader-int8"),
    "fp32": ("plate-detector", "plate-reader"),
}
YOLOV9, YOLOV8 = "yolov9t-384", "YOLOv8n-320 int8"
CCT_READER = "cct_xs_v1"
PEER_PAIRS = {"yolov9t-384 + cct_xs_v1": YOLOV9, "YOLOv8n-320 int8 + cct_xs_v1": YOLOV8}
ASKED = {("int8", "yolov9t-384 + cct_xs_v1"): 0.25}
"""What was set out for of a picture with one plate, on one thread (models/README.md)."""
AGAINST = "ours against a peer"
ONE_PLATE = "1 thread, one plate in view"
RESTING = "at rest: nothing has changed"
NOT_ALONE = "No frame of the clip shows exactly one plate: what is asked of one is left out."
NO_PEERS = "The peers' models (../shared/data/peer-models) are not here: they are left out."
LOOKED_AT = 15
"""One frame in so many is searched for the one to measure on."""


def group(threads: int) -> str:
    """Return what the figures of so many threads stand under."""
    return f"models, {spoken(threads)}"


def spoken(threads: int) -> str:
    """Return a number of threads in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def models(ready: Ready) -> Findings:
    """Time every model, on so many threads as are asked for in turn."""
    if not PEERS.exists():
        found = Findings(left_out=(NO_PEERS,))
    elif (image := one_plate(ready.frames)) is None:
        found = Findings(left_out=(NOT_ALONE,))
    else:
        found = beside_peers(image, ready.asked.rounds)
    image = busiest(ready.frames)
    for threads in ready.asked.threads:
        found += on_threads(image, threads, ready.asked.rounds)
    return found


def beside_peers(image: Image, rounds: int) -> Findings:
    """Set our pairs against those of peers on a frame with one plate, on one thread."""
    cv2.setNumThreads(1)
    peers, _ = peer_work(image, 1)  # what is missing is told beside the other frame
    times = in_turn(our_work(image, 1) | peers, rounds)
    return Findings(tuple(ratios(times, ONE_PLATE, ASKED)))


def on_threads(image: Image, threads: int, rounds: int) -> Findings:
    """Time every model on so many threads, and set our pairs against those of peers."""
    cv2.setNumThreads(threads)
    peers, missing = peer_work(image, threads)
    resting = {RESTING: partial(Sentry(Asleep()).detect, image)}
    work = our_work(image, threads) | resting | peers
    times = in_turn(work, rounds)
    taken = tuple(t.figure(group(threads), name) for name, t in times.items())
    if not any(name.startswith("read (plate-reader") for name in work):
        missing.append("Our readers are left out: the clip shows no plate.")
    return Findings(taken + tuple(ratios(times, spoken(threads), {})), tuple(missing))


def one_plate(frames: Sequence[Frame]) -> Image | None:
    """Return the image of the first among a few frames that shows one plate and no more."""
    finder = wiring_eyes.detector(Models(threads=1))
    images = (frame.image for frame in frames[::LOOKED_AT])
    return next((image for image in images if len(finder.detect(image)) == 1), None)


def busiest(frames: Sequence[Frame]) -> Image:
    """Return the image with the most plates among a few."""
    finder = wiring_eyes.detector(Models(threads=1))
    return max((f.image for f in frames[::LOOKED_AT]), key=lambda image: len(finder.detect(image)))


def our_work(image: Image, threads: int) -> dict[str, Work]:
    """Return our models on one frame and on its first plate: those of a box, and their twins."""
    entries = read_manifest(manifest(Models()))
    finders = {
        name: wiring_eyes.detector(Models(threads=threads, detector=name))
        for name, entry in entries.items()
        if entry.task == "detect"
    }
    plates = finders[Models().detector].detect(image)[:1]
    work: dict[str, Work] = {
        f"detect ({name})": partial(finder.detect, image) for name, finder in finders.items()
    }
    for name in entries.keys() - finders.keys() if plates else ():
        text = wiring_eyes.reader(Models(threads=threads, reader=name))
        work[f"read ({name})"] = partial(text.read, image, plates)
    return work


class Asleep:
    """A detector that finds nothing, and takes no time for it."""

    def detect(self, image: Image) -> Sequence[Detection]:
        """Find nothing."""
        return ()


def peer_work(image: Image, threads: int) -> tuple[dict[str, Work], list[str]]:
    """Open the peers' models; return their work on one frame, and why any is left out."""
    work: dict[str, Work] = {}
    missing = []
    for name, make in peer_makers(image, threads).items():
        try:
            work[name] = make()
        except ModelError as e:
            missing.append(f"{name} is left out: {e.cause}")
    return work, missing


def peer_makers(image: Image, threads: int) -> dict[str, Callable[[], Work]]:
    """Return what opens each peer's model, with its own input size, resizing included."""
    if not PEERS.exists():
        return {}
    makers: dict[str, Callable[[], Work]] = {
        f"detect ({name})": partial(detection_work, name, image, threads) for name in DETECTORS
    }
    return makers | {f"read ({CCT_READER})": partial(reading_work, image, threads)}


def ratios(
    times: Mapping[str, Times], where: str, asked: Mapping[tuple[str, str], float]
) -> list[Figure]:
    """Return what our pairs take as shares of what pairs of peers take, round by round."""
    found = []
    for (ours, names), (theirs, detector) in product(PAIRS.items(), PEER_PAIRS.items()):
        us = (f"detect ({names[0]})", f"read ({names[1]})")
        them = (f"detect ({detector})", f"read ({CCT_READER})")
        if all(name in times for name in (*us, *them)):
            ratio = _ratio([times[name] for name in us], [times[name] for name in them])
            name = f"{ours} / {theirs}, {where}"
            found.append(replace(ratio, name=name, asked=asked.get((ours, theirs))))
    return found


def _ratio(us: Sequence[Times], them: Sequence[Times]) -> Figure:
    clock = np.sum([t.clock for t in us], 0) / np.sum([t.clock for t in them], 0)
    used = np.sum([t.processor for t in us], 0) / np.sum([t.processor for t in them], 0)
    p50, p95 = percentiles(clock)
    share, _ = percentiles(used)
    return Figure(AGAINST, "", p50, TIMES, p95, share, calls=len(clock), by_clock=False)

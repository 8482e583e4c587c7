"""Whole processes: `replay` of two lanes of traffic, and `run` before a camera that shows them.

Memory is sampled from outside. A start is timed from the call of the program to the first frame
that was judged, with its files in the memory of the system, as after any earlier start.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from prometheus_client.parser import text_string_to_metric_families

from edge.errors import BoxError, CaptureError
from tools.bench.figure import A_SECOND, CORES, MEGABYTES, SECONDS, TIMES, Figure, Findings
from tools.bench.process import MB, children_s, held, processor_s
from tools.bench.ready import FPS, Ready
from tools.bench.traffic import Traffic, traffic
from tools.demo.broker import free_port
from tools.demo.camera import clip_camera

REPLAY, RUN = "replay of two lanes, 720p at 15 a second", "run before the same two lanes"
MOST_MB, LONGEST_START_S, LEAST_SPEED = 350.0, 3.0, 4.0
TIMES_EACH = 3
SAMPLE_S, POLL_S, PATIENCE_S = 0.25, 0.02, 60.0
JUDGED, VEHICLES = "anpr_frames_total", "anpr_vehicles_announced_total"
BY_HAND = "Run it by hand: it says what is wrong."


def processes(ready: Ready) -> Findings:
    """Measure both. Raises BoxError when one fails; without a clip it is said, and no more."""
    try:
        road = traffic(ready.asked.folder, ready.asked.seconds)
    except BoxError as e:
        return Findings(left_out=(f"Whole processes are left out: {e}",))
    return Findings((*replayed(ready, road), *ran(ready, road)))


@dataclass(slots=True)
class Most:
    """The most memory that a process was seen to hold, in bytes."""

    resident: int = 0
    anonymous: int = 0

    def look(self, process: int) -> None:
        """Look once; one that has just ended holds nothing."""
        try:
            seen = held(process)
        except (OSError, KeyError):
            return
        self.resident = max(self.resident, seen.resident)
        self.anonymous = max(self.anonymous, seen.anonymous)

    def figures(self, group: str) -> Iterator[Figure]:
        """Yield the most that was seen, all of it and what of it is the process's own."""
        whole, own = round(self.resident / MB, 1), round(self.anonymous / MB, 1)
        told = partial(Figure, group, unit=MEGABYTES, by_clock=False)
        yield told("memory, resident", whole, asked=MOST_MB)
        yield told("memory, of its own (anonymous)", own)


@dataclass(frozen=True, slots=True)
class Replay:
    """The seconds of one replay: all of it, the playing alone, and of the processors."""

    all_s: float
    playing_s: float
    used_s: float


def replayed(ready: Ready, road: Traffic) -> Iterator[Figure]:
    """Yield how fast a run is replayed, with its report and its annotated video."""
    most = Most()
    taken = [replay(ready, road, most) for _ in range(min(TIMES_EACH, ready.asked.rounds))]
    whole = median(road.seconds / one.all_s for one in taken)
    playing = median(road.seconds / one.playing_s for one in taken)
    used = median(one.used_s / road.seconds for one in taken)
    yield faster("speed, start to report", whole, LEAST_SPEED)
    yield faster("speed, the playing alone", playing)
    told = partial(Figure, REPLAY, unit=SECONDS, by_clock=False)
    yield told("processor, for a second of traffic", round(used, 3))
    yield from most.figures(REPLAY)


def faster(name: str, speed: float, asked: float | None = None) -> Figure:
    """Return a speed as so many times that of the traffic."""
    return Figure(REPLAY, name, round(speed, 2), TIMES, asked=asked, more_is_better=True)


def replay(ready: Ready, road: Traffic, most: Most) -> Replay:
    """Replay the run once in a process of its own."""
    out, used = ready.folder / "replayed", children_s()
    began = time.perf_counter()
    words = ("replay", str(road.run), "--out", str(out), "--json")
    with verb(ready.folder / "box.toml", *words) as process:
        while process.poll() is None:
            most.look(process.pid)
            time.sleep(SAMPLE_S)
        taken_s = time.perf_counter() - began
    if process.returncode:
        raise CaptureError(f"`anpr-edge replay {road.run}` failed.", BY_HAND)
    (clip,) = json.loads((out / "summary.json").read_text("utf-8"))["clips"]
    return Replay(taken_s, clip["seconds"], children_s() - used)


@contextmanager
def verb(config: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a verb of a box beside this process, and end it where it does not end by itself."""
    command = (sys.executable, "-m", "edge.cli.main", *words, "--config", str(config))
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.terminate()


@dataclass(slots=True)
class AtWork:
    """A daemon at work: how long it took to judge its first frame, and where its page is."""

    process: int
    page: str
    start_s: float = 0.0
    most: Most = field(default_factory=Most)

    def counted(self, name: str) -> float:
        """Return one of its counters. Raises OSError before its page is open."""
        with urllib.request.urlopen(self.page, timeout=PATIENCE_S) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return next((s.value for f in families for s in f.samples if s.name == name), 0.0)

    def has_judged(self) -> bool:
        """True once it has judged a frame."""
        try:
            return self.counted(JUDGED) >= 1
        except OSError:
            return False


def ran(ready: Ready, road: Traffic) -> Iterator[Figure]:
    """Yield how a daemon starts, what it holds, and what it needs for a vehicle."""
    starts: list[float] = []
    with clip_camera(road.clip, FPS, again=True) as camera:
        for _ in range(min(TIMES_EACH, ready.asked.rounds) - 1):
            with daemon(ready.folder, camera) as found:
                starts.append(found.start_s)
        with daemon(ready.folder, camera) as found:
            starts.append(found.start_s)
            used_s, vehicles, frames = worked(found, road.seconds)
    first = "start to first frame judged"
    limit = LONGEST_START_S
    yield Figure(RUN, first, round(median(starts), 2), SECONDS, calls=len(starts), asked=limit)
    yield from found.most.figures(RUN)
    used = partial(Figure, RUN, by_clock=False)
    yield used("processor", round(used_s / road.seconds, 3), CORES)
    if vehicles:
        yield used("processor, for one vehicle", round(used_s / vehicles, 3), SECONDS)
    judged = round(frames / road.seconds, 1)
    yield Figure(RUN, "frames judged", judged, A_SECOND, more_is_better=True)


@contextmanager
def daemon(folder: Path, camera: str) -> Iterator[AtWork]:
    """Start a daemon, and yield it once it has judged a frame."""
    port = free_port()
    told = (folder / "box.toml").read_text("utf-8")
    told = told.replace("[camera]\n", f'[camera]\nsource = "{camera}"\n')
    config = folder / "watching.toml"
    config.write_text(f'{told}\n[metrics]\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8")
    began = time.perf_counter()
    with verb(config, "run") as process:
        found = AtWork(process.pid, f"http://127.0.0.1:{port}/metrics")
        while not found.has_judged():
            if process.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                raise CaptureError("`anpr-edge run` judged no frame.", BY_HAND)
            time.sleep(POLL_S)
        found.start_s = time.perf_counter() - began
        yield found


def worked(found: AtWork, for_s: float) -> tuple[float, float, float]:
    """Return what a daemon used of the processors, and the vehicles and frames it saw meanwhile."""
    before, ends_at = _now(found), time.perf_counter() + for_s
    while time.perf_counter() < ends_at:
        found.most.look(found.process)
        time.sleep(SAMPLE_S)
    (used, vehicles, frames), after = before, _now(found)
    return after[0] - used, after[1] - vehicles, after[2] - frames


def _now(found: AtWork) -> tuple[float, float, float]:
    return processor_s(found.process), found.counted(VEHICLES), found.counted(JUDGED)

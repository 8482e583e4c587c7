"""A clip of a busy street: one vehicle after another on both lanes, drawn once and kept."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from tools.synth.clips import FPS, Actor, shoot
from tools.synth.glyphs import font_files
from tools.synth.plates import draw_spec

SEED = 7
KINDS = ("car", "van", "truck")
SPEED_M_S = 5.6
APART_S = (2.4, 3.2)
"""So long after one vehicle the next one follows on its lane."""
FIRST_S = {"left": -1.0, "right": 0.4}
RUN = """\
format = 1
starts_at = 2028-06-01T10:00:00+02:00
seed = "two lanes"

[[clips]]
file = "{clip}"
"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A run of a clip, and what drives by in it."""

    run: Path
    clip: Path
    truth: Path
    seconds: float

    @property
    def vehicles(self) -> int:
        """Return how many vehicles can be read in it."""
        return len(self.truth.read_text("utf-8").splitlines()) - 1


def traffic(folder: Path, seconds: int) -> Traffic:
    """Return two lanes of traffic of so many seconds; drawing takes three times as long, once.

    Raises BoxError where there are no fonts to draw plates with, or no ffmpeg.
    """
    place = folder / f"two-lanes-{SEED}-{seconds}"
    found = Traffic(place / "run.toml", place / "two-lanes.mp4", place / "two-lanes.csv", seconds)
    if not found.run.exists():
        font_files()
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Drawing two lanes of traffic", total=seconds * FPS)
            cast = both_lanes(seconds)
            shoot(found.clip, found.truth, cast, seconds, SEED, lambda: bar.advance(task))
        found.run.write_text(RUN.format(clip=found.clip.name), encoding="utf-8")
    return found


def both_lanes(seconds: float) -> list[Actor]:
    """Return who drives by: the same each time, and more of the same in a longer time."""
    chance = np.random.default_rng(SEED)
    at = dict(FIRST_S)
    cast: list[Actor] = []
    while (lane := min(at, key=lambda one: at[one])) and at[lane] < seconds:
        cast.append(_actor(lane, at[lane], chance))
        at[lane] += float(chance.uniform(*APART_S))
    return cast


def _actor(lane: str, at_s: float, chance: np.random.Generator) -> Actor:
    country = ("NL", "BE")[int(chance.integers(2))]
    spec = draw_spec(chance, country)
    while spec.lines != 1:
        spec = draw_spec(chance, country)
    kind = KINDS[int(chance.integers(len(KINDS)))]
    seed = int(chance.integers(1000))
    return Actor(spec.text, country, kind, lane, round(at_s, 3), SPEED_M_S, seed=seed)

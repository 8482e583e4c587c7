"""How surely a box tells that its camera does not see: false alarms, and faults that were found.

Real scenes (and the street of the demonstration) are shown one picture a second, with weather,
light, traffic and mischief put on them.
"""

import os
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from edge.daemon.eyesight import DOUBTED
from edge.types import Image
from edge.vision.eyesight import Eyesight
from edge.vision.look import look
from tools.disturbed import (
    HARM,
    HARMLESS,
    Disturbance,
    Rng,
    by_night,
    frozen,
    frozen_with_clock,
    plain,
)

STREET = Path(__file__).parent / "demo" / "street.mp4"
FILMS, HAND_HELD = "road-clip/*.mp4", "nl-clips/clips/*"
PROGRESS = Console(stderr=True)
LINE = "{:24} {:12} {:34} {:14} {}"
LEARNT_S, WATCHED_S, HARMED_S = 40, 120, 130
EVERY_S = 2
"""Of what should be told as nothing a look in so long is enough: each speaks for so much time."""
WIDTH, MOST_PICTURES = 640, 60
"""Films are made small and few of their pictures taken, so that a run ends within minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A scene: pictures of it by a camera that stands still, with other vehicles in each."""

    name: str
    pictures: Sequence[Image]

    def at(self, second: int) -> Image:
        """Return the picture of a second."""
        return self.pictures[second * 37 % len(self.pictures)]


@dataclass(slots=True)
class Score:
    """Of one disturbance: in how many sites it was told as what, and how soon (s).

    `looks` were doubted or not, `doubted_s` is when each site first was.
    """

    expected: str | None
    told: Counter[str] = field(default_factory=Counter)
    after_s: list[int] = field(default_factory=list)
    doubted_s: list[int] = field(default_factory=list)
    looks: Counter[bool] = field(default_factory=Counter)


class Seen(NamedTuple):
    """What one look told, and whether a passage would have been doubted by it."""

    second: int
    told: str
    doubted: bool


def sites(data: Path) -> Iterator[Site]:
    """Yield scenes: the street of the demonstration, films, and a still of each held in hand."""
    for path in (STREET, *sorted(data.glob(FILMS))):
        yield Site(path.name, _film(path, MOST_PICTURES))
    for path in sorted(data.glob(HAND_HELD)):
        yield Site(path.name, _film(path, 1))


def _film(path: Path, count: int) -> list[Image]:
    video, found = cv2.VideoCapture(str(path)), list[Image]()
    every = max(1, int(video.get(cv2.CAP_PROP_FRAME_COUNT)) // count)
    while len(found) < count and video.grab():
        more, image = video.retrieve()
        if not more:
            break
        height = WIDTH * image.shape[0] // image.shape[1]
        small = cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA)
        found.append(np.asarray(small, np.uint8))
        for _ in range(every - 1):
            video.grab()
    return found


@cache
def learnt(site: Site, how: Disturbance) -> Eyesight:
    """Return an eyesight that knows a scene in a light."""
    rng, eyesight = rng_of(site), Eyesight()
    for second in range(LEARNT_S):
        eyesight.see(look(how(site.at(second), second, rng)), second)
    return eyesight


def rng_of(site: Site) -> Rng:
    """Return the chance of a site, the same in each run."""
    return np.random.default_rng(zlib.crc32(site.name.encode()))


def watch(site: Site, how: Disturbance, eyesight: Eyesight, seconds: range) -> Iterator[Seen]:
    """Show a disturbed scene to eyes that have seen it for a while; yield what each look told."""
    rng = rng_of(site)
    for second in seconds:
        shown = 0 if how in (frozen, frozen_with_clock) else second
        image = how(site.at(LEARNT_S + shown), second, rng)
        faults = eyesight.see(look(image), LEARNT_S + second)
        doubted = any(fault in eyesight.suspected for fault in DOUBTED)
        yield Seen(second, " ".join(sorted(faults)), doubted)


def harmless(found: Sequence[Site], how: Disturbance, watched_s: int) -> Score:
    """Return the score of what should be told as nothing."""
    score = Score(None)
    for site in found:
        seen = list(watch(site, how, deepcopy(learnt(site, plain)), range(0, watched_s, EVERY_S)))
        score.looks.update(one.doubted for one in seen)
        score.told.update({one.told for one in seen if one.told})
    return score


def harmful(found: Sequence[Site], expected: str, how: Disturbance, light: Disturbance) -> Score:
    """Return the score of a fault: each site is watched until something is told."""
    score = Score(expected)
    for site in found:
        first_s = None
        for seen in watch(site, how, deepcopy(learnt(site, light)), range(HARMED_S)):
            first_s = seen.second if seen.doubted and first_s is None else first_s
            if seen.told:
                score.after_s.append(seen.second)
                break
        score.told[seen.told or "nothing"] += 1
        score.doubted_s += [] if first_s is None else [first_s]
    return score


def scored(found: Sequence[Site], watched_s: int) -> Iterator[tuple[str, Callable[[], Score]]]:
    """Yield the name of each disturbance, and what scores it."""
    for name, how in HARMLESS.items():
        yield name, partial(harmless, found, how, watched_s)
    at_night = by_night(plain)
    for name, (expected, how) in HARM.items():
        yield name, partial(harmful, found, expected, how, at_night if "night" in name else plain)


def undisturbed(site: Site, watched_s: int) -> str:
    """Return what was told of a scene as it is, which should be nothing."""
    seen = watch(site, plain, Eyesight(), range(0, watched_s, EVERY_S))
    told = Counter(one.told or "doubted" for one in seen if one.told or one.doubted)
    return f"{site.name}: {dict(told)}" if told else ""


def cost_ms(site: Site, rounds: int = 100) -> float:
    """Return the time of one core that a look takes, in milliseconds."""
    eyesight, began = Eyesight(), time.process_time()
    for second in range(rounds):
        eyesight.see(look(site.at(second)), second)
    return (time.process_time() - began) / rounds * 1000


def row(name: str, score: Score) -> str:
    """Return a line of the table."""
    told = ", ".join(f"{word}: {n}" for word, n in score.told.most_common()) or "nothing"
    doubted = f"{score.looks[True]} of {score.looks.total()} looks"
    if score.expected is not None:
        doubted = _soon(score.doubted_s)
    return LINE.format(name, score.expected or "nothing", told, _soon(score.after_s), doubted)


def _soon(after_s: Sequence[int]) -> str:
    return f"{median(after_s):g} / {max(after_s)} s" if after_s else ""


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--scenes", default=2, show_default=True, help="Scenes that are disturbed.")
@click.option("--seconds", default=WATCHED_S, show_default=True, help="Of each harmless series.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Threads at work.")
def main(data: Path, scenes: int, seconds: int, jobs: int) -> None:
    """Score camera-blind detection on real footage; print a table, line by line."""
    cv2.setNumThreads(1)
    found = list(sites(data))
    with ThreadPoolExecutor(jobs) as pool:
        rows = pool.map(lambda one: row(one[0], one[1]()), scored(found[:scenes], seconds))
        plains = pool.map(lambda site: undisturbed(site, seconds), found)
        click.echo(f"{scenes} scenes, disturbed; a harmless series lasts {seconds} s")
        click.echo(LINE.format("shown", "expected", "told (scenes)", "after", "doubted"))
        for line in track(rows, "disturbed", len(HARMLESS) + len(HARM), console=PROGRESS):
            click.echo(line)
        told = [line for line in track(plains, "as they are", len(found), console=PROGRESS) if line]
    click.echo(f"{len(found)} scenes as they are, each looped for {seconds} s:")
    click.echo("\n".join(told) or "nothing told, nothing doubted")
    click.echo(f"{cost_ms(found[0]):.1f} ms of one core for each look ({found[0].name})")


if __name__ == "__main__":
    main()

"""How surely a box tells that its camera does not see: false alarms, and faults that were found.

Real scenes (and the street of the demonstration) are shown one picture a second, with weather,
light, traffic and mischief put on them.
"""

import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import click
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.types import Image
from edge.vision.eyesight import Eyesight
from edge.vision.look import look
from tools.disturbed import (
    HARM,
    HARMLESS,
    Disturbance,
    by_night,
    frozen,
    frozen_with_clock,
    plain,
)

STREET = Path(__file__).parent / "demo" / "street.mp4"
FILMS, HAND_HELD = "road-clip/*.mp4", "nl-clips/clips/*"
LEARNT_S, WATCHED_S, HARMED_S = 40, 120, 75
WIDTH, MOST_PICTURES = 640, 60
"""Films are made small and few of their pictures taken, so that a run ends within minutes."""


@dataclass(frozen=True, slots=True)
class Site:
    """A scene: pictures of it by a camera that stands still, with other vehicles in each."""

    name: str
    pictures: Sequence[Image]

    def at(self, second: int) -> Image:
        """Return the picture of a second."""
        return self.pictures[second * 37 % len(self.pictures)]


@dataclass(slots=True)
class Score:
    """Of one disturbance: in how many sites it was told as what, and how soon (s)."""

    expected: str | None
    sites: int = 0
    told: Counter[str] = field(default_factory=Counter)
    after_s: list[int] = field(default_factory=list)


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


def watch(site: Site, how: Disturbance, seconds: int, harmless: Disturbance | None) -> list[str]:
    """Show a disturbed scene; return what each second told, after it was learnt (if `harmless`)."""
    rng, eyesight = np.random.default_rng(zlib.crc32(site.name.encode())), Eyesight()
    told = list[str]()
    for second in range(LEARNT_S if harmless else 0):
        assert harmless is not None
        eyesight.see(look(harmless(site.at(second), second, rng)), second)
    began = LEARNT_S if harmless else 0
    for second in range(seconds):
        shown = began if how in (frozen, frozen_with_clock) else began + second
        image = how(site.at(shown), second, rng)
        told.append(" ".join(sorted(eyesight.see(look(image), began + second))))
    return told


def scored(found: Sequence[Site], watched_s: int) -> Iterator[tuple[str, Score]]:
    """Yield the score of each disturbance."""
    for name, how in track(HARMLESS.items(), "harmless"):
        score = Score(None)
        for site in found:
            score.sites += 1
            score.told.update({word for word in watch(site, how, watched_s, None) if word})
        yield name, score
    for name, (expected, how) in track(HARM.items(), "faults"):
        score = Score(expected)
        learnt = by_night(plain) if "night" in name else plain
        for site in found:
            told = watch(site, how, HARMED_S, learnt)
            first = next((s for s, word in enumerate(told) if word), None)
            score.sites += 1
            score.told[told[first] if first is not None else "nothing"] += 1
            if first is not None:
                score.after_s.append(first)
        yield name, score


def undisturbed(found: Sequence[Site], watched_s: int) -> Iterator[tuple[str, str]]:
    """Yield what was told of each scene as it is, which should be nothing."""
    for site in track(found, "as they are"):
        told = Counter(word or "nothing" for word in watch(site, plain, watched_s, None))
        yield site.name, ", ".join(f"{word}: {seconds} s" for word, seconds in told.items())


def cost_ms(site: Site, rounds: int = 100) -> float:
    """Return the time of one core that a look takes, in milliseconds."""
    eyesight, began = Eyesight(), time.process_time()
    for second in range(rounds):
        eyesight.see(look(site.at(second)), second)
    return (time.process_time() - began) / rounds * 1000


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--scenes", default=3, show_default=True, help="Scenes that are disturbed.")
@click.option("--seconds", default=WATCHED_S, show_default=True, help="Of each harmless series.")
def main(data: Path, scenes: int, seconds: int) -> None:
    """Score camera-blind detection on real footage; print a table."""
    cv2.setNumThreads(1)
    found = list(sites(data))
    console = Console(width=110)
    for name, told in undisturbed(found, seconds):
        if told != f"nothing: {seconds} s":
            console.print(f"{name}: {told}")
    console.print(f"{len(found)} scenes, each looped for {seconds} s")
    table = Table("shown", "expected", "scenes", "told first (scenes)", "after, median / worst s")
    for name, score in scored(found[:scenes], seconds):
        told = ", ".join(f"{word}: {n}" for word, n in score.told.most_common()) or "nothing"
        soon = f"{median(score.after_s):g} / {max(score.after_s)}" if score.after_s else ""
        table.add_row(name, score.expected or "nothing", str(score.sites), told, soon)
    console.print(table)
    console.print(f"{cost_ms(found[0]):.1f} ms of one core for each look ({found[0].name})")


if __name__ == "__main__":
    main()

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
STILLS = ("nl-clips/clips/*", "ro-dashcam-train/images/nightride*_t*0.jpg")
MOVING = ("road-clip/*.mp4",)
LEARNT_S, WATCHED_S, HARMED_S = 90, 600, 180


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


def sites(data: Path, at_most: int) -> Iterator[Site]:
    """Yield scenes: the street of the demonstration, and those of a folder of footage."""
    for path in (STREET, *(p for form in MOVING for p in sorted(data.glob(form)))):
        yield Site(path.name, _film(path, 120))
    for form in STILLS:
        paths = sorted(data.glob(form))
        for path in paths[:: max(1, len(paths) // at_most)][:at_most]:
            yield Site(path.name, _film(path, 1))


def _film(path: Path, count: int) -> list[Image]:
    video, found = cv2.VideoCapture(str(path)), list[Image]()
    every = max(1, int(video.get(cv2.CAP_PROP_FRAME_COUNT)) // count)
    while len(found) < count * every:
        more, image = video.read()
        if not more:
            break
        found.append(np.asarray(image, np.uint8))
    return found[::every]


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


def cost_ms(site: Site, rounds: int = 100) -> float:
    """Return the time of one core that a look takes, in milliseconds."""
    eyesight, began = Eyesight(), time.process_time()
    for second in range(rounds):
        eyesight.see(look(site.at(second)), second)
    return (time.process_time() - began) / rounds * 1000


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--stills", default=8, show_default=True, help="Scenes of each folder of stills.")
@click.option("--seconds", default=WATCHED_S, show_default=True, help="Of each harmless series.")
def main(data: Path, stills: int, seconds: int) -> None:
    """Score camera-blind detection on real footage; print a table."""
    cv2.setNumThreads(1)
    found = list(sites(data, stills))
    table = Table("shown", "expected", "scenes", "told first (scenes)", "after, median / worst s")
    for name, score in scored(found, seconds):
        told = ", ".join(f"{word}: {n}" for word, n in score.told.most_common()) or "nothing"
        soon = f"{median(score.after_s):g} / {max(score.after_s)}" if score.after_s else ""
        table.add_row(name, score.expected or "nothing", str(score.sites), told, soon)
    console = Console(width=110)
    console.print(table)
    console.print(f"{cost_ms(found[0]):.1f} ms of one core for each look ({found[0].name})")


if __name__ == "__main__":
    main()

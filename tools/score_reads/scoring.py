"""All figures of one set for several pairs of models, in one pass over its pictures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tools.score_reads.figures import FrameFigures, frame_figures
from tools.score_reads.looking import Eyes, look_at
from tools.score_reads.samples import Seen
from tools.score_reads.sources import pictures, synthetic
from tools.score_reads.vehicles import VehicleFigures, replayed, vehicle_figures

SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class SetFigures:
    """What one pair of models makes of one set; None where the set has no such labels."""

    frames: FrameFigures | None
    vehicles: VehicleFigures | None


Scores = dict[str, SetFigures]
"""The figures of one set by the name of the models."""


def score_set(folder: Path, pairs: Sequence[Eyes], drawn: int) -> Scores:
    """Score every pair on a folder, or on `drawn` crops where it is called synthetic."""
    made_up = folder.name == SYNTHETIC and not folder.exists()
    looked: dict[str, list[Seen]] = defaultdict(list)
    shown = synthetic(drawn) if made_up else pictures(folder)
    for picture in track(shown, f"{folder.name}: pictures", console=Console(stderr=True)):
        for eyes in pairs:
            looked[eyes.name].append(look_at(picture, eyes))
    has_clips = (folder / "clips.csv").exists()
    return {eyes.name: _figures(looked[eyes.name], eyes, folder, has_clips) for eyes in pairs}


def _figures(looked: list[Seen], eyes: Eyes, folder: Path, has_clips: bool) -> SetFigures:
    frames = frame_figures(looked) if looked else None
    if not has_clips:
        return SetFigures(frames, None)
    clips = list(replayed(folder, eyes))
    return SetFigures(frames, vehicle_figures(clips))

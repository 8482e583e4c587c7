"""One labelled plate, and what a detector and a reader made of it."""

from dataclasses import dataclass

from tools.score_reads.angles import Angle
from tools.score_reads.sources import Plate


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read on a plate, how likely all of it is right, and of which country it is."""

    text: str
    confidence: float
    country: str | None
    right: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled plate that was asked for, and what was made of it.

    `overlap` is that of the best box (1 on a crop, which has none); `answer` is None where no
    box lay on the plate or the label has no text.
    """

    plate: Plate
    overlap: float
    answer: Answer | None
    width_px: float
    brightness: float
    angle: Angle | None
    light: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was made of one picture; `stray` counts boxes that lie on no labelled plate.

    A picture that is a crop is not searched. `textless`: how well the best box overlaps each plate
    that is labelled without its text, and so is not asked for.
    """

    samples: tuple[Sample, ...]
    stray: int
    searched: bool
    textless: tuple[float, ...] = ()

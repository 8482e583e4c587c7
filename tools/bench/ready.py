"""What the parts of the benchmark are given: how much is asked, the frames, and a box."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.config import Config
from edge.types import Frame
from tools.bench.timing import Times

FPS = 15
"""The frames a second of the clips here, which is what a box is asked to bear."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is to be measured, and on which disk; `seconds` of two lanes of traffic."""

    clip: Path
    frames: int
    rounds: int
    threads: Sequence[int]
    seconds: int
    folder: Path

    @property
    def of(self) -> str:
        """Return what is played: runs of something else are not to be compared."""
        return f"{self.frames} frames of {self.clip.name}, {self.seconds} s of two lanes"


@dataclass(frozen=True, slots=True)
class Ready:
    """What to measure on: frames with what it took to decode them, and a box.

    `folder` is empty, and for one part alone.
    """

    asked: Asked
    frames: Sequence[Frame]
    decoding: Times
    config: Config
    folder: Path

    @property
    def decode_ms(self) -> float:
        """Return what a frame took to decode on average."""
        return statistics.mean(self.decoding.clock)

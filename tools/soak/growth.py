"""What a process holds, looked at again and again, and whether it grows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tools.bench.process import held

HOUR_S, MB = 3600.0, 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process held at a moment: memory of its own (bytes), open files."""

    at_s: float
    memory: int
    files: int


@dataclass(slots=True)
class Watched:
    """A process under watch."""

    name: str
    process: int
    samples: list[Sample] = field(default_factory=list)

    def look(self, at_s: float) -> None:
        """Look once. Raises OSError when it has ended."""
        self.samples.append(Sample(at_s, held(self.process).anonymous, open_files(self.process)))


@dataclass(frozen=True, slots=True)
class Growth:
    """How a process held out once it was warm; slope in MB an hour."""

    name: str
    memory_mb: float
    slope_mb_h: float
    files: tuple[int, int]

    def is_steady(self, most_mb_h: float) -> bool:
        """True when its memory grows less than that, and its open files do not."""
        return self.slope_mb_h < most_mb_h and self.files[1] <= self.files[0]


def growth(watched: Watched, warm_s: float) -> Growth:
    """Fit a line through what it held from `warm_s` on.

    Of open files the least of the first and the last quarter are compared: a file that is open for
    a moment is no leak.
    """
    kept = [sample for sample in watched.samples if sample.at_s >= warm_s]
    hours = [sample.at_s / HOUR_S for sample in kept]
    memory = [sample.memory / MB for sample in kept]
    slope = float(np.polyfit(hours, memory, 1)[0])
    quarter = max(1, len(kept) // 4)
    files = least_files(kept[:quarter]), least_files(kept[-quarter:])
    return Growth(watched.name, round(memory[-1], 1), round(slope, 2), files)


def least_files(samples: Sequence[Sample]) -> int:
    """Return the fewest files that were open."""
    return min(sample.files for sample in samples)


def open_files(process: int) -> int:
    """Return how many files a process has open. Raises OSError."""
    return sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())

"""Batches of plates to learn reading from: what still teaches something comes more often."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.checkpoints import legible
from tools.reader_sets import load_shard
from tools.synth.covers import covered
from tools.synth.crops import Pool

Costs = npt.NDArray[np.float32]
"""(N, 2): what each plate cost when it was read last, a character, and what its country did."""

BATCH = 64
REAL_IN_BATCH = 3
COVERED = 0.12
"""Share of plates of which something hides a part, so that the reader learns to doubt them."""
MOST_SHARDS = 45
"""Shards held in memory, about 170 MB each; older plates make room for fresh ones."""
READING_STEPS, READING_WORTH = (0.002, 0.01, 0.04, 0.6, 1.0), (0.12, 0.3, 0.6, 1.0, 0.5, 0.2)
"""Chances that a plate is taken when it is drawn, by what it cost: little is to be learnt from one
that is read already, and from one that nobody can read."""
COUNTRY_STEPS, COUNTRY_WORTH = (0.18, 0.26, 1.6), (0.12, 0.3, 0.6, 0.3)
"""The same of its country; 0.16 is what the surest costs, since no look may be believed wholly."""


class Batches:
    """Batches from a pool that grows while it is rendered."""

    def __init__(self, folder: Path, real: Pool | None, seed: int) -> None:
        self.folder = folder
        self.real = real
        self.rng = np.random.default_rng(seed)
        self.shards: dict[Path, Pool] = {}
        self.worth: dict[Path, npt.NDArray[np.float32]] = {}
        self.seen: set[Path] = set()
        self._drawn: list[tuple[Path, int]] = []
        self._covered: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def look_for_shards(self) -> int:
        """Load shards rendered since the last look, forget the oldest; returns how many came."""
        new = [p for p in sorted(self.folder.glob("[0-9]*[0-9].npz")) if p not in self.seen]
        self.seen.update(new)
        for path in new[-MOST_SHARDS:]:
            with legible(path, "Delete it: it is drawn again."):
                self.shards[path] = load_shard(path)
            self.worth[path] = np.ones(len(self.shards[path].images), np.float32)
        for path in list(self.shards)[:-MOST_SHARDS]:
            del self.shards[path], self.worth[path]
        return len(self.seen)

    def draw(self) -> Pool:
        """Draw one batch, real plates last; `remember` wants what it cost."""
        real = REAL_IN_BATCH if self.real is not None else 0
        self._drawn = [self._taken() for _ in range(BATCH - real)]
        self._covered = self.rng.random(len(self._drawn)) < COVERED
        drawn = [_plate(self.shards[path], i) for path, i in self._drawn]
        for at in np.flatnonzero(self._covered):
            image, *labels = drawn[at]
            drawn[at] = (covered(image, self.rng), *labels)
        if self.real is not None:
            chosen = self.rng.integers(len(self.real.images), size=real)
            drawn += [_plate(self.real, int(i)) for i in chosen]
        images, rows, regions = (np.stack(part) for part in zip(*drawn, strict=True))
        return Pool(images, rows, regions)

    def _taken(self) -> tuple[Path, int]:
        """Draw plates until one is worth its step."""
        paths = list(self.shards)
        while True:
            path = paths[int(self.rng.integers(len(paths)))]
            at = int(self.rng.integers(len(self.worth[path])))
            if self.rng.random() < self.worth[path][at]:
                return path, at

    def remember(self, costs: Costs) -> None:
        """Keep what the plates of the last batch are worth, from what they cost uncovered."""
        told = zip(self._drawn, self._covered, worth_of(costs), strict=False)
        for (path, at), is_covered, worth in told:
            if not is_covered:
                self.worth[path][at] = worth


def worth_of(costs: Costs) -> npt.NDArray[np.float64]:
    """Chances (N,) that plates are taken again: what reading or the country can still learn."""
    reading = np.take(READING_WORTH, np.digitize(costs[:, 0], READING_STEPS))
    country = np.take(COUNTRY_WORTH, np.digitize(costs[:, 1], COUNTRY_STEPS))
    return np.asarray(np.maximum(reading, country), np.float64)


def _plate(pool: Pool, at: int) -> tuple[npt.NDArray[np.uint8], ...]:
    """One plate of a pool: picture, rows and country."""
    return pool.images[at], pool.rows[at], pool.regions[at]

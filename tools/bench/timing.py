"""Milliseconds of pieces of work: one after the other, in turn, or inside of something else."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from tools.bench.figure import Figure

Work = Callable[[], object]
T = TypeVar("T")
MS_A_NS = 1e-6


@dataclass(slots=True)
class Times:
    """Milliseconds of calls: by the clock, and of this process's processor time."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def take(self, piece: Callable[[], T]) -> T:
        """Time one call; return what it returned."""
        began, used = time.perf_counter_ns(), time.process_time_ns()
        try:
            return piece()
        finally:
            self.clock.append((time.perf_counter_ns() - began) * MS_A_NS)
            self.processor.append((time.process_time_ns() - used) * MS_A_NS)

    def figure(self, group: str, name: str, whole: float | None = None) -> Figure:
        """Return the median and the 95th percentile; `whole`: the milliseconds it is a share of."""
        p50, p95 = percentiles(self.clock)
        used, _ = percentiles(self.processor)
        share = round(sum(self.clock) / whole, 4) if whole else None
        calls = len(self.clock)
        return Figure(group, name, p50, p95=p95, processor=used, calls=calls, share=share)


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    p50, p95 = (round(float(np.percentile(values, share)), 4) for share in (50, 95))
    return p50, p95


def each(piece: Callable[[T], object], over: Iterable[T]) -> NDArray[np.float64]:
    """Return the milliseconds of one call for each input."""
    taken: list[int] = []
    for given in over:
        began = time.perf_counter_ns()
        piece(given)
        taken.append(time.perf_counter_ns() - began)
    return np.array(taken) * MS_A_NS


def in_turn(work: Mapping[str, Work], rounds: int) -> dict[str, Times]:
    """Time every piece of work, in turn, so that a busy machine slows all alike.

    Each is called once before, untimed.
    """
    for piece in work.values():
        piece()
    times = {name: Times() for name in work}
    for _ in track(range(rounds), "Measuring", console=Console(stderr=True), transient=True):
        for name, piece in work.items():
            times[name].take(piece)
    return times


class Watched:
    """Any part of something, with the time of each call of one of its methods written down."""

    def __init__(self, part: object, method: str, times: Times) -> None:
        """Watch one method of a part."""
        self._part, self._method, self._times = part, method, times

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands in for parts of any kind
        found = getattr(self._part, name)
        if name != self._method:
            return found
        return lambda *given: self._times.take(partial(found, *given))

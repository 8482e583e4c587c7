"""Milliseconds of pieces of work: one after the other, in turn, or inside of something else."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from tools.bench.figure import Figure

Work = Callable[[], object]
T = TypeVar("T")
MS_A_NS = 1e-6


def clocked(piece: Work) -> float:
    """Return the milliseconds of one call."""
    began = time.perf_counter_ns()
    piece()
    return (time.perf_counter_ns() - began) * MS_A_NS


def each(piece: Callable[[T], object], over: Iterable[T]) -> NDArray[np.float64]:
    """Return the milliseconds of one call for each input."""
    taken: list[int] = []
    for given in over:
        began = time.perf_counter_ns()
        piece(given)
        taken.append(time.perf_counter_ns() - began)
    return np.array(taken) * MS_A_NS


def in_turn(work: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Time every piece of work, in turn, so that a busy machine slows all alike.

    Each is called once before, untimed.
    """
    for piece in work.values():
        piece()
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in track(range(rounds), "Measuring", console=Console(stderr=True), transient=True):
        for name, piece in work.items():
            times[name].append(clocked(piece))
    return times


def figure(group: str, name: str, taken: Iterable[float]) -> Figure:
    """Return the median and the 95th percentile of so many times."""
    times = np.array(list(taken))
    p50, p95 = (round(float(np.percentile(times, share)), 4) for share in (50, 95))
    return Figure(group, name, p50, p95=p95, calls=len(times))


def shared(stage: Figure, taken: Iterable[float], whole: float) -> Figure:
    """Return the same figure with its share of a whole, both in milliseconds."""
    return replace(stage, share=round(sum(taken) / whole, 4) if whole else None)


class Watched:
    """Any part of something, with the time of each call of one of its methods written down."""

    def __init__(self, part: object, method: str, times: list[float]) -> None:
        """Watch one method of a part."""
        self._part, self._method, self._times = part, method, times

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands in for parts of any kind
        found = getattr(self._part, name)
        if name != self._method:
            return found

        def timed(*args: object) -> object:
            began = time.perf_counter_ns()
            try:
                return found(*args)
            finally:
                self._times.append((time.perf_counter_ns() - began) * MS_A_NS)

        return timed

"""What became slower than it was: against the median of the last runs, beyond their noise (pure).

Milliseconds are compared with those of the same kind of machine; ratios against a peer that was
measured in the same run with those of any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from tools.bench.eyes import AGAINST
from tools.bench.figure import Figure
from tools.bench.history import Run
from tools.bench.table import number

LAST, FEWEST = 10, 3
LEAST_WORSE = 0.15
"""Less than that is told of nothing: a quiet machine alone moves that much from day to day."""
DEVIATIONS = 4.0
OF_MAD = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""
BUSIER = 1.0


@dataclass(frozen=True, slots=True)
class Worse:
    """A figure that is worse than it was, by a share."""

    figure: Figure
    was: float
    by: float
    runs: int

    def __str__(self) -> str:
        one = self.figure
        is_now, before = number(one.value, one.unit), number(self.was, one.unit)
        return (
            f"{one.key}: {is_now} is {self.by:.0%} worse than {before}, "
            f"the median of the last {self.runs} runs."
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """What is worse, how many figures were compared, and what a reader must know besides."""

    worse: tuple[Worse, ...]
    figures: int
    remarks: tuple[str, ...]


def compared(run: Run, before: Sequence[Run]) -> Compared:
    """Compare a run with those before it, oldest first."""
    before = [one for one in before if one.of == run.of]
    alike = [one for one in before if one.machine.is_like(run.machine)][-LAST:]
    is_busy = bool(alike) and _is_busy(run, alike)
    steady = [told for one in run.figures if (told := steadied(one, is_busy)) is not None]
    pasts = [(one, past(one, before if one.group == AGAINST else alike, is_busy)) for one in steady]
    known = [(one, values) for one, values in pasts if len(values) >= FEWEST]
    worse = [found for one, values in known if (found := worsened(one, values)) is not None]
    worse.sort(key=lambda one: -one.by)
    remarks = list(_remarks(run, before, alike))
    if before and not known:
        remarks.append(f"Nothing can be compared before {FEWEST} runs have measured it.")
    return Compared(tuple(worse), len(known), tuple(remarks))


def steadied(one: Figure, is_busy: bool) -> Figure | None:
    """Return a figure as it can be compared on a machine that is busy, if it can."""
    if not (is_busy and one.by_clock):
        return one
    return None if one.processor is None else replace(one, value=one.processor)


def past(one: Figure, runs: Sequence[Run], is_busy: bool) -> list[float]:
    """Return what a figure was in the last runs that have it."""
    same = (found for run in runs for found in run.figures if found.key == one.key)
    told = (steadied(found, is_busy) for found in same)
    return [found.value for found in told if found is not None][-LAST:]


def worsened(one: Figure, before: Sequence[float]) -> Worse | None:
    """Return by how much a figure is worse; None where it is not, or no more than noise."""
    was = median(before)
    if was <= 0 or one.value <= 0:
        return None
    noise = OF_MAD * median(abs(value - was) for value in before) / was
    by = was / one.value - 1 if one.more_is_better else one.value / was - 1
    if by <= max(LEAST_WORSE, DEVIATIONS * noise):
        return None
    return Worse(one, was, by, len(before))


def _is_busy(run: Run, alike: Sequence[Run]) -> bool:
    """Tell whether more waits for a processor than there are, or than did."""
    here = run.machine
    return here.load > here.cores or here.load > _load(alike) + BUSIER


def _load(runs: Sequence[Run]) -> float:
    return median(one.machine.load for one in runs)


def _remarks(run: Run, before: Sequence[Run], alike: Sequence[Run]) -> Iterator[str]:
    if not before:
        yield "The history has no run of the same clips: there is nothing to compare with yet."
    elif not alike:
        yield f"No run before was on such a machine ({run.machine}): ratios alone are compared."
    elif _is_busy(run, alike):
        yield (
            f"The machine is busy (load {run.machine.load:g}, {_load(alike):g} before): "
            "processor time is compared, and what has none is not."
        )

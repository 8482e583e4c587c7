"""What was measured: one figure, in its group, beside what is asked of it."""

from dataclasses import dataclass

MS, SECONDS, TIMES, MEGABYTES = "ms", "s", "x", "MB"
CORES, A_SECOND = "cores", "a second"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure; `value` is a median where there are `calls`, `p95` their 95th percentile.

    `processor`: the same median by the processor's time, of all threads; other work on the machine
    hardly moves it. `share`: of the time that a frame takes, decoding included. `asked`: at most so
    much, or at least where `more_is_better`. `by_clock`: other work on the machine makes it worse.
    """

    group: str
    name: str
    value: float
    unit: str = MS
    p95: float | None = None
    processor: float | None = None
    calls: int = 1
    share: float | None = None
    asked: float | None = None
    more_is_better: bool = False
    by_clock: bool = True

    @property
    def key(self) -> str:
        """Return what this figure is known by from run to run."""
        return f"{self.group}: {self.name}"

    @property
    def is_met(self) -> bool | None:
        """Tell whether it is what is asked; None where nothing is."""
        if self.asked is None:
            return None
        return self.value >= self.asked if self.more_is_better else self.value <= self.asked


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures of a part, and a sentence for each thing that could not be measured."""

    figures: tuple[Figure, ...] = ()
    left_out: tuple[str, ...] = ()

    def __add__(self, more: "Findings") -> "Findings":
        return Findings(self.figures + more.figures, self.left_out + more.left_out)

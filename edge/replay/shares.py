"""A share of a count, and how far chance alone could have moved it (pure)."""

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Return the share, None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the share behind the counts; all that is possible of nothing.

        Source: Wilson, Probable inference, JASA 22 (1927).
        """
        if not self.whole:
            return 0.0, 1.0
        share, spread = self.part / self.whole, Z95**2 / self.whole
        middle = share + spread / 2
        reach = sqrt(spread * (share * (1 - share) + spread / 4))
        low, high = (middle - reach) / (1 + spread), (middle + reach) / (1 + spread)
        # rounding must not push an end past the share itself
        return max(0.0, min(low, share)), min(1.0, max(high, share))

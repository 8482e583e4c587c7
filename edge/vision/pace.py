"""The pace: how many of the camera's frames a strained box looks at (pure).

Heat, a processor that is slowed down, and frames that nobody has time for take frames away one
step after the other, evenly, and never more than the fastest vehicle on that road can spare. Frames
come back more slowly than they go, and more slowly still where the last return was too early.
"""

from dataclasses import dataclass

LOOKS_EACH = 2
"""So many frames for every reading that is wanted: one of two may be blurred or hidden."""
STEP, NEARLY = 0.75, 1.1
PRESSED_LOOKS, EASED_LOOKS = 3, 15
"""So many looks in a row must agree before the pace falls, and before it rises."""
MOST_PATIENCE = 16  # times the usual, after returns that were too early
EARLY_LOOKS = 30
COOLER_C = 5.0
LAGS, KEEPS_UP = 0.2, 0.05  # of the frames that came, so many were dropped
PRESSED = 0.8  # of the time, work waited for the processor
SETTLED_LOOKS = 30  # strained at the floor for as long as this: a person must know
HEAT, ENCLOSURE, THROTTLED, LOAD = "heat", "enclosure", "throttled", "load"
KMH = 3.6


@dataclass(frozen=True, slots=True)
class Strain:
    """What presses on a box at one moment; None is not known.

    `pressure` and `dropped` are shares: of the time in which work waited for the processor, and of
    the frames that came and were dropped for newer ones.
    """

    temperature_c: float | None = None
    enclosure_c: float | None = None
    throttled: bool = False
    pressure: float | None = None
    dropped: float = 0.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a box bears, and the least that its road needs: `least_per_s` frames a second."""

    warm_c: float
    hot_c: float
    enclosure_c: float
    least_per_s: float


def least_per_s(readings: int, top_kmh: float, view_m: float) -> float:
    """Return how many frames a second give the fastest vehicle enough looks along the view."""
    return LOOKS_EACH * max(2, readings) * top_kmh / KMH / view_m


def reasons(strain: Strain, bounds: Bounds, eased: bool = False) -> tuple[str, ...]:
    """Return what presses; with `eased`, what must have gone before the pace may rise."""
    cooler, lags = (COOLER_C, KEEPS_UP) if eased else (0.0, LAGS)
    waits = strain.pressure is not None and strain.pressure >= PRESSED
    pressing = {
        HEAT: _reaches(strain.temperature_c, bounds.warm_c - cooler),
        ENCLOSURE: _reaches(strain.enclosure_c, bounds.enclosure_c - cooler),
        THROTTLED: strain.throttled,
        LOAD: strain.dropped >= (KEEPS_UP if waits else lags),
    }
    return tuple(name for name, presses in pressing.items() if presses)


class Pace:
    """Takes every frame, or an even share of them; `share` is that share, `reasons` says why.

    `pressing` is what presses now, whether or not it lowered the pace.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Take every frame."""
        self.bounds, self.share = bounds, 1.0
        self.reasons: tuple[str, ...] = ()
        self.pressing: tuple[str, ...] = ()
        self._credit = 0.0
        self._pressed = self._eased = self._at_floor = 0
        self._patience, self._since_rise = 1, EARLY_LOOKS

    def takes(self) -> bool:
        """Tell whether the next frame is looked at."""
        self._credit += self.share
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def judge(self, strain: Strain, came_per_s: float) -> None:
        """Look at what presses now, while so many frames a second come."""
        floor = min(1.0, self.bounds.least_per_s / came_per_s) if came_per_s > 0 else 1.0
        pressing = self.pressing = reasons(strain, self.bounds)
        self._since_rise += 1
        self._pressed = self._pressed + 1 if pressing else 0
        self._eased = 0 if reasons(strain, self.bounds, eased=True) else self._eased + 1
        self._at_floor = self._at_floor + 1 if pressing and self.share <= NEARLY * floor else 0
        if _reaches(strain.temperature_c, self.bounds.hot_c):
            self._fall(floor, floor, pressing)
        elif self._pressed >= PRESSED_LOOKS:
            self._fall(self.share * STEP, floor, pressing)
        elif self._eased >= EASED_LOOKS * self._patience:
            self._rise()
        self.share = max(self.share, floor)
        self.reasons = self.reasons if self.share < 1 else ()

    @property
    def is_short(self) -> bool:
        """True when the floor was reached and the strain goes on: vehicles may be lost."""
        return self._at_floor >= SETTLED_LOOKS

    def _fall(self, share: float, floor: float, pressing: tuple[str, ...]) -> None:
        if self._since_rise < EARLY_LOOKS:
            self._patience = min(MOST_PATIENCE, 2 * self._patience)
        self.share = max(floor, min(self.share, share))
        self.reasons = pressing
        self._pressed, self._since_rise = 0, EARLY_LOOKS

    def _rise(self) -> None:
        if self.share == 1:
            self._patience = 1
            return
        self.share = min(1.0, self.share / STEP)
        self._eased = self._since_rise = 0


def _reaches(value: float | None, bound: float) -> bool:
    return value is not None and value >= bound

"""So many of something at once, and so many in a while: what repeats must not fill a disk."""

import time
from collections.abc import Callable


class Budget:
    """Allows a number at once, which comes back with time."""

    def __init__(
        self, at_once: int, per_hour: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Have all of them."""
        self._most, self._per_s, self._monotonic = float(at_once), per_hour / 3600, monotonic
        self._left, self._at_s = self._most, monotonic()

    @property
    def is_spent(self) -> bool:
        """True where none is left now."""
        now_s = self._monotonic()
        self._left = min(self._most, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        return self._left < 1

    def spend(self) -> bool:
        """Take one; False where none is left."""
        if self.is_spent:
            return False
        self._left -= 1
        return True

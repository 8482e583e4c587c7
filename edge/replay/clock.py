"""The time of a tester's run: it passes as the run says; the box's clock tells what it is told."""

from datetime import datetime, timedelta

from edge.replay.happenings import ClockSet
from edge.types import REPLAY, ClockReading

NS = 1_000_000_000


class RunClock:
    """The clock of a box in a run; implements `Clock`. `at_ns` is how long the run has lasted."""

    def __init__(self, starts_at: datetime) -> None:
        """Stand at the beginning (UTC), in the first boot of the box, trusted."""
        self.at_ns = 0
        self._starts_at, self._ahead = starts_at, timedelta()
        self._boot, self._booted_ns = 1, 0
        self._trusted, self._error_ms = True, 0.0

    @property
    def at_s(self) -> float:
        """How long the run has lasted."""
        return self.at_ns / NS

    @property
    def true(self) -> datetime:
        """What the time is, whatever the box takes for it (UTC)."""
        return self._starts_at + timedelta(microseconds=self.at_ns / 1000)

    def show(self, at_ns: int) -> None:
        """Let time pass until a moment of the run; it never goes back."""
        self.at_ns = max(self.at_ns, at_ns)

    def set(self, ordered: ClockSet) -> None:
        """Let the box's clock tell another time from now on, or be trusted otherwise."""
        self._ahead += timedelta(seconds=ordered.jump_s)
        self._trusted = self._trusted if ordered.trusted is None else ordered.trusted
        self._error_ms = self._error_ms if ordered.error_ms is None else ordered.error_ms

    def reboot(self) -> None:
        """Begin another boot now."""
        self._boot, self._booted_ns = self._boot + 1, self.at_ns

    def read(self) -> ClockReading:
        """Return what the box takes for the time."""
        since_ns = self.at_ns - self._booted_ns
        return ClockReading(
            now=self.true + self._ahead,
            monotonic_ns=since_ns,
            since_boot_ns=since_ns,
            boot_id=f"replay-{self._boot}",
            source=REPLAY,
            trusted=self._trusted,
            error_ms=self._error_ms,
        )

    def monotonic_s(self) -> float:
        """Return the seconds since the box was started."""
        return (self.at_ns - self._booted_ns) / NS

    def now_s(self) -> float:
        """Return what the box takes for the seconds since 1970."""
        return self.read().now.timestamp()

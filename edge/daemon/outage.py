"""Whether the device is heard, as an alarm: a short gap is none, and a loose cable is one. Pure."""

from datetime import datetime

GRACE_NS, STEADY_NS = 3_000_000_000, 30_000_000_000
"""A gap is told when it lasts so long, and is over once there was none for the latter."""
ROUGH_NS = 60_000_000_000
"""For so long it may come and go until that is told, however short each gap is."""
REMEDY = (
    "Look at `systemctl status anpr-firmware`, then at the cable and the power of the device. The"
    " box goes on reading; until then nobody hears its contacts."
)


class Outage:
    """Takes note of why the device is not heard, and since when."""

    def __init__(self, now_ns: int, why: str) -> None:
        """Begin without it."""
        self.why: str | None = why
        self._last, self._changed_ns, self._rough_ns = why, now_ns, now_ns
        self._fault: str | None = None
        self._heard_at: datetime | None = None

    def lose(self, why: str, now_ns: int) -> None:
        """Take note that it is not heard."""
        if self.why is None:
            if now_ns - self._changed_ns >= STEADY_NS:
                self._rough_ns = now_ns
            self._changed_ns = now_ns
        self.why = self._last = why

    def hear(self, now_ns: int, now: datetime) -> None:
        """Take note that it is."""
        if self.why is not None:
            self._changed_ns, self._heard_at = now_ns, now
        self.why = None

    def fault(self, now_ns: int) -> str | None:
        """Return what is wrong."""
        lasts_ns = now_ns - self._changed_ns
        if self.why is None and lasts_ns >= STEADY_NS:
            self._fault = None
        elif self._fault is None:
            self._fault = self._trouble(lasts_ns, now_ns - self._rough_ns)
        return self._fault

    def _trouble(self, lasts_ns: int, rough_ns: int) -> str | None:
        if self.why is not None and lasts_ns >= GRACE_NS:
            return f"The device of the box is not heard. {self.why}"
        if rough_ns >= ROUGH_NS:
            return f"The device of the box comes and goes. The last time: {self._last}"
        return None

    def over(self) -> str:
        """Return that it is heard again."""
        at = "" if self._heard_at is None else f" since {self._heard_at:%Y-%m-%dT%H:%M:%SZ}"
        return f"The device of the box is heard again{at}."

"""Stand-ins for the way to the platform, a few lines each."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.errors import FeedError
from edge.types import Envelope


class MemoryPublisher:
    """A publisher whose far side is a list; implements `Publisher`."""

    def __init__(self) -> None:
        self.arrived: list[Envelope] = []
        self.answers: list[bytes] = []
        self.unaccepted: list[Envelope] = []
        self.is_cut = self.is_closed = False
        self._take_receipt: Callable[[bytes], None] = lambda jws: None
        self._take_accepted: Callable[[Envelope], None] = lambda envelope: None

    def publish(self, envelope: Envelope) -> None:
        self._check()
        self.arrived.append(envelope)
        self.unaccepted.append(envelope)

    def exchange(self, wait_s: float) -> None:
        self._check()
        while self.unaccepted:
            self._take_accepted(self.unaccepted.pop(0))
        while self.answers:
            self._take_receipt(self.answers.pop(0))

    def on_receipt(self, take: Callable[[bytes], None]) -> None:
        self._take_receipt = take

    def on_accepted(self, take: Callable[[Envelope], None]) -> None:
        self._take_accepted = take

    def close(self) -> None:
        self.is_closed = True

    def _check(self) -> None:
        if self.is_cut:
            raise FeedError("The wire is cut.", "Mend it.")


@dataclass
class StoppedTime:
    """Time that passes only when somebody sleeps or a test says so."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

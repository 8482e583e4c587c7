"""What a maintainer must know of a box at once, as signed records (RULES 7)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.casebook.casebook import Casebook
from edge.daemon.budget import Budget
from edge.feed.outbox import Outbox
from edge.ports import Clock, Signer
from edge.record.envelope import seal
from edge.record.testimony import Testimony
from edge.types import Envelope

LONGEST = 2000
AT_ONCE, PER_HOUR = 20, 60
"""Of one thing that comes and goes without end so many alarms are signed one by one: a camera that
starts every few seconds must not fill the disk. The next one says how many changes it stands for.
"""

NOTHING = "Nothing is to be done."


class Watched(NamedTuple):
    """Something that can go wrong: what is wrong with it now, and what to do about it.

    `over` says of what went wrong that it is over, where that is told too. What is `urgent` is
    looked at with every step.
    """

    fault: Callable[[], str | None]
    remedy: str
    over: Callable[[], str] | None = None
    urgent: bool = False


@dataclass(slots=True)
class Tally:
    """What was last seen of one thing, and how many of its changes no alarm has told yet."""

    seen: str | None
    budget: Budget
    untold: int = 0

    def note(self, cause: str | None, is_over_told: bool) -> None:
        """Take note of how it is."""
        if cause != self.seen and (cause is not None or is_over_told):
            self.untold += 1
        self.seen = cause


def shortened(cause: str | None) -> str | None:
    """Return a cause as long as a record can carry: what a source sent may have no end."""
    return cause if cause is None or len(cause) <= LONGEST else f"{cause[: LONGEST - 3]}..."


@dataclass(frozen=True, slots=True)
class Alarms:
    """Raises an alarm once for every new fault of what is watched; `told` is what was told last."""

    watched: Mapping[str, Watched]
    clock: Clock
    testimony: Testimony
    signer: Signer
    outbox: Outbox
    casebook: Casebook
    told: dict[str, str | None] = field(default_factory=dict)
    monotonic: Callable[[], float] = time.monotonic
    _tallies: dict[str, Tally] = field(default_factory=dict, init=False)

    def look(self) -> list[Envelope]:
        """Look at everything; return the alarms that were raised, now durable."""
        return self._look(self.watched)

    def look_at_urgent(self) -> list[Envelope]:
        """Look at what is urgent alone."""
        return self._look({name: one for name, one in self.watched.items() if one.urgent})

    def _look(self, watched: Mapping[str, Watched]) -> list[Envelope]:
        looked = (self._look_at(name, one) for name, one in watched.items())
        return [envelope for envelope in looked if envelope is not None]

    def _look_at(self, name: str, one: Watched) -> Envelope | None:
        """Raise an alarm if there is something to tell, and it was not told too often lately."""
        cause, tally = shortened(one.fault()), self._tally(name)
        tally.note(cause, one.over is not None)
        words = cause if cause is not None or one.over is None else one.over()
        if not tally.untold or words is None:
            self.told[name] = cause
            return None
        if tally.budget.is_spent:
            return None
        remedy = NOTHING if cause is None else one.remedy
        envelope = self._raise(name, words + _others(tally.untold - 1), remedy)
        tally.budget.spend()
        self.told[name], tally.untold = cause, 0
        return envelope

    def _tally(self, name: str) -> Tally:
        if name not in self._tallies:
            self._tallies[name] = Tally(
                self.told.get(name), Budget(AT_ONCE, PER_HOUR, self.monotonic)
            )
        return self._tallies[name]

    def _raise(self, name: str, cause: str, remedy: str) -> Envelope:
        now, link = self.clock.read(), self.outbox.next_link()
        envelope = seal(self.testimony.alarm(name, cause, remedy, now, link), self.signer)
        self.casebook.enter(envelope, None, ())
        self.outbox.append(envelope)
        return envelope


def _others(n: int) -> str:
    return f" It changed {n} times before that, which was not told one by one." if n else ""

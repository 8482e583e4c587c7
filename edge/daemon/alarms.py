"""What a maintainer must know of a box at once, as signed records (RULES 7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.casebook.casebook import Casebook
from edge.feed.outbox import Outbox
from edge.ports import Clock, Signer
from edge.record.envelope import seal
from edge.record.testimony import Testimony
from edge.types import Envelope

LONGEST = 2000


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

    def look(self) -> list[Envelope]:
        """Look at everything; return the alarms that were raised, now durable."""
        return self._look(self.watched)

    def look_at_urgent(self) -> list[Envelope]:
        """Look at what is urgent alone."""
        return self._look({name: one for name, one in self.watched.items() if one.urgent})

    def _look(self, watched: Mapping[str, Watched]) -> list[Envelope]:
        raised: list[Envelope] = []
        for name, one in watched.items():
            before, cause = self.told.get(name), shortened(one.fault())
            if cause is not None and cause != before:
                raised.append(self._raise(name, cause, one.remedy))
            elif cause is None and before is not None and one.over is not None:
                raised.append(self._raise(name, one.over(), NOTHING))
            self.told[name] = cause
        return raised

    def _raise(self, name: str, cause: str, remedy: str) -> Envelope:
        now, link = self.clock.read(), self.outbox.next_link()
        envelope = seal(self.testimony.alarm(name, cause, remedy, now, link), self.signer)
        self.casebook.enter(envelope, None, ())
        self.outbox.append(envelope)
        return envelope

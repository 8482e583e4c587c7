"""The hours of a box: what it worked and counted in each, signed once the hour is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.counts.hour import hour_of, operation
from edge.counts.record import Bookkeeper, figures_of
from edge.feed.outbox import Outbox
from edge.ports import Clock, Registry, Signer
from edge.record.envelope import seal
from edge.types import Envelope

GRACE = timedelta(minutes=5)
"""So long after its end an hour still takes in who was in the picture then. Whoever is concluded
later (a parked van) is in a second record of that hour, and both are summed."""


@dataclass(frozen=True, slots=True)
class Hours:
    """What counting needs; the chain must be ours: `outbox` is open to append."""

    laws: Sequence[Law]
    clock: Clock
    registry: Registry
    bookkeeper: Bookkeeper
    signer: Signer
    outbox: Outbox
    casebook: Casebook

    def work(self, seconds: float, frames: int) -> None:
        """Count the time at work that ends now, and the frames that were looked at in it."""
        until = self.clock.read().now
        since = until - timedelta(seconds=seconds)
        self.casebook.count(
            [tally for law in self.laws for tally in operation(law.zone.id, since, until, frames)]
        )

    def close(self) -> list[Envelope]:
        """Sign what was counted in every hour that is over; return the records, now durable.

        Under a clock that is not trusted no hour is known to be over. Under one that is, an hour
        to come was dated by one that was not, and waits for nothing.
        """
        now = self.clock.read()
        under_way = {hour_of(now.now - GRACE), hour_of(now.now)}
        hours = self.casebook.hours_open(under_way) if now.trusted else []
        records: list[Envelope] = []
        for zone, hour in hours:
            figures = figures_of(self.casebook.counted(zone, hour))[zone, hour]
            message = self.bookkeeper.count(
                zone, hour, figures, self.registry.snapshot, now, self.outbox.next_link()
            )
            envelope = seal(message, self.signer)
            self.casebook.record_hour(envelope, zone, hour)
            self.outbox.append(envelope)
            records.append(envelope)
        return records

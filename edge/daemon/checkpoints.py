"""Checkpoints of a chain: once an hour, before a rotation and at a clean stop."""

import time
from collections.abc import Callable
from pathlib import Path

from edge.casebook.casebook import Casebook
from edge.feed.outbox import Outbox
from edge.ports import Clock, Signer
from edge.record.clerk import Clerk
from edge.record.envelope import seal
from edge.record.evidence import HELD, RELEASED
from edge.types import Envelope

EVERY_S = 3600.0


class Checkpoints:
    """Signs what was written since the last checkpoint.

    Due after an hour; at once where the last stop left records behind its last checkpoint.
    """

    def __init__(
        self,
        *,
        clerk: Clerk,
        evidence: Path,
        clock: Clock,
        signer: Signer,
        outbox: Outbox,
        casebook: Casebook,
        every_s: float = EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the chain, which must be ours; `evidence` is the folder of encrypted pictures."""
        self._clerk, self._evidence, self._clock, self._signer = clerk, evidence, clock, signer
        self._outbox, self._casebook = outbox, casebook
        self._every_s, self._monotonic = every_s, monotonic
        self._due = monotonic() + (0 if outbox.since_checkpoint().records else every_s)

    def look(self) -> Envelope | None:
        """Sign a checkpoint if one is due; return the record, now durable."""
        return self.sign() if self._monotonic() >= self._due else None

    def close(self) -> Envelope | None:
        """Sign a checkpoint unless nothing came since the last; return the record, now durable."""
        return self.sign() if self._outbox.since_checkpoint().records else None

    def sign(self) -> Envelope:
        """Sign a checkpoint now; return the record, now durable."""
        since, link = self._outbox.since_checkpoint(), self._outbox.next_link()
        now = self._clock.read()
        held = sum(path.suffix in {HELD, RELEASED} for path in self._evidence.glob("*"))
        message = self._clerk.checkpoint(since.checkpoint, since.records, held, now, link)
        envelope = seal(message, self._signer)
        self._casebook.enter(envelope, None, ())
        self._outbox.append(envelope)
        self._due = self._monotonic() + self._every_s
        return envelope

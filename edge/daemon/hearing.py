"""Receipts as they come, each a witness to the clock of the box."""

from collections.abc import Callable

from edge.feed.outbox import Outbox
from edge.ports import Clock
from edge.record.chain import Place
from edge.record.message import Receipt
from edge.witness import Made, WitnessFile, heard, judged, made


class Hearing:
    """Reads receipts, and writes down what each proves of the clock.

    The record that a receipt is for still waits then: nothing is forgotten before it is read.
    """

    def __init__(
        self, outbox: Outbox, clock: Clock, file: WitnessFile, read: Callable[[bytes], Receipt]
    ) -> None:
        """Hear what `read` proves; what `clock` shows is judged by it."""
        self._outbox, self._clock, self._file, self._read = outbox, clock, file, read

    def __call__(self, jws: bytes) -> Receipt:
        """Return a receipt that was proven. Raises RecordError, OutboxError."""
        receipt, kept, now = self._read(jws), self._file.read(), self._clock.read()
        at = Made(now.boot_id, now.since_boot_ns)
        found = heard(kept, receipt.stored_at, at, self._record(receipt))
        found = None if found is None else judged(found, now)
        if found is not None and found != kept:
            self._file.write(found)
        return receipt

    def _record(self, receipt: Receipt) -> Made | None:
        waiting = self._outbox.pending(Place(receipt.epoch, receipt.seq - 1), 1)
        return next((made(one) for one in waiting if one.sha256 == receipt.sha256), None)

"""Checkpoints of a box, for tests."""

from collections import Counter
from uuid import UUID

from edge.record.chain import Place, next_link
from edge.record.envelope import seal
from edge.record.message import CheckpointRecord, PlaceRef, event
from edge.types import Envelope
from tests.chains import NOW, Pen, carried


def checkpoint(pen: Pen, records: dict[str, int] | None = None) -> Envelope:
    """Write a checkpoint as the next record of a chain; `records` is a count that is not true."""
    link = next_link(pen.head, pen.is_new)
    record = CheckpointRecord(
        **carried(link, pen.box),
        since=None if pen.since is None else PlaceRef(*pen.since),
        records=dict(pen.written) if records is None else records,
        evidence=0,
    )
    message = event("checkpoint", record, id=UUID(int=link.seq), source="/b", time=NOW)
    envelope = pen.wrote(seal(message, pen.signer))
    pen.since, pen.written = Place(envelope.epoch, envelope.seq), Counter()
    return envelope

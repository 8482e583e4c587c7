"""Checkpoints of a box, for tests."""

from uuid import UUID

from edge.record.chain import Head, next_link
from edge.record.envelope import seal
from edge.record.message import CheckpointRecord, event
from edge.types import Envelope
from tests.chains import NOW, Pen, carried


def checkpoint(pen: Pen) -> Envelope:
    """Write a checkpoint as the next record of a chain."""
    link = next_link(pen.head, pen.is_new)
    record = CheckpointRecord(
        **carried(link, pen.box),
        since=None,
        records={},
        evidence=0,
    )
    message = event("checkpoint", record, id=UUID(int=link.seq), source="/b", time=NOW)
    envelope = seal(message, pen.signer)
    pen.head, pen.is_new = Head(envelope.epoch, envelope.seq, envelope.sha256), False
    return envelope

"""Checkpoints of a box, for tests."""

from edge.record.chain import Head, next_link
from edge.record.envelope import seal
from edge.types import Envelope
from tests.chains import Pen, alarm


def checkpoint(pen: Pen) -> Envelope:
    """Write a checkpoint as the next record of a chain."""
    message = alarm(next_link(pen.head), pen.box)
    envelope = seal(message.replace(b"alarm.v1", b"checkpoint.v1"), pen.signer)
    pen.head = Head(envelope.epoch, envelope.seq, envelope.sha256)
    return envelope

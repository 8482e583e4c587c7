"""What a checkpoint says was written since the one before it (pure)."""

from typing import NamedTuple

from edge.record.envelope import UNREADABLE, Verified
from edge.record.message import DECODERS, CheckpointRecord

CHECKPOINT = "checkpoint"
"""The kind of record that counts, and that the platform countersigns."""


class Counted(NamedTuple):
    """Where the checkpoint before stands, and how many records of each kind came since."""

    since: tuple[int, int] | None
    records: frozenset[tuple[str, int]]


def counted_of(record: Verified) -> Counted | None:
    """Return what a proven record counts; None for any but a checkpoint."""
    if record.envelope.kind != CHECKPOINT:
        return None
    try:
        found = DECODERS[CHECKPOINT].decode(record.payload).data
    except UNREADABLE:
        return None
    if not isinstance(found, CheckpointRecord):
        return None
    since = None if found.since is None else (found.since.epoch, found.since.seq)
    return Counted(since, frozenset(found.records.items()))

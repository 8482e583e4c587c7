"""What a chain says of itself: checkpoints, rotations and drops (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.record.jwk import PublicJwk
from edge.record.message import (
    CheckpointRecord,
    DroppedSpan,
    DropRecord,
    NextKey,
    PlaceRef,
    RotationRecord,
    Unrecorded,
)
from edge.record.provenance import Draw, Provenance, written
from edge.types import ClockReading, Link


@dataclass(frozen=True, slots=True)
class Clerk:
    """Writes the messages of checkpoints, rotations and drops."""

    provenance: Provenance
    draw: Draw

    def checkpoint(
        self,
        since: tuple[int, int] | None,
        records: Mapping[str, int],
        evidence: int,
        now: ClockReading,
        link: Link,
    ) -> bytes:
        """Return the message of what was written since a place: the bytes that will be signed."""
        record = CheckpointRecord(
            **self.provenance.carried(now, link, self.draw),
            since=None if since is None else PlaceRef(*since),
            records=dict(records),
            evidence=evidence,
        )
        return written("checkpoint", record, now, self.draw)

    def rotation(self, key: PublicJwk, now: ClockReading, link: Link) -> bytes:
        """Return the message that gives the next epoch to a key."""
        record = RotationRecord(
            **self.provenance.carried(now, link, self.draw),
            key=NextKey(kty=key.kty, crv=key.crv, x=key.x, kid=key.kid),
            next_epoch=link.epoch + 1,
        )
        return written("rotation", record, now, self.draw)

    def drop(
        self,
        reason: str,
        spans: tuple[DroppedSpan, ...],
        missed: Unrecorded | None,
        now: ClockReading,
        link: Link,
    ) -> bytes:
        """Return the message of what was given up for want of room, or never recorded."""
        record = DropRecord(
            **self.provenance.carried(now, link, self.draw),
            reason=reason,
            records=sum(span.last - span.first + 1 for span in spans),
            spans=spans,
            unrecorded=missed,
        )
        return written("drop", record, now, self.draw)

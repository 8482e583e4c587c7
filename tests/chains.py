"""Boxes that sign, for tests: keys in memory, chains of small true records."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc.jwk import OKPKey

from edge.record.chain import Head, Place, next_link
from edge.record.envelope import Keyring, TrustedKey, seal
from edge.record.message import AlarmRecord, ClockQuality, NextKey, RotationRecord, event
from edge.record.signer import FileSigner
from edge.types import Envelope, Link

NOW = datetime(2028, 6, 1, 8, tzinfo=UTC)
STORAGE_KEY = b"s" * 32
CLOCK = ClockQuality(source="test", trusted=True, error_ms=1.0, boot_id="boot", since_boot_ns=1)


def carried(link: Link, box: str) -> dict[str, Any]:
    """Return what every record carries, at a place in the chain of a box."""
    return {
        "box": box,
        "epoch": link.epoch,
        "seq": link.seq,
        "prev": link.prev,
        "salt": "00" * 16,
        "software": "test",
        "clock": CLOCK,
    }


def alarm(link: Link, box: str, cause: str = "A door was opened.") -> bytes:
    record = AlarmRecord(
        **carried(link, box),
        alarm="door",
        cause=cause,
        remedy="Close it.",
    )
    return event("alarm", record, id=UUID(int=link.seq), source=f"/{box}", time=NOW)


def rotation(link: Link, box: str, to: FileSigner, next_epoch: int) -> bytes:
    key = to.public(box)
    record = RotationRecord(
        **carried(link, box),
        key=NextKey(kty=key.kty, crv=key.crv, x=key.x, kid=key.kid),
        next_epoch=next_epoch,
    )
    return event("rotation", record, id=UUID(int=link.seq), source=f"/{box}", time=NOW)


class Pen:
    """A box that signs: its key, and records that follow each other."""

    def __init__(self, box: str = "box-1") -> None:
        self.box = box
        self.key = OKPKey.generate_key("Ed25519")
        self.signer = FileSigner(self.key)
        self.head: Head | None = None
        self.is_new = False
        self.since: Place | None = None
        self.written: Counter[str] = Counter()

    @property
    def keyring(self) -> Keyring:
        public = OKPKey.import_key(self.key.as_dict(private=False))
        return {self.signer.key_id: TrustedKey(self.signer.key_id, self.box, public)}

    @property
    def trusted(self) -> TrustedKey:
        return self.keyring[self.signer.key_id]

    def at(self, link: Link, cause: str = "A door was opened.") -> Envelope:
        return seal(alarm(link, self.box, cause), self.signer)

    def write(self) -> Envelope:
        return self.wrote(self.at(next_link(self.head, self.is_new)))

    def turn(self, heir: "Pen", next_epoch: int | None = None) -> Envelope:
        """Give the chain to another key: `heir` goes on with it."""
        link = next_link(self.head)
        message = rotation(link, self.box, heir.signer, next_epoch or link.epoch + 1)
        envelope = self.wrote(seal(message, self.signer))
        heir.head, heir.is_new = self.head, True
        heir.since, heir.written = self.since, self.written
        return envelope

    def wrote(self, envelope: Envelope) -> Envelope:
        """Go on behind a record, and count it for the next checkpoint."""
        self.head, self.is_new = Head(envelope.epoch, envelope.seq, envelope.sha256), False
        self.written[envelope.kind] += 1
        return envelope

    def chain(self, length: int) -> list[Envelope]:
        return [self.write() for _ in range(length)]

"""Passages of every worth, and what a drop record of a test pen says."""

from datetime import datetime
from uuid import UUID

import msgspec

from edge.feed.outbox import Outbox
from edge.record.envelope import decode_part, seal, split
from edge.record.message import DroppedSpan, DropRecord, decode, event
from edge.types import Envelope, Link
from tests.chains import NOW, Pen, carried
from tools.platform.samples import sample

FREE, REVIEW, HELD = ("free_access", ()), ("review", ()), ("no_access", ("held",))


def passage(
    pen: Pen, link: Link, how: tuple[str, tuple[str, ...]] = FREE, at: datetime = NOW
) -> Envelope:
    made = decode(sample("passage", link, pen.box)).data
    outcome, marks = how
    told = msgspec.structs.replace(made, outcome=outcome, marks=marks, seen_first=at)
    name = UUID(int=link.seq)
    return seal(event("passage", told, id=name, source=f"/{pen.box}", time=at), pen.signer)


def other(pen: Pen, link: Link, kind: str) -> Envelope:
    return seal(sample(kind, link, pen.box), pen.signer)


def write_drop(
    pen: Pen, link: Link, spans: tuple[DroppedSpan, ...], reason: str = "outbox_full"
) -> Envelope:
    record = DropRecord(
        **carried(link, pen.box),
        reason=reason,
        records=sum(sum(span.kinds.values()) for span in spans),
        spans=spans,
    )
    return seal(event("drop", record, id=UUID(int=1), source="/b", time=NOW), pen.signer)


def drop(outbox: Outbox, pen: Pen) -> Envelope | None:
    return outbox.drop(lambda _: True, lambda link, spans: write_drop(pen, link, spans))


def content(envelope: Envelope) -> DropRecord:
    record = decode(decode_part(split(envelope.jws)[1])).data
    assert isinstance(record, DropRecord)
    return record

"""What rotted in the casebook, and what can still be told of a candidate whose row did.

Its passage record says the same, signed, as long as it stands in the outbox.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from edge.access.hold import HELD, Held, window_end
from edge.access.rules import Law
from edge.casebook.casebook import Casebook
from edge.casebook.entries import Damaged, Spoilt, Torn
from edge.feed.outbox import Outbox
from edge.record.chain import Place
from edge.record.envelope import UNREADABLE, RefusedError, decode_part, peek, split
from edge.record.message import CandidateRef, PassageRecord, SnapshotRef, decode
from edge.types import Consequence, Decision, Envelope, Outcome, Snapshot

ROTTED = "What was kept is damaged, or sealed with another key: nobody is accused on that."
NAMED = 8
REMEDY = (
    "Check the disk, and replace it. `anpr-edge held list` names what is damaged: as long as its"
    " passage record waits in the outbox the daemon withdraws it; what is left keeps its place"
    " in the casebook and never leaves this box. Tell the auditor that no resolution will come,"
    " and that a damaged figure is missing in its hour."
)


def fault(casebook: Casebook) -> str | None:
    """Say what is damaged, how much of it and where; None when nothing is."""
    return " ".join(_faults(casebook)) or None


def _faults(casebook: Casebook) -> Iterator[str]:
    if damaged := casebook.damaged():
        many = "candidate is" if len(damaged) == 1 else "candidates are"
        places = _listed([place(row) for row in damaged])
        yield f"{len(damaged)} held {many} damaged and set aside: record {places}."
    if spoilt := casebook.damaged_figures():
        many = "figure is" if len(spoilt) == 1 else "figures are"
        hours = _listed(list(dict.fromkeys(map(_hour, spoilt))))
        yield f"{len(spoilt)} counted {many} damaged and in no count record: {hours}."
    if marks := casebook.damaged_marks():
        many = "mark of a day is" if marks == 1 else "marks of a day are"
        yield f"{marks} {many} damaged: whose it may be is let go."
    if isinstance(casebook.intent(), Torn):
        yield "The record that was written down last is damaged."


def _listed(places: Sequence[str]) -> str:
    more = " and others" if len(places) > NAMED else ""
    return ", ".join(places[:NAMED]) + more


def _hour(figure: Spoilt) -> str:
    hour = "?" if figure.hour is None else f"{figure.hour:%Y-%m-%dT%H:%MZ}"
    return f"{figure.zone or '?'} {hour}"


def place(row: Damaged) -> str:
    """Return the place of a row as it has it."""
    return f"{'?' if row.epoch is None else row.epoch}/{'?' if row.seq is None else row.seq}"


def known(row: Damaged, casebook: Casebook, outbox: Outbox, laws: Sequence[Law]) -> Held | None:
    """Return the candidate of a damaged row; None when its place in the chain is not sure.

    Where the seal opens on what is told, only the columns beside it have rotted.
    """
    if row.held is not None and casebook.is_as_written(row.held, row):
        return row.held
    if row.epoch is None or row.seq is None:
        return None
    sound = {(held.candidate.epoch, held.candidate.seq) for held in casebook.held()}
    if (row.epoch, row.seq) in sound:
        return None
    return recorded(Place(row.epoch, row.seq), outbox, laws)


def recorded(at: Place, outbox: Outbox, laws: Sequence[Law]) -> Held | None:
    """Return the candidate that a record in the outbox speaks of; None when it is not there."""
    stored = outbox.pending(Place(at.epoch, at.seq - 1), 1)
    if not stored or (stored[0].epoch, stored[0].seq) != at:
        return None
    record = _passage(stored[0])
    law = next((law for law in laws if record and law.zone.id == record.zone), None)
    if record is None or law is None or HELD not in record.marks:
        return None
    ref = CandidateRef(at.epoch, at.seq, stored[0].sha256)
    t0: datetime = record.seen_first
    held = Held(ref, t0, window_end(t0, law), t0, _decision(record), ())
    return replace(held, evidence=record.evidence)


def _passage(envelope: Envelope) -> PassageRecord | None:
    try:
        if peek(envelope.jws).envelope != envelope:
            return None
        data = decode(decode_part(split(envelope.jws)[1])).data
    except (RefusedError, *UNREADABLE):
        return None
    return data if isinstance(data, PassageRecord) else None


def _decision(record: PassageRecord) -> Decision:
    return Decision(
        record.zone,
        Outcome(record.outcome),
        Consequence(record.consequence),
        record.rule,
        record.reason,
        record.source,
        record.pack.id,
        record.pack.sha256,
        _snapshot(record.registry),
        record.marks,
    )


def _snapshot(told: SnapshotRef | None) -> Snapshot | None:
    if told is None:
        return None
    return Snapshot(told.id, told.sha256, told.vehicles_as_of, told.exemptions_as_of)

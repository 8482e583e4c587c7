"""Held candidates for tests: made-up plates, a Dutch zone in force, records that chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from edge.access.decide import decide
from edge.access.desk import desk_clock, desk_passage
from edge.access.hold import Held, held, kept
from edge.casebook.entries import Entry, Mark
from edge.record.message import CandidateRef
from edge.types import Envelope, Passage
from tests.edge.access.world import DIRTY_VAN, facts, utrecht

KEY = b"k" * 32
T0 = datetime(2028, 6, 1, 8, tzinfo=UTC)
PLATE = "1ZZZ999"


def passage(plate: str = PLATE, at: datetime = T0) -> Passage:
    return replace(desk_passage("NL", at, plate), seen_last=at + timedelta(seconds=2))


def case(envelope: Envelope, plate: str = PLATE, at: datetime = T0, *names: str) -> Held:
    decision = decide(desk_passage("NL", at, plate), facts(DIRTY_VAN, at=at), utrecht(), clock(at))
    place = CandidateRef(envelope.epoch, envelope.seq, envelope.sha256)
    return held(kept(decision), at, utrecht(), place, names or ("snapshot-1", "a" * 64))


def entry(envelope: Envelope, plate: str = PLATE, at: datetime = T0, *names: str) -> Entry:
    mark = Mark("utrecht", at.date(), f"{envelope.seq:032x}")
    return Entry(case(envelope, plate, at, *names), passage(plate, at), mark)


clock = desk_clock

"""What a box has to tell: records of the real kinds, in the proportions of a real day."""

import random
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from edge.feed.since import Since
from edge.record.message import (
    CandidateRef,
    Chained,
    CheckpointRecord,
    ClockQuality,
    EvidenceRef,
    PlaceRef,
    PlateRecord,
    event,
)
from edge.types import Envelope, Link
from tools.fleet.plan import Daily
from tools.platform.samples import CLOCK, PLATE, SAMPLES, VEHICLE

CROP_BYTES, SCENE_BYTES = 9_207, 264_911
UNTOLD = PlateRecord(profile="none", country="NL", confidence=0.9971)
HELD = {
    "outcome": "no_access",
    "consequence": "hold48",
    "rule": "NL-ZE-N1",
    "reason": "The vehicle has a diesel engine, and no exemption is known.",
    "marks": ("held",),
    "evidence": (
        EvidenceRef("overview", "b2" * 32, SCENE_BYTES),
        EvidenceRef("crop", "c5" * 32, CROP_BYTES),
    ),
    "plate": UNTOLD,
}
REVIEW = {
    "outcome": "review",
    "consequence": "manual",
    "rule": "doubt",
    "reason": "The reading is uncertain: one character may be O or D.",
    "plate": UNTOLD,
}
COMPLYING = {"marks": (), "plate": UNTOLD}
ENDS = ("released", "withdrawn", "expired")
VEHICLES = {"complying": COMPLYING, "review": REVIEW, "held": HELD}


@dataclass(slots=True)
class Life:
    """The course of one box; `behind` is how far its clock stands before ours while it is told."""

    box: str
    daily: Daily
    chance: random.Random
    behind: timedelta = timedelta()
    held: deque[CandidateRef] = field(default_factory=deque)
    _cumulative: list[tuple[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        """Add up the shares once."""
        total = 0.0
        self._cumulative = []
        for sort, weight in self.daily.weights().items():
            total += weight
            self._cumulative.append((sort, total))

    def draw(self) -> str:
        """Return what happens next: what ends a candidate only where one is held."""
        drawn = self.chance.random() * self._cumulative[-1][1]
        sort = next(name for name, upto in self._cumulative if drawn <= upto)
        return "complying" if sort == "resolution" and not self.held else sort

    def write(self, sort: str, link: Link, since: Since, now: datetime) -> bytes:
        """Return the message of it at a place in the chain: the bytes to sign."""
        at = now - self.behind
        kind = "passage" if sort in VEHICLES else sort
        record = SAMPLES[kind](self._carried(link))
        changes: dict[str, Any] = VEHICLES.get(sort, {})
        if kind == "passage":
            first = at - timedelta(seconds=2)
            changes = changes | {"seen_first": first, "seen_last": at}
        if kind == "resolution":
            changes = self._end(at)
        if kind == "checkpoint":
            return self._written(kind, self._checkpoint(link, since), at)
        return self._written(kind, msgspec.structs.replace(record, **changes), at)

    def told(self, sort: str, envelope: Envelope) -> None:
        """Remember a candidate that was held, until it ends."""
        if sort == "held":
            self.held.append(CandidateRef(envelope.epoch, envelope.seq, envelope.sha256))

    def _end(self, at: datetime) -> dict[str, Any]:
        state = self.chance.choice(ENDS)
        released = state == "released"
        return {
            "candidate": self.held.popleft(),
            "state": state,
            "entered_at": at - timedelta(hours=60),
            "window_closed_at": at - timedelta(hours=12),
            "plate": PLATE if released else None,
            "vehicle": VEHICLE if released else None,
        }

    def _checkpoint(self, link: Link, since: Since) -> CheckpointRecord:
        last = since.checkpoint
        place = None if last is None else PlaceRef(last.epoch, last.seq)
        return CheckpointRecord(
            **self._carried(link), since=place, records=since.records, evidence=len(self.held)
        )

    def _carried(self, link: Link) -> dict[str, Any]:
        clock: ClockQuality = CLOCK
        return {
            "box": self.box,
            "epoch": link.epoch,
            "seq": link.seq,
            "prev": link.prev,
            "salt": f"{self.chance.getrandbits(128):032x}",
            "software": "fleet",
            "clock": clock,
        }

    def _written(self, kind: str, record: Chained, at: datetime) -> bytes:
        name = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        return event(kind, record, id=name, source=f"/anpr/{self.box}", time=at)

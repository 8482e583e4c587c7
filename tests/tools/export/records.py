"""Passages and resolutions as boxes write them, and a receiver's database that holds them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from edge.record.chain import Head, next_link
from edge.record.envelope import seal
from edge.record.message import (
    CandidateRef,
    PackRef,
    PassageRecord,
    PlateRecord,
    ResolutionRecord,
    Site,
    VehicleRecord,
    event,
)
from edge.types import Envelope
from tests.chains import Pen, carried
from tools.receive.store import Store

AT = datetime(2028, 6, 1, 8, tzinfo=UTC)
PACK = PackRef("nl-ze", "a" * 64)
PLATE = "1ZZZ999"
VAN = VehicleRecord(
    found=True,
    category="N1",
    max_mass_kg=3200,
    fuels=("diesel", "electric"),
    euro=5,
    first_registration="2016-04-30",
)


class Witness(Pen):
    """A box that writes passages, and releases candidates."""

    def sees(self, **fields: object) -> Envelope:
        told = {
            "zone": "utrecht",
            "seen_first": AT + timedelta(seconds=self.head.seq if self.head else 0),
            "seen_last": AT + timedelta(seconds=9),
            "frames_read": 12,
            "plate": PlateRecord(profile="none", country="NL", confidence=0.97, chars=(0.99, 0.5)),
            "vehicle": VAN,
            "outcome": "no_access",
            "consequence": "hold_day",
            "rule": "N-04",
            "reason": "test",
            "source": "test",
            "marks": ("held",),
            "pack": PACK,
            "registry": None,
            "models": (),
            "config_sha256": "b" * 64,
            "site": Site(camera="camera-1", lane="inbound", direction="approaching"),
        }
        return self._signed("passage", PassageRecord(**self._carried(), **(told | fields)))

    def releases(self, candidate: Envelope, plate: str = PLATE) -> Envelope:
        place = CandidateRef(candidate.epoch, candidate.seq, candidate.sha256)
        told = ResolutionRecord(
            **self._carried(),
            zone="utrecht",
            candidate=place,
            state="released",
            reason="test",
            entered_at=AT,
            window_closed_at=AT + timedelta(days=1),
            outcome="no_access",
            consequence="hold_day",
            rule="N-04",
            source="test",
            marks=(),
            pack=PACK,
            registry=None,
            plate=PlateRecord(profile="plate", country="NL", confidence=0.97, text=plate),
            vehicle=VAN,
            config_sha256="b" * 64,
        )
        return self._signed("resolution", told)

    def _carried(self) -> dict[str, object]:
        return carried(next_link(self.head), self.box)

    def _signed(self, kind: str, record: PassageRecord | ResolutionRecord) -> Envelope:
        written = event(kind, record, id=UUID(int=record.seq), source=f"/{self.box}", time=AT)
        envelope = seal(written, self.signer)
        self.head = Head(envelope.epoch, envelope.seq, envelope.sha256)
        return envelope


def database(folder: Path, witness: Witness, chain: Sequence[Envelope]) -> Path:
    path = folder / "received.sqlite"
    with Store.open(path, lambda: witness.keyring) as store:
        store.take([(witness.box, envelope.jws) for envelope in chain])
    return path

"""One made-up message of every kind: shown on the page, and frozen in tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from edge.record.active import ActivePack, ActiveRegistry, Family, Fitness, Seeing, Slowed, Updates
from edge.record.housing import HousingRecord, TriggerCounts
from edge.record.message import (
    AlarmRecord,
    AuditRecord,
    CandidateRef,
    Chained,
    CheckpointRecord,
    ClockQuality,
    CountRecord,
    DroppedSpan,
    DropRecord,
    EvidenceRef,
    ExemptionRecord,
    HealthRecord,
    ModelRef,
    NextKey,
    PackRef,
    PassageRecord,
    PlaceRef,
    PlateRecord,
    Receipt,
    ResolutionRecord,
    RotationRecord,
    Site,
    SnapshotRef,
    Unrecorded,
    VehicleRecord,
    event,
)
from edge.types import Link

BOX = "gent-0012"
NOON = datetime(2028, 6, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLOCK = ClockQuality(
    source="kernel",
    trusted=True,
    error_ms=12.5,
    boot_id="5d0c1f3e-6f0b-4a43-9a55-0f6f3f0e7a11",
    since_boot_ns=86_400_000_000_000,
)
PACK = PackRef("fl-zes", "3c" * 32)
SNAPSHOT = SnapshotRef("registry-2028-06-01", "a7" * 32, NOON - 9 * HOUR, NOON - 8 * HOUR)
MODELS = (ModelRef("plate-detector-int8", "d1" * 32), ModelRef("plate-reader-int8", "4e" * 32))
CONFIG = "0b" * 32
SLOWED = Slowed(frames_per_s=11.2, of_per_s=15.0, reasons=("heat",))
PLATE = PlateRecord(
    profile="plate",
    country="BE",
    confidence=0.9971,
    chars=(0.9991, 0.9987, 0.9994, 0.9989, 0.9996, 0.9993, 0.9995),
    corrected=True,
    text="1ZZZ999",
)
TOKEN = PlateRecord(
    profile="pseudonym", country="BE", confidence=0.9964, pseudonym="zJ0s6mY1Qk3fYb5xN2c7Tg"
)
VEHICLE = VehicleRecord(
    found=True,
    category="N1",
    kind="van",
    max_mass_kg=3500,
    reference_mass_kg=2105,
    fuels=("diesel", "electric"),
    hybrid_class="OVC-HEV",
    zero_emission=False,
    euro=5,
    stage="V",
    power_kw=96.0,
    first_registration="2014-03-18",
    body_codes=(("DIV.codeForBodyWork", "SB"),),
    first_known_use="2014-03-11",
    eev=True,
    exemptions=(
        ExemptionRecord(
            id="FL-2028-000123",
            source="fl-register",
            type="FL-DAG",
            status="ingetrokken",
            scope=("gent",),
            valid_from=NOON - 48 * HOUR,
            valid_to=NOON - 24 * HOUR,
            requested_at=NOON - 72 * HOUR,
            other_vehicle=True,
        ),
    ),
)
NEXT = NextKey(  # the public key of RFC 8037, appendix A
    kty="OKP",
    crv="Ed25519",
    x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    kid="kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
)
GENERAL = VehicleRecord(
    found=True,
    category="N1",
    fuels=("electric",),
    zero_emission=True,
    first_registration="2026",
)


def sample(kind: str, link: Link, box: str = BOX) -> bytes:
    """Return the message of a kind at a place in the chain: the bytes to sign."""
    carried = {
        "box": box,
        "epoch": link.epoch,
        "seq": link.seq,
        "prev": link.prev,
        "salt": "5a" * 16,
        "software": "1.0.0",
        "clock": CLOCK,
    }
    name = UUID(int=link.seq, version=4)
    return event(kind, SAMPLES[kind](carried), id=name, source=f"/anpr/{box}", time=NOON)


def receipt(box: str = BOX, sha256: str = "9f" * 32) -> Receipt:
    """Return the receipt for the first record of a box."""
    return Receipt(box=box, epoch=1, seq=1, sha256=sha256, stored_at=NOON)


HOUSING = HousingRecord(
    tamper=False, door_open=False, tilted=False, temperature_c=31.5, illuminator=0.6
)


def _passage(carried: dict[str, Any]) -> Chained:
    return PassageRecord(
        **carried,
        zone="gent",
        seen_first=NOON - timedelta(seconds=3),
        seen_last=NOON - timedelta(seconds=2),
        frames_read=17,
        plate=TOKEN,
        vehicle=GENERAL,
        outcome="free_access",
        consequence="none",
        rule="FL-ZE",
        reason="The vehicle emits nothing.",
        source="made-up law, article 1",
        marks=("draft",),
        pack=PACK,
        registry=SNAPSHOT,
        models=MODELS,
        config_sha256=CONFIG,
        site=Site(
            camera="camera-1",
            lane="inbound",
            direction="approaching",
            wrong_way=True,
            sign="ZES, 2027 model",
        ),
        housing=HOUSING,
    )


def _resolution(carried: dict[str, Any]) -> Chained:
    return ResolutionRecord(
        **carried,
        zone="gent",
        candidate=CandidateRef(1, 1, "9f" * 32),
        state="released",
        reason="The window has closed, and no permit was found.",
        entered_at=NOON - 60 * HOUR,
        window_closed_at=NOON - 12 * HOUR,
        outcome="no_access",
        consequence="hold48",
        rule="FL-N1",
        source="made-up law, article 2",
        marks=("two_dates",),
        pack=PACK,
        registry=SNAPSHOT,
        plate=PLATE,
        vehicle=VEHICLE,
        config_sha256=CONFIG,
        evidence=(
            EvidenceRef("overview", "b2" * 32, 264_911),
            EvidenceRef("crop", "c5" * 32, 9_207),
        ),
    )


def _count(carried: dict[str, Any]) -> Chained:
    return CountRecord(
        **carried,
        zone="gent",
        since=NOON - HOUR,
        until=NOON,
        figures={"passages": {"in_scope": 41, "unknown_scope": 2}, "fuel": {"electric": 29}},
        availability={"uptime": 1.0, "frames": 36_000.0, "announced": 43.0, "settled": 41.0},
        config_sha256=CONFIG,
    )


def _alarm(carried: dict[str, Any]) -> Chained:
    return AlarmRecord(
        **carried,
        alarm="registry",
        cause="A new registry was refused: it lost a tenth of its rows.",
        remedy="Ask the publisher whether that is meant.",
    )


def _health(carried: dict[str, Any]) -> Chained:
    return HealthRecord(
        **carried,
        registry=ActiveRegistry(
            id=SNAPSHOT.id,
            sha256=SNAPSHOT.sha256,
            vehicles_as_of=SNAPSHOT.vehicles_as_of,
            exemptions_as_of=SNAPSHOT.exemptions_as_of,
            vehicles=7_400_000,
            exemptions=5_120,
        ),
        packs=(ActivePack(zone="gent", id=PACK.id, version="1", sha256=PACK.sha256),),
        models=MODELS,
        config_sha256=CONFIG,
        updates=Updates(
            synced_at=NOON - HOUR,
            reached_at=NOON - HOUR,
            fault="The report of the last sync is torn.",
            families=(
                Family(
                    family="models",
                    outcome="refused",
                    release=7,
                    refused=8,
                    reason="A golden picture was read wrongly.",
                    until=NOON + 24 * HOUR,
                ),
            ),
        ),
        waiting=3,
        waiting_s=4.2,
        held=2,
        disk_free=11_811_160_064,
        waiting_bytes=12_288,
        fitness=Fitness(
            temperature_c=78.5,
            slowed=SLOWED,
            written_day=182_000_000,
            life_used_percent=10,
            spare="normal",
            seeing=Seeing(faults=("moved",), in_place=False),
        ),
        dropped=256,
        housing=HOUSING,
        triggers=TriggerCounts(
            since=NOON - 12 * HOUR, triggers=812, captured=806, missed=4, untriggered=1, lost=0
        ),
    )


def _checkpoint(carried: dict[str, Any]) -> Chained:
    return CheckpointRecord(
        **carried,
        since=PlaceRef(1, 1),
        records={"passage": 212, "count": 1, "health": 6},
        evidence=4,
    )


def _rotation(carried: dict[str, Any]) -> Chained:
    return RotationRecord(**carried, key=NEXT, next_epoch=int(carried["epoch"]) + 1)


def _drop(carried: dict[str, Any]) -> Chained:
    span = DroppedSpan(
        epoch=1, first=3, last=250, last_sha256="b6" * 32, kinds={"passage": 240, "health": 8}
    )
    missed = Unrecorded(passages=12, since=NOON - HOUR, until=NOON - timedelta(minutes=48))
    return DropRecord(
        **carried, reason="outbox_full", records=248, spans=(span,), unrecorded=missed
    )


def _audit(carried: dict[str, Any]) -> Chained:
    return AuditRecord(
        **carried,
        action="settings_changed",
        by="token:j.jansen",
        done_at=NOON,
        act="5c" * 16,
        session="9f86d081",
        details={"from": "a1" * 32, "to": "b2" * 32},
    )


SAMPLES = {
    "passage": _passage,
    "resolution": _resolution,
    "count": _count,
    "alarm": _alarm,
    "health": _health,
    "checkpoint": _checkpoint,
    "rotation": _rotation,
    "drop": _drop,
    "audit": _audit,
}

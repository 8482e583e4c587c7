"""The messages of the box: CloudEvents 1.0 around typed data, encoded once.

Source: CloudEvents 1.0 JSON format; the names are those of the platform contract.
"""

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from edge.record.active import ActivePack, ActiveRegistry, Updates

SPEC = "1.0"
GENESIS = "0" * 64
TYPE_PREFIX = "anpr-edge."
SCHEMA_PREFIX = "urn:anpr-edge:schema:"


class Chained(msgspec.Struct, frozen=True, kw_only=True):
    """What every record carries: its box, its place in the chain, its salt, its clock."""

    box: str
    epoch: int
    seq: int
    prev: str
    salt: str
    software: str
    clock: "ClockQuality"


class ClockQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How far the time in a record can be trusted."""

    source: str
    trusted: bool
    error_ms: float | None
    boot_id: str
    since_boot_ns: int


class ModelRef(msgspec.Struct, frozen=True):
    """A model that took part."""

    name: str
    sha256: str


class PackRef(msgspec.Struct, frozen=True):
    """The rule pack that decided."""

    id: str
    sha256: str


class SnapshotRef(msgspec.Struct, frozen=True):
    """The registry snapshot that was asked, and how old its sources were."""

    id: str
    sha256: str
    vehicles_as_of: datetime
    exemptions_as_of: datetime


class PlateRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the zone's privacy profile lets out of the plate.

    `none` fills no text; `pseudonym` a daily keyed token; `plate` the text itself. `corrected`:
    one character is not as it was read, because the country's syntax forces another.
    """

    profile: str
    country: str | None = None
    confidence: float | None = None
    chars: tuple[float, ...] | None = None
    corrected: bool = False
    text: str | None = None
    pseudonym: str | None = None


class Site(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the camera stands, which sign stood there (R000-28), and how the vehicle passed.

    `wrong_way`: against the direction that the lane has in the configuration.
    """

    camera: str
    lane: str | None = None
    direction: str = "unknown"
    wrong_way: bool = False
    sign: str | None = None


class ExemptionRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One registered exemption or permission as the register gave it.

    `other_vehicle`: it was granted to another vehicle than now bears the plate (F-AMB-25).
    """

    id: str
    source: str
    type: str
    status: str
    scope: tuple[str, ...] | None = None
    valid_from: datetime
    valid_to: datetime | None = None
    requested_at: datetime | None = None
    other_vehicle: bool = False


class VehicleRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The plate-free attributes the decision rests on; absent is unknown, or not told.

    Of a vehicle that is not held: no masses, no exemptions, of its first registration the year.
    """

    found: bool
    category: str | None = None
    kind: str | None = None
    max_mass_kg: int | None = None
    reference_mass_kg: int | None = None
    fuels: tuple[str, ...] | None = None
    hybrid_class: str | None = None
    zero_emission: bool | None = None
    euro: int | None = None
    stage: str | None = None
    power_kw: float | None = None
    first_registration: str | None = None
    body_codes: tuple[tuple[str, str], ...] | None = None
    first_known_use: str | None = None
    eev: bool = False
    exemptions: tuple[ExemptionRecord, ...] = ()


class PassageRecord(Chained, frozen=True, kw_only=True):
    """One vehicle pass in one zone: what was seen, decided, and by what."""

    zone: str
    seen_first: datetime
    seen_last: datetime
    frames_read: int
    plate: PlateRecord
    vehicle: VehicleRecord | None
    outcome: str
    consequence: str
    rule: str
    reason: str
    source: str
    marks: tuple[str, ...]
    pack: PackRef
    registry: SnapshotRef | None
    models: tuple[ModelRef, ...]
    config_sha256: str
    site: Site


class CandidateRef(msgspec.Struct, frozen=True):
    """The passage record of the candidate that a resolution ends."""

    epoch: int
    seq: int
    sha256: str


class ResolutionRecord(Chained, frozen=True, kw_only=True):
    """How one held candidate ended: `released`, `withdrawn` or `expired` (RULES 2.6).

    Outcome, rule, pack and registry are those of the last decision; without one the registry
    is None. Plate and vehicle stand here only where `state` is `released`.
    """

    zone: str
    candidate: CandidateRef
    state: str
    reason: str
    entered_at: datetime
    window_closed_at: datetime
    outcome: str
    consequence: str
    rule: str
    source: str
    marks: tuple[str, ...]
    pack: PackRef
    registry: SnapshotRef | None
    plate: PlateRecord | None
    vehicle: VehicleRecord | None
    config_sha256: str


class CountRecord(Chained, frozen=True, kw_only=True):
    """Plate-free figures of one zone over one hour, [since, until) in UTC (RULES 6).

    `figures` maps the name of a figure to its values and their counts; `availability` states
    how far the box was at work in that hour.
    """

    zone: str
    since: datetime
    until: datetime
    figures: dict[str, dict[str, int]]
    availability: dict[str, float]
    config_sha256: str


class AlarmRecord(Chained, frozen=True, kw_only=True):
    """Something a maintainer must know: what happened and what to do."""

    alarm: str
    cause: str
    remedy: str


class HealthRecord(Chained, frozen=True, kw_only=True):
    """How a box stands: what is active on it, and what has gathered; never of a vehicle.

    `waiting` records are without receipt, the oldest for `waiting_s`; `held` candidates wait for
    their end; `disk_free` bytes are left where the state is kept.
    """

    registry: ActiveRegistry | None
    packs: tuple[ActivePack, ...]
    models: tuple[ModelRef, ...]
    config_sha256: str
    updates: Updates | None
    waiting: int
    waiting_s: float | None
    held: int
    disk_free: int | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's word: everything of this box up to (epoch, seq, sha256) is stored."""

    box: str
    epoch: int
    seq: int
    sha256: str
    stored_at: datetime


DataT = TypeVar("DataT", bound=msgspec.Struct)


class CloudEvent(msgspec.Struct, Generic[DataT], frozen=True, kw_only=True):
    """The outer form of every message."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    dataschema: str
    data: DataT


def type_of(kind: str) -> str:
    """Return the CloudEvents type of a record kind: `passage` -> `anpr-edge.passage.v1`."""
    return f"{TYPE_PREFIX}{kind}.v1"


def kind_of(event_type: str) -> str:
    """Return the record kind of a CloudEvents type; unknown forms come back as they are."""
    return event_type.removeprefix(TYPE_PREFIX).removesuffix(".v1")


def event(kind: str, data: DataT, *, id: UUID, source: str, time: datetime) -> bytes:
    """Encode one message; these bytes are signed and never encoded again."""
    return msgspec.json.encode(
        CloudEvent(
            specversion=SPEC,
            id=str(id),
            source=source,
            type=type_of(kind),
            time=time.astimezone(UTC),
            dataschema=f"{SCHEMA_PREFIX}{kind}:1",
            data=data,
        )
    )


DECODERS: dict[str, msgspec.json.Decoder[CloudEvent[Any]]] = {
    "passage": msgspec.json.Decoder(CloudEvent[PassageRecord]),
    "resolution": msgspec.json.Decoder(CloudEvent[ResolutionRecord]),
    "count": msgspec.json.Decoder(CloudEvent[CountRecord]),
    "alarm": msgspec.json.Decoder(CloudEvent[AlarmRecord]),
    "health": msgspec.json.Decoder(CloudEvent[HealthRecord]),
}


class Header(msgspec.Struct, frozen=True):
    """The parts of a message that are read before its kind is known."""

    type: str
    data: "HeaderData"


class HeaderData(msgspec.Struct, frozen=True):
    """The chain place inside any message."""

    box: str
    epoch: int
    seq: int
    prev: str


def decode(payload: bytes) -> CloudEvent[Any]:
    """Read a message of a known kind.

    Raises msgspec.DecodeError (its subclass ValidationError included) otherwise.
    """
    kind = kind_of(msgspec.json.decode(payload, type=Header).type)
    if kind not in DECODERS:
        raise msgspec.ValidationError("unknown record kind")
    return DECODERS[kind].decode(payload)

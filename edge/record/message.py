"""The messages of the box: CloudEvents 1.0 around typed data, encoded once.

Source: CloudEvents 1.0 JSON format; the names are those of the platform contract.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec

from edge.record.active import ActivePack, ActiveRegistry, Fitness, Slowed, Updates
from edge.record.housing import HousingRecord, TriggerCounts
from edge.record.wording import Moment, Sha256, one_of, says
from edge.types import Consequence, Direction, Outcome

SPEC = "1.0"
GENESIS = "0" * 64
TYPE_PREFIX = "anpr-edge."
SCHEMA_PREFIX = "urn:anpr-edge:schema:"


PROFILES = ("none", "pseudonym", "plate")
ENDS = ("released", "withdrawn", "expired")
"""How a candidate ends: `edge.access.hold.State`, which builds on this module."""
DROP_REASONS = ("outbox_full", "disk_low", "not_recorded")

ACT = "^[0-9a-f]{32}$"
BoxId = Annotated[str, says("Id of a box.", pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
ZONE = "Id of the zone."
OUTCOME = (
    "What the law says: `free_access` the vehicle itself complies, `exempt` or `permitted` by a"
    " record or a row of the law, `permit_possible` a permit could be bought and none is known,"
    " `no_access` none of these, `out_of_scope` the zone does not concern it, `review` in doubt:"
    " the box says neither yes nor no."
)
CONSEQUENCE = (
    "What follows: `none` nothing, `not_enforced` nothing because the law is a draft, `warn` a"
    " warning after the hold, `hold48` and `hold_day` held for 48 hours or until the next morning,"
    " `manual` only a person may decide."
)
MARKS = (
    "Remarks on the decision, any number: `held` a resolution will follow, `already_held` another"
    " passage of that day is held, `no_evidence` no picture could be kept and nothing follows,"
    " `draft` law that is not in force, `foreign_reading` a camera of another product read the"
    " plate ... More may come."
)
CONFIG = "SHA-256 of the configuration of the box."


class Chained(msgspec.Struct, frozen=True, kw_only=True):
    """What every record carries: its box, its place in the chain, its salt, its clock."""

    box: Annotated[BoxId, says("The box that swears to this; it stands in the topic too.")]
    epoch: Annotated[int, says("Number of the chain of this box, from 1.", minimum=1)]
    seq: Annotated[int, says("Place in the epoch, from 1 and without a gap.", minimum=1)]
    prev: Annotated[
        Sha256,
        says("SHA-256 of the whole JWS before this one; 64 zeros in the first record of a box."),
    ]
    salt: Annotated[
        str,
        says(
            "128 random bits in hexadecimal: what was erased cannot be found by trying.",
            pattern="^[0-9a-f]{32}$",
        ),
    ]
    software: Annotated[str, says("Version of the software of the box.")]
    clock: Annotated["ClockQuality", says("How far the times of this record can be trusted.")]


class ClockQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How far the time in a record can be trusted."""

    source: Annotated[
        str, says("Where the time is from: `kernel`; `replay` is a tester's, and no evidence.")
    ]
    trusted: Annotated[
        bool,
        says(
            "The clock was synchronised to within a second, and no receipt spoke against it;"
            " without that nobody is accused."
        ),
    ]
    error_ms: Annotated[
        float | None, says("The largest error that the kernel expects, in milliseconds.")
    ]
    boot_id: Annotated[str, says("Which start of the box this was; another one after each boot.")]
    since_boot_ns: Annotated[
        int, says("Nanoseconds since that start: they rise even where the date was set back.")
    ]


class ModelRef(msgspec.Struct, frozen=True):
    """A model that took part."""

    name: Annotated[str, says("Its name.")]
    sha256: Annotated[Sha256, says("SHA-256 of its file.")]


class PackRef(msgspec.Struct, frozen=True):
    """The rule pack that decided."""

    id: Annotated[str, says("Its name.")]
    sha256: Annotated[Sha256, says("SHA-256 of its file.")]


class SnapshotRef(msgspec.Struct, frozen=True):
    """The registry snapshot that was asked, and how old its sources were."""

    id: Annotated[str, says("Its name.")]
    sha256: Annotated[Sha256, says("Digest of all its rows, whatever file holds them.")]
    vehicles_as_of: Annotated[Moment, says("The moment of which its vehicle data are (UTC).")]
    exemptions_as_of: Annotated[Moment, says("The moment of which its exemptions are (UTC).")]


class PlateRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the zone's privacy profile lets out of the plate."""

    profile: Annotated[
        str,
        one_of(
            PROFILES,
            "What was let out: `none` no text, `pseudonym` a token that changes every day,"
            " `plate` the text itself.",
        ),
    ]
    country: Annotated[
        str | None, says("Country of the plate, ISO 3166 alpha-2; absent: the plate does not tell.")
    ] = None
    confidence: Annotated[
        float | None, says("Probability that the whole text is right, 0 to 1.")
    ] = None
    chars: Annotated[
        tuple[float, ...] | None, says("Probability of each character, 0 to 1, in reading order.")
    ] = None
    corrected: Annotated[
        bool,
        says("One character is not as it was read: the country's syntax forces another."),
    ] = False
    text: Annotated[
        str | None, says("The plate, without spaces and dashes; only with profile `plate`.")
    ] = None
    pseudonym: Annotated[
        str | None, says("Keyed token of plate and day; only with profile `pseudonym`.")
    ] = None


class Site(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the camera stands, which sign stood there, and how the vehicle passed."""

    camera: Annotated[str, says("Name of the camera.")]
    lane: Annotated[str | None, says("Name of the lane; absent: none was told apart.")] = None
    direction: Annotated[
        str, one_of(Direction, "How the vehicle moved, as the camera sees it.")
    ] = "unknown"
    wrong_way: Annotated[
        bool, says("Against the direction that the lane has in the configuration of the box.")
    ] = False
    sign: Annotated[str | None, says("The traffic sign that stands at the site.")] = None
    foreign: Annotated[
        str | None,
        says("The product that read the plate: `axis` ...; absent: the box read it itself."),
    ] = None


class ExemptionRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One registered exemption or permission as the register gave it."""

    id: Annotated[str, says("Its number in the register.")]
    source: Annotated[str, says("The register that it is from.")]
    type: Annotated[str, says("What it is for, as the rule pack names it.")]
    status: Annotated[str, says("How it stands, in the register's word.")]
    scope: Annotated[
        tuple[str, ...] | None,
        says("Zones or municipalities that it opens; absent: all of the jurisdiction."),
    ] = None
    valid_from: Annotated[Moment, says("From this moment on (UTC).")]
    valid_to: Annotated[
        Moment | None, says("Until before this moment (UTC); absent: it has no end.")
    ] = None
    requested_at: Annotated[Moment | None, says("When it was asked for (UTC).")] = None
    other_vehicle: Annotated[
        bool, says("It was granted to another vehicle than now bears the plate.")
    ] = False


class VehicleRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The plate-free attributes the decision rests on; absent is unknown, or not told.

    Of a vehicle that is not held: no masses, no exemptions, of its first registration the year.
    """

    found: Annotated[bool, says("The registry knows a vehicle with this plate.")]
    category: Annotated[str | None, says("European vehicle category: `M1`, `N1`, `N2` ...")] = None
    kind: Annotated[str | None, says("Dutch kind of vehicle: `van`, `bakwagen` or `trekker`.")] = (
        None
    )
    max_mass_kg: Annotated[int | None, says("Technically permissible maximum mass, kg.")] = None
    reference_mass_kg: Annotated[int | None, says("Reference mass, kg.")] = None
    fuels: Annotated[
        tuple[str, ...] | None, says("All its fuels, sorted: `diesel`, `electric` ...")
    ] = None
    hybrid_class: Annotated[
        str | None, says("Class of hybrid: `none`, `OVC-HEV`, `NOVC-HEV` ...; OVC is a plug-in.")
    ] = None
    zero_emission: Annotated[bool | None, says("It emits nothing, by its register.")] = None
    euro: Annotated[int | None, says("Euro norm or emission class, 0 to 7.")] = None
    stage: Annotated[
        str | None, says("Emission stage of a tractor, `I` to `V`; words, not numbers.")
    ] = None
    power_kw: Annotated[float | None, says("Engine power, kW.")] = None
    first_registration: Annotated[
        str | None, says("Date of first registration, or its year alone: `2019-04-30`, `2019`.")
    ] = None
    body_codes: Annotated[
        tuple[tuple[str, str], ...] | None,
        says("Body codes, each with its system first: `DIV.nationalBuildup`, `F5`."),
    ] = None
    first_known_use: Annotated[
        str | None, says("Another date of first use that its register holds.")
    ] = None
    eev: Annotated[bool, says("Its norm is EEV, which is no number.")] = False
    exemptions: Annotated[
        tuple[ExemptionRecord, ...], says("The registered exemptions of this plate.")
    ] = ()


class EvidenceRef(msgspec.Struct, frozen=True):
    """A picture of a held candidate, encrypted to the authority."""

    name: Annotated[
        str, says("What it shows: `overview` the scene without other plates, `crop` the plate.")
    ]
    sha256: Annotated[Sha256, says("SHA-256 of its age file, which bears this name.")]
    bytes: Annotated[int, says("Size of that file.", minimum=1)]


class PassageRecord(Chained, frozen=True, kw_only=True, omit_defaults=True):
    """One vehicle pass in one zone: what was seen, decided, and by what."""

    zone: Annotated[str, says(ZONE)]
    seen_first: Annotated[Moment, says("The first frame on which the plate was read (UTC).")]
    seen_last: Annotated[Moment, says("The last frame on which the plate was read (UTC).")]
    frames_read: Annotated[
        int, says("On how many frames it was read, of the 32 that count most.", minimum=0)
    ]
    plate: Annotated[PlateRecord, says("The reading, and what may be told of it.")]
    vehicle: Annotated[
        VehicleRecord | None, says("What was known of the vehicle; null: nothing was looked up.")
    ]
    outcome: Annotated[str, one_of(Outcome, OUTCOME)]
    consequence: Annotated[str, one_of(Consequence, CONSEQUENCE)]
    rule: Annotated[str, says("The row of the rule pack that answered, or the doubt.")]
    reason: Annotated[str, says("Why, for people; it may be worded otherwise tomorrow.")]
    source: Annotated[str, says("The place in the law.")]
    marks: Annotated[tuple[str, ...], says(MARKS)]
    pack: Annotated[PackRef, says("The law that decided.")]
    registry: Annotated[SnapshotRef | None, says("The registry that was asked; null: none was.")]
    models: Annotated[tuple[ModelRef, ...], says("The models that found and read the plate.")]
    config_sha256: Annotated[Sha256, says(CONFIG)]
    site: Annotated[Site, says("Where it was.")]
    evidence: Annotated[
        tuple[EvidenceRef, ...],
        says("The pictures that are kept of it; they leave the box only when it is released."),
    ] = ()
    housing: Annotated[
        HousingRecord | None,
        says("How the box itself stood when this was written; absent: it has no device to tell."),
    ] = None
    slowed: Annotated[
        Slowed | None,
        says("The box looked at fewer frames than came, then; absent: at all it had time for."),
    ] = None


class CandidateRef(msgspec.Struct, frozen=True):
    """The passage record of the candidate that a resolution ends."""

    epoch: Annotated[int, says("Its epoch.", minimum=1)]
    seq: Annotated[int, says("Its place in the epoch.", minimum=1)]
    sha256: Annotated[Sha256, says("SHA-256 of its whole JWS.")]


class ResolutionRecord(Chained, frozen=True, kw_only=True, omit_defaults=True):
    """How one held candidate ended.

    Outcome, rule, pack and registry are those of the last decision.
    """

    zone: Annotated[str, says(ZONE)]
    candidate: Annotated[CandidateRef, says("The passage that was held.")]
    state: Annotated[
        str,
        one_of(
            ENDS,
            "`released`: it still accuses, and its plate is told. `withdrawn`: it accuses nobody."
            " `expired`: it could not be decided in time, and accuses nobody.",
        ),
    ]
    reason: Annotated[str, says("Why it ended so, for people.")]
    entered_at: Annotated[Moment, says("When the vehicle was first seen (UTC).")]
    window_closed_at: Annotated[Moment, says("Until when a permit could still be asked for (UTC).")]
    outcome: Annotated[str, one_of(Outcome, OUTCOME)]
    consequence: Annotated[str, one_of(Consequence, CONSEQUENCE)]
    rule: Annotated[str, says("The row of the rule pack that answered last, or the doubt.")]
    source: Annotated[str, says("The place in the law.")]
    marks: Annotated[tuple[str, ...], says(MARKS)]
    pack: Annotated[PackRef, says("The law that decided last.")]
    registry: Annotated[
        SnapshotRef | None, says("The registry that was asked at the end; null: none was.")
    ]
    plate: Annotated[PlateRecord | None, says("The plate; null unless `released`.")]
    vehicle: Annotated[
        VehicleRecord | None, says("What is known of the vehicle; null unless `released`.")
    ]
    config_sha256: Annotated[Sha256, says(CONFIG)]
    evidence: Annotated[
        tuple[EvidenceRef, ...],
        says("Its pictures: where it is `released` they follow, otherwise they were destroyed."),
    ] = ()


class CountRecord(Chained, frozen=True, kw_only=True):
    """Plate-free figures of one zone over one hour."""

    zone: Annotated[str, says(ZONE)]
    since: Annotated[Moment, says("Beginning of the hour (UTC).")]
    until: Annotated[Moment, says("End of the hour (UTC), itself not in it.")]
    figures: Annotated[
        dict[str, dict[str, int]],
        says("For each figure its values, and how many vehicles had each. More figures may come."),
    ]
    availability: Annotated[
        dict[str, float],
        says(
            "How far the box was at work: `uptime` and `read_rate` as shares 0 to 1, `frames`,"
            " `announced` and `settled` passages, `vehicles_age_h` and `exemptions_age_h` in hours."
            " What is not known is absent."
        ),
    ]
    config_sha256: Annotated[Sha256, says(CONFIG)]


class AlarmRecord(Chained, frozen=True, kw_only=True):
    """Something a maintainer must know: what happened and what to do."""

    alarm: Annotated[str, says("What it is about: `registry`, `casebook`, `updates` ...")]
    cause: Annotated[str, says("What happened, for people.")]
    remedy: Annotated[str, says("What to do about it, for people.")]


class AuditRecord(Chained, frozen=True, kw_only=True, omit_defaults=True):
    """What a person did on the panel of this box, or tried to do; never of a vehicle."""

    action: Annotated[
        str,
        says("What was done: `login`, `login_refused`, `live_opened`, `settings_changed` ..."),
    ]
    by: Annotated[
        str,
        says("Who: `password`, `token:NAME` (by the platform), `terminal:NAME`, or `nobody`."),
    ]
    done_at: Annotated[Moment, says("When it was done, by the clock of the box (UTC).")]
    act: Annotated[
        str,
        says("Random id of the act: what comes twice under one was done once.", pattern=ACT),
    ]
    session: Annotated[
        str | None, says("Which login it belongs to; absent: nobody was logged in.")
    ] = None
    details: Annotated[
        dict[str, str], says("What else belongs to it: hashes of settings, a language ...")
    ] = {}


class ProvenSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Between which moments a record was written, by what the platform said in its receipts.

    A receipt was signed before it came, and after its record was made. A clock that shows a moment
    outside is wrong, or the platform's is.
    """

    not_before: Annotated[Moment | None, says("Not before (UTC); null: not known.")]
    not_after: Annotated[Moment | None, says("Not after (UTC); null: not known.")]


class HealthRecord(Chained, frozen=True, kw_only=True):
    """How a box stands: what is active on it, and what has gathered; never of a vehicle."""

    registry: Annotated[
        ActiveRegistry | None, says("The registry that answers; null: there is none.")
    ]
    packs: Annotated[tuple[ActivePack, ...], says("The rule pack of each zone.")]
    models: Annotated[tuple[ModelRef, ...], says("The models in use.")]
    config_sha256: Annotated[Sha256, says(CONFIG)]
    updates: Annotated[
        Updates | None, says("What the last sync found; null: the box follows no updates.")
    ]
    waiting: Annotated[int, says("How many records wait for a receipt.", minimum=0)]
    waiting_s: Annotated[
        float | None, says("Since how many seconds the oldest waits; null: none waits.")
    ]
    held: Annotated[int, says("How many candidates wait for their end.", minimum=0)]
    disk_free: Annotated[
        int | None, says("Bytes left on the disk of the box; null: it cannot tell.")
    ]
    waiting_bytes: Annotated[
        int | None, says("How many bytes the records that wait take; null: not told.", minimum=0)
    ] = None
    dropped: Annotated[
        int | None,
        says("How many records this box has dropped unsent, in all; null: not told.", minimum=0),
    ] = None
    housing: Annotated[
        HousingRecord | None, says("How the box itself stands; null: it has no device to tell.")
    ] = None
    triggers: Annotated[
        TriggerCounts | None,
        says("Its triggers set against its passages; null: nothing triggers it."),
    ] = None
    fitness: Annotated[Fitness | None, says("How it is as hardware; null: not told.")] = None
    proven: Annotated[
        ProvenSpan | None,
        says("What the platform's receipts prove of the time of this record; null: nothing yet."),
    ] = None


class PlaceRef(msgspec.Struct, frozen=True):
    """A place in the chain of this box."""

    epoch: Annotated[int, says("Its epoch.", minimum=1)]
    seq: Annotated[int, says("Its place in the epoch.", minimum=1)]


class CheckpointRecord(Chained, frozen=True, kw_only=True):
    """What this box wrote since its last checkpoint; `prev` names the record that came last.

    The platform countersigns it: then nobody can change or remove what stands before.
    """

    since: Annotated[
        PlaceRef | None, says("The checkpoint before this one; null: this is the first.")
    ]
    records: Annotated[
        dict[str, int],
        says("How many records of each kind were written since then, that checkpoint not counted."),
    ]
    evidence: Annotated[int, says("How many files of evidence the box holds.", minimum=0)]


class NextKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key as JWK (RFC 7517, RFC 8037)."""

    kty: Annotated[str, one_of(("OKP",), "Key type: `OKP`.")]
    crv: Annotated[str, one_of(("Ed25519",), "Curve: `Ed25519`.")]
    x: Annotated[str, says("The key itself, base64url.", pattern="^[A-Za-z0-9_-]{43}$")]
    kid: Annotated[str, says("Its id: the thumbprint of RFC 7638.", pattern="^[A-Za-z0-9_-]{43}$")]


class RotationRecord(Chained, frozen=True, kw_only=True):
    """The last record of an epoch: signed by its key, it names the key of the next.

    The next record is the first of that epoch, signed with that key; it names this one in `prev`.
    """

    key: Annotated[NextKey, says("The key that signs from now on.")]
    next_epoch: Annotated[int, says("The epoch that it signs: the one after this.", minimum=2)]


class DroppedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Records that followed each other in one epoch, and were deleted before they were delivered.

    The record after them names the hash of the last one: the chain of hashes stays provable.
    """

    epoch: Annotated[int, says("Their epoch.", minimum=1)]
    first: Annotated[int, says("Place of the first of them in the epoch.", minimum=1)]
    last: Annotated[int, says("Place of the last of them.", minimum=1)]
    last_sha256: Annotated[Sha256, says("SHA-256 of the whole JWS of the last of them.")]
    kinds: Annotated[dict[str, int], says("How many of them were of which kind.")]


class Unrecorded(msgspec.Struct, frozen=True, kw_only=True):
    """Passages that the box saw while it could take no record; nothing more is known of them."""

    passages: Annotated[int, says("How many, each once for every zone.", minimum=1)]
    since: Annotated[Moment, says("When the first of them went by (UTC).")]
    until: Annotated[Moment, says("When the last of them had gone by (UTC).")]


class DropRecord(Chained, frozen=True, kw_only=True):
    """What this box gave up because its disk was full, signed: it is not removed, and not lost.

    The deletion of the records and this record are one: there is never one without the other.
    """

    reason: Annotated[
        str,
        one_of(
            DROP_REASONS,
            "`outbox_full` the records that wait had all the room they may have, `disk_low` the"
            " disk had little room left, `not_recorded` nothing could be written at all.",
        ),
    ]
    records: Annotated[int, says("How many records were dropped, in all spans.", minimum=0)]
    spans: Annotated[
        tuple[DroppedSpan, ...], says("Where they stood in the chain, all of it before this one.")
    ] = ()
    unrecorded: Annotated[
        Unrecorded | None, says("Passages of which no record was made; null: none.")
    ] = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's word: everything of this box up to one record is stored."""

    box: Annotated[BoxId, says("The box that it is for.")]
    epoch: Annotated[int, says("Epoch of the last record that is stored.", minimum=1)]
    seq: Annotated[int, says("Place of that record in its epoch.", minimum=1)]
    sha256: Annotated[Sha256, says("SHA-256 of the whole JWS of that record.")]
    stored_at: Annotated[
        Moment,
        says(
            "When it was stored (RFC 3339, with its offset), by a clock that is kept right: it is"
            " the box's only witness against its own."
        ),
    ]


class EvidenceReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's word: this age file of this box is stored."""

    box: Annotated[BoxId, says("The box that it is for.")]
    evidence: Annotated[Sha256, says("SHA-256 of the age file.")]
    bytes: Annotated[int, says("Its size.", minimum=1)]
    stored_at: Annotated[Moment, says("When it was stored (RFC 3339, with its offset).")]


DataT = TypeVar("DataT", bound=msgspec.Struct)


class CloudEvent(msgspec.Struct, Generic[DataT], frozen=True, kw_only=True):
    """The outer form of every message: CloudEvents 1.0 in JSON."""

    specversion: Annotated[str, says("Version of CloudEvents: `1.0`.")]
    id: Annotated[str, says("A random UUID; it proves nothing, the place in the chain does.")]
    source: Annotated[str, says("The box as a path: `/anpr/` and its id.")]
    type: Annotated[str, says("Kind and version of the record: `anpr-edge.passage.v1`.")]
    time: Annotated[Moment, says("When the record was written (UTC).")]
    dataschema: Annotated[
        str, says("The schema of `data`, by kind and version: `urn:anpr-edge:schema:passage:1`.")
    ]
    data: Annotated[DataT, says("The record.")]


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
    "checkpoint": msgspec.json.Decoder(CloudEvent[CheckpointRecord]),
    "rotation": msgspec.json.Decoder(CloudEvent[RotationRecord]),
    "drop": msgspec.json.Decoder(CloudEvent[DropRecord]),
    "audit": msgspec.json.Decoder(CloudEvent[AuditRecord]),
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

"""What the box swears about a passage, about how a held one ended, and about itself (pure).

Everything that made it is named; of the plate no more than the zone's privacy profile lets out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from edge.access.hold import Ending, Held, State
from edge.record.active import Active, Burden, Slowed
from edge.record.basis import names
from edge.record.deed import Deed
from edge.record.housing import HousingRecord
from edge.record.message import (
    AlarmRecord,
    AuditRecord,
    EvidenceRef,
    ExemptionRecord,
    HealthRecord,
    PackRef,
    PassageRecord,
    PlateRecord,
    ProvenSpan,
    ResolutionRecord,
    Site,
    SnapshotRef,
    VehicleRecord,
)
from edge.record.provenance import Draw, Provenance, written
from edge.types import (
    UNPROVEN,
    ClockReading,
    Consequence,
    Decision,
    Exemption,
    Facts,
    Link,
    Outcome,
    Passage,
    Snapshot,
    Vehicle,
)

FOREIGN = "foreign_reading"
HELD = {Consequence.WARN, Consequence.HOLD48, Consequence.HOLD_DAY, Consequence.MANUAL}
COMPLYING = {Outcome.FREE_ACCESS, Outcome.EXEMPT, Outcome.PERMITTED}


def no_device() -> HousingRecord | None:
    """Tell nothing of the housing."""
    return None


def never() -> Slowed | None:
    """Say that every frame was looked at."""
    return None


@dataclass(frozen=True, slots=True)
class Testimony:
    """Writes all messages but counts.

    `privacy` maps a zone to its profile; `pseudonym` gives the keyed token of a plate and day.
    `housing` says how the box itself stands now, `slowed` how many frames are left out.
    """

    provenance: Provenance
    privacy: Mapping[str, str]
    pseudonym: Callable[[str, str, date], str]
    draw: Draw
    housing: Callable[[], HousingRecord | None] = no_device
    slowed: Callable[[], Slowed | None] = never

    def passage(
        self,
        passage: Passage,
        facts: Facts | None,
        decision: Decision,
        now: ClockReading,
        link: Link,
        evidence: Sequence[EvidenceRef] = (),
    ) -> bytes:
        """Return the message of one passage in one zone: the bytes that will be signed.

        `facts` None: the plate was in doubt, and was not looked up. `evidence` names its pictures.
        """
        made_by = self.provenance
        record = PassageRecord(
            **made_by.carried(now, link, self.draw),
            zone=decision.zone,
            seen_first=passage.seen_first,
            seen_last=passage.seen_last,
            frames_read=passage.frames_read,
            plate=self._plate(passage, decision),
            vehicle=self._vehicle(facts, decision) if facts and facts.snapshot else None,
            outcome=decision.outcome,
            consequence=decision.consequence,
            rule=decision.rule,
            reason=decision.reason,
            source=decision.source,
            marks=_marks(passage, decision),
            pack=PackRef(decision.pack_id, decision.pack_sha256),
            registry=_snapshot(decision.snapshot),
            models=() if passage.foreign else made_by.models,
            config_sha256=made_by.config_sha256,
            site=Site(
                camera=made_by.camera,
                lane=passage.lane,
                direction=passage.direction,
                wrong_way=passage.wrong_way,
                sign=made_by.sign,
                foreign=passage.foreign,
            ),
            evidence=tuple(evidence),
            housing=self.housing(),
            slowed=self.slowed(),
        )
        return written("passage", record, now, self.draw)

    def resolution(self, held: Held, ending: Ending, now: ClockReading, link: Link) -> bytes:
        """Return the message of how a held candidate ended.

        Its plate and its vehicle are told only when it is released.
        """
        decision = ending.decision or held.decision
        released = ending.state is State.RELEASED
        passage, facts = ending.passage, ending.facts
        record = ResolutionRecord(
            **self.provenance.carried(now, link, self.draw),
            zone=held.zone,
            candidate=held.candidate,
            state=ending.state,
            reason=ending.reason,
            entered_at=held.t0,
            window_closed_at=held.window_end,
            outcome=decision.outcome,
            consequence=decision.consequence,
            rule=decision.rule,
            source=decision.source,
            marks=decision.marks,
            pack=PackRef(decision.pack_id, decision.pack_sha256),
            registry=_snapshot(ending.decision.snapshot) if ending.decision else None,
            plate=_plate(passage, "plate", text=passage.plate) if released and passage else None,
            vehicle=_vehicle(facts) if released and facts else None,
            config_sha256=self.provenance.config_sha256,
            evidence=held.evidence,
        )
        return written("resolution", record, now, self.draw)

    def alarm(self, alarm: str, cause: str, remedy: str, now: ClockReading, link: Link) -> bytes:
        """Return the message of something that a maintainer must know."""
        record = AlarmRecord(
            **self.provenance.carried(now, link, self.draw),
            alarm=alarm,
            cause=cause,
            remedy=remedy,
        )
        return written("alarm", record, now, self.draw)

    def audit(self, deed: Deed, now: ClockReading, link: Link) -> bytes:
        """Return the message of what a person did on the panel."""
        record = AuditRecord(
            **self.provenance.carried(now, link, self.draw),
            action=deed.action,
            by=deed.by,
            done_at=deed.at,
            act=deed.id,
            session=deed.session,
            details=deed.details,
        )
        return written("audit", record, now, self.draw)

    def health(self, active: Active, burden: Burden, now: ClockReading, link: Link) -> bytes:
        """Return the message of how the box stands."""
        record = HealthRecord(
            **self.provenance.carried(now, link, self.draw),
            registry=active.registry,
            packs=active.packs,
            models=self.provenance.models,
            config_sha256=self.provenance.config_sha256,
            updates=active.updates,
            waiting=burden.waiting,
            waiting_s=burden.waiting_s,
            held=burden.held,
            disk_free=burden.disk_free,
            waiting_bytes=burden.waiting_bytes,
            dropped=burden.dropped,
            housing=self.housing(),
            triggers=burden.triggers,
            fitness=burden.fitness,
            proven=_proven(now),
        )
        return written("health", record, now, self.draw)

    def names(self, decision: Decision) -> tuple[str, ...]:
        """Return what a decision of this run rests on, by name."""
        pack = PackRef(decision.pack_id, decision.pack_sha256)
        made_by = self.provenance
        return names(_snapshot(decision.snapshot), pack, made_by.models, made_by.config_sha256)

    def _plate(self, passage: Passage, decision: Decision) -> PlateRecord:
        """Let out of the plate what the profile allows for a vehicle that complies.

        A candidate leaves the box with its plate only when it is released.
        """
        profile = self.privacy.get(decision.zone, "none")
        shown = profile if decision.outcome in COMPLYING else "none"
        text = passage.plate if shown == "plate" else None
        token = self._token(passage) if shown == "pseudonym" else None
        return _plate(passage, shown, text, token)

    def _vehicle(self, facts: Facts, decision: Decision) -> VehicleRecord:
        """State what the decision rests on; of a vehicle that is not held, in general terms.

        An exact date, a mass or the number of an exemption would lead back to the plate.
        """
        if decision.consequence in HELD or self.privacy.get(decision.zone) == "plate":
            return _vehicle(facts)
        return _general(facts)

    def _token(self, passage: Passage) -> str:
        return self.pseudonym(passage.country or "", passage.plate, passage.seen_first.date())


def _proven(now: ClockReading) -> ProvenSpan | None:
    """Say what receipts prove of a moment, where they prove anything."""
    if now.proven == UNPROVEN:
        return None
    return ProvenSpan(not_before=now.proven.not_before, not_after=now.proven.not_after)


def _marks(passage: Passage, decision: Decision) -> tuple[str, ...]:
    return (*decision.marks, FOREIGN) if passage.foreign else decision.marks


def _plate(
    passage: Passage, profile: str, text: str | None = None, pseudonym: str | None = None
) -> PlateRecord:
    return PlateRecord(
        profile=profile,
        country=passage.country,
        confidence=round(passage.confidence, 4),
        chars=tuple(round(p, 4) for p in passage.chars),
        corrected=passage.read_as is not None,
        text=text,
        pseudonym=pseudonym,
    )


def _snapshot(snapshot: Snapshot | None) -> SnapshotRef | None:
    if snapshot is None:
        return None
    return SnapshotRef(
        snapshot.id, snapshot.sha256, snapshot.vehicles_as_of, snapshot.exemptions_as_of
    )


def _vehicle(facts: Facts) -> VehicleRecord:
    """Return the attributes that were known, without anything that names the vehicle."""
    known = facts.vehicle or Vehicle()
    born = known.first_registration
    return VehicleRecord(
        found=facts.vehicle is not None,
        category=known.category,
        kind=known.kind,
        max_mass_kg=known.max_mass_kg,
        reference_mass_kg=known.reference_mass_kg,
        fuels=None if known.fuels is None else tuple(sorted(known.fuels)),
        hybrid_class=known.hybrid_class,
        zero_emission=known.zero_emission,
        euro=known.euro,
        stage=known.stage,
        power_kw=known.power_kw,
        first_registration=None if born is None else born.isoformat(),
        body_codes=None if known.body_codes is None else tuple(sorted(known.body_codes)),
        first_known_use=None
        if known.first_known_use is None
        else known.first_known_use.isoformat(),
        eev=known.eev,
        exemptions=tuple(_exemption(e, known.ref) for e in facts.exemptions),
    )


def _general(facts: Facts) -> VehicleRecord:
    """Return the attributes that traffic counts need: no mass, and of dates the year alone."""
    known = facts.vehicle or Vehicle()
    born = known.first_registration
    return VehicleRecord(
        found=facts.vehicle is not None,
        category=known.category,
        kind=known.kind,
        fuels=None if known.fuels is None else tuple(sorted(known.fuels)),
        zero_emission=known.zero_emission,
        euro=known.euro,
        stage=known.stage,
        first_registration=None if born is None else str(born.year),
    )


def _exemption(exemption: Exemption, ref: str | None) -> ExemptionRecord:
    scope, other = exemption.scope, exemption.vehicle_ref
    return ExemptionRecord(
        id=exemption.record_id,
        source=exemption.source,
        type=exemption.type,
        status=exemption.status,
        scope=None if scope is None else tuple(sorted(scope)),
        valid_from=exemption.valid_from,
        valid_to=exemption.valid_to,
        requested_at=exemption.requested_at,
        other_vehicle=None not in (ref, other) and ref != other,
    )

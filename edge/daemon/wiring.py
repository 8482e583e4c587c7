"""Here a configuration becomes a working box: the place that puts the concrete parts together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from edge import __version__, witness
from edge.access.pack import packs_of, shipped
from edge.access.rules import Law
from edge.capture.external.listen import Address, ForeignCamera
from edge.casebook.casebook import Casebook
from edge.config import Config, External
from edge.counts.record import Bookkeeper
from edge.counts.tally import tallies, tallies_of_resolution
from edge.daemon import damage, exhibits, eyesight, rotation, silence, wiring_body
from edge.daemon.alarms import Alarms, Watched
from edge.daemon.body import Body
from edge.daemon.bulletins import Bulletins, Sights
from edge.daemon.checkpoints import Checkpoints
from edge.daemon.enrolment import installed
from edge.daemon.external import REMEDY as PUSH_SETTINGS
from edge.daemon.external import ForeignWatch, NoEyes
from edge.daemon.eyesight import BLIND, Lookout
from edge.daemon.figures import Figures
from edge.daemon.gate import Gate
from edge.daemon.health import Health, untold
from edge.daemon.hours import Hours
from edge.daemon.housing import Housing
from edge.daemon.inforce import (
    followed,
    manifest,
    models_in_force,
    registry_path,
    registry_stands,
)
from edge.daemon.late import LOOK, fault_at
from edge.daemon.machine import THIS, Machine
from edge.daemon.photographer import Photographer
from edge.daemon.pipeline import Pipeline
from edge.daemon.recovery import recover
from edge.daemon.release import Release
from edge.daemon.remembered import USE, Memory, forget
from edge.daemon.silence import CAMERA
from edge.daemon.storeroom import Limits, Storeroom
from edge.daemon.sync import REPORT
from edge.daemon.synced import synced
from edge.daemon.tuner import Tuner
from edge.daemon.watch import Watch
from edge.daemon.window import Window
from edge.daemon.wiring_camera import outside_lx
from edge.daemon.wiring_eyes import policy, reader, sentry, view
from edge.daemon.wiring_law import laws_in_force
from edge.errors import BoxError, ConfigError
from edge.feed.outbox import Outbox
from edge.passage.foreign import ForeignPolicy
from edge.passage.passage import Desk, ReadingPolicy
from edge.passage.tracker import Tracker
from edge.ports import Clock, Registry
from edge.record.active import ActivePack
from edge.record.clerk import Clerk
from edge.record.evidence import FOLDER as EVIDENCE
from edge.record.evidence import MEGABYTE, Budget, EvidenceRoom
from edge.record.keyplace import KeyPlace
from edge.record.message import ModelRef
from edge.record.provenance import Provenance
from edge.record.signer import OwnSigner
from edge.record.testimony import Testimony
from edge.registry.cache import RegistryCache
from edge.registry.fresh import FreshRegistry
from edge.registry.token import load_key, pseudonym
from edge.update.shelf import active
from edge.vault import Vault
from edge.vision.model import checked_model

CASEBOOK, OUTBOX = "casebook.sqlite", "outbox.sqlite"
ACCEPTED = Path("accepted", "registry.accepted.json")
"""In a folder of its own: `sync` reads it, and may write nothing beside the outbox."""
MB = 1_000_000
REFUSED = "Build or fetch the registry again; until then nothing new is accused on it."
RegistryT_co = TypeVar("RegistryT_co", bound=Registry, covariant=True)


@dataclass(frozen=True, slots=True)
class Cabinet(Generic[RegistryT_co]):
    """What stands ready in a box before its parts are put together."""

    config: Config
    clock: Clock
    registry: RegistryT_co
    signer: OwnSigner
    outbox: Outbox
    casebook: Casebook
    housing: Housing | None = None
    machine: Machine = THIS


@dataclass(frozen=True, slots=True)
class Watching:
    """What is at work while the box watches the road."""

    watch: Watch
    room: Storeroom
    alarms: Alarms
    body: Body
    tuner: Tuner | None = None


def clock(config: Config, own: Clock) -> Clock:
    """Return a clock of the box that receipts of the platform may speak against."""
    return witness.WitnessedClock(own, config.box.state)


def registry(config: Config) -> RegistryCache:
    """Open the registry.

    Raises RegistryError when it cannot be trusted.
    """
    return RegistryCache.open(registry_path(config), load_key(config.access.token_key))


def registry_gate(config: Config) -> Gate:
    """Return what a registry must pass before it answers."""
    used = {zone.pack for zone in config.zones}
    # The canaries are asked of the law as it is published, without a municipality's own folder.
    place = active(config.box.state, "packs") if "packs" in followed(config) else None
    published = {pack.id: pack for pack in (*shipped(), *packs_of(place))}
    packs = tuple(pack for name, pack in published.items() if name in used)
    return Gate(
        packs, config.box.state / ACCEPTED, config.access.max_shrink, config.access.max_lost
    )


def fresh_registry(config: Config) -> FreshRegistry:
    """Open whatever registry lies there, now and later; without one everything goes to review.

    One that was withdrawn answers nothing more, though no other is there.
    """
    return FreshRegistry(
        registry_path(config),
        load_key(config.access.token_key),
        registry_gate(config),
        partial(registry_stands, config),
    )


def outbox(config: Config, machine: Machine = THIS) -> Outbox:
    """Open the box's durable queue as its one appender."""
    try:
        config.box.state.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ConfigError(
            f"box.state, {config.box.state}, cannot be made a folder ({e.strerror}).",
            "Name a folder that this user may write to.",
        ) from e
    found = Outbox.open(config.box.state / OUTBOX, config.box.id, storage_key(config))
    found.now_s = machine.now_s
    if found.head() is None:
        try:
            found.begin_at(first_epoch(config))
        except BoxError:
            found.close()
            raise
    return found


def first_epoch(config: Config) -> int:
    """Return where the chain of this box begins: after that of a box whose place it takes.

    Raises RecordError when the certificate that says so is not the platform's for this box.
    """
    taken_in = installed(config)
    return 1 if taken_in is None else taken_in.epoch


def attached_outbox(config: Config) -> Outbox:
    """Open the durable queue beside its appender, to deliver what waits."""
    return Outbox.attach(config.box.state / OUTBOX, storage_key(config))


def storage_key(config: Config) -> bytes:
    """Read the key of the outbox. Raises KeyFileError."""
    return load_key(config.keys.storage, "storage key")


def casebook(config: Config, outbox: Outbox) -> Casebook:
    """Open the held candidates beside the outbox, which is ours, and bring both to one record.

    Raises CasebookError when they do not belong together.
    """
    key = load_key(config.access.token_key)
    book = Casebook.open(config.box.state / CASEBOOK, config.box.id, key)
    try:
        with outbox.reserve():  # a full disk is no reason not to start
            recover(book, outbox)
    except BoxError:
        book.close()
        raise
    return book


def storeroom(cabinet: Cabinet[Registry]) -> Storeroom:
    """Put together what keeps room for records on the disk."""
    config, limits, machine = cabinet.config, cabinet.config.outbox, cabinet.machine
    return Storeroom(
        limits=Limits(limits.max_mb * MB, limits.min_free_mb * MB),
        state=config.box.state,
        clerk=clerk(config, machine),
        testimony=testimony(config, machine),
        clock=cabinet.clock,
        signer=cabinet.signer,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
        close_hours=hours(cabinet).close,
        monotonic=machine.monotonic,
        free=machine.free,
    )


def pipeline(cabinet: Cabinet[Registry]) -> Pipeline:
    """Put the box together."""
    config = cabinet.config
    models, seen = models_in_force(config), view(config.camera)
    foreign = config.external is not None
    return Pipeline(
        detector=NoEyes() if foreign else sentry(models, seen),
        reader=NoEyes() if foreign else reader(models),
        tracker=Tracker(config.reading.gone_after_s, view=seen),
        desk=Desk(ReadingPolicy(1, 1) if foreign else policy(config)),
        registry=cabinet.registry,
        laws=laws_in_force(config),
        clock=cabinet.clock,
        testimony=attested(cabinet),
        signer=cabinet.signer,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
        view=seen,
        count=tallies,
        photographer=photographer(config, cabinet.machine),
        window=Window(cabinet.machine.monotonic),
    )


def photographer(config: Config, machine: Machine = THIS) -> Photographer:
    """Return what keeps the pictures of who is held; without recipients it keeps none.

    Raises ConfigError for a recipient that is garbled.
    """
    wanted = config.evidence
    if wanted is None:
        return Photographer()
    longest = timedelta(days=wanted.max_days)
    return Photographer(evidence_room(config), machine.sealer(wanted.recipients), longest)


def evidence_room(config: Config) -> EvidenceRoom:
    """Return where the pictures of candidates lie; what lies there outlives its setting."""
    most = Budget() if config.evidence is None else Budget(config.evidence.max_mb * MEGABYTE)
    return EvidenceRoom(config.box.state / EVIDENCE, config.box.id, most)


def foreign_watch(external: External, cabinet: Cabinet[Registry], line: Pipeline) -> ForeignWatch:
    """Open the door to a camera that we do not own. Raises CaptureError."""
    host, _, port = external.listen.rpartition(":")
    address = Address(host, int(port), external.allow)
    camera = ForeignCamera(external.product, address, external.countries)
    error = timedelta(seconds=external.max_clock_error_s)
    policy = ForeignPolicy(external.min_confidence, error)
    lanes = view(cabinet.config.camera).lanes
    return ForeignWatch(camera, line, policy, lanes, cabinet.clock)


def release(cabinet: Cabinet[Registry]) -> Release:
    """Put together what ends held candidates; it needs neither camera nor models."""
    config = cabinet.config
    return Release(
        registry=cabinet.registry,
        laws=laws_in_force(config),
        clock=cabinet.clock,
        testimony=testimony(config, cabinet.machine),
        signer=cabinet.signer,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
        room=evidence_room(config),
        count=tallies_of_resolution,
    )


def key_place(config: Config) -> KeyPlace:
    """Return where the signing key of this box is."""
    keys = config.keys
    return KeyPlace(config.box.id, keys.signing, keys.signer_command, keys.next_signer_command)


def signer(config: Config, outbox: Outbox) -> OwnSigner:
    """Open the key that goes on with the chain of this outbox, which is ours.

    Raises KeyFileError when it is not there.
    """
    return rotation.settled(key_place(config), outbox)


def rotate(cabinet: Cabinet[Registry]) -> OwnSigner:
    """Go over to the next signing key if there is one; return the key that signs from now on."""
    config = cabinet.config
    turning = rotation.Rotation(
        key_place(config),
        clerk(config, cabinet.machine),
        cabinet.clock,
        cabinet.outbox,
        cabinet.casebook,
    )
    return turning.turn(checkpoints(cabinet), cabinet.signer)


def checkpoints(cabinet: Cabinet[Registry]) -> Checkpoints:
    """Put together what signs checkpoints."""
    config = cabinet.config
    return Checkpoints(
        clerk=clerk(config, cabinet.machine),
        evidence=config.box.state / EVIDENCE,
        clock=cabinet.clock,
        signer=cabinet.signer,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
        monotonic=cabinet.machine.monotonic,
    )


def clerk(config: Config, machine: Machine = THIS) -> Clerk:
    """Return what writes the chain's own records. Raises ModelError as `testimony` does."""
    return Clerk(_provenance(config), machine.draw)


def lookout(cabinet: Cabinet[Registry]) -> Lookout | None:
    """Put together what looks whether the camera sees; None for one that is not ours."""
    config = cabinet.config
    if config.external is not None:
        return None
    memory = Memory(config.box.state, Vault(storage_key(config), USE, config.box.id))
    return Lookout(memory, outside_lx(cabinet.housing, cabinet.clock))


def learn_view(config: Config) -> None:
    """Let the box learn anew how its scene looks. Raises ConfigError."""
    try:
        forget(config.box.state)
    except OSError as e:
        raise ConfigError(
            f"How the scene looks cannot be forgotten ({e.strerror}).",
            f"Run it as a user that may write to box.state, {config.box.state}.",
        ) from e


def alarms(
    cabinet: Cabinet[FreshRegistry],
    watch: Watch | None = None,
    body: Body | None = None,
    lookout: Lookout | None = None,
) -> Alarms:
    """Put together what raises alarms, also of the body, and of another's camera at `watch`."""
    config, clock = cabinet.config, cabinet.clock
    registry, casebook, outbox = cabinet.registry, cabinet.casebook, cabinet.outbox
    place = key_place(config)
    watched = {
        "registry": Watched(lambda: registry.refused, REFUSED),
        "casebook": Watched(lambda: damage.fault(casebook), damage.REMEDY),
        "keys": Watched(lambda: rotation.fault(place, outbox), rotation.LOOK),
        "clock": Watched(lambda: witness.fault(clock), witness.REMEDY, witness.over, urgent=True),
    }
    if body is not None:
        watched |= wiring_body.watched(body)
    if watch is not None and config.external is not None:
        watched["external"] = Watched(watch.fault, PUSH_SETTINGS)
    elif watch is not None:
        watched[CAMERA] = Watched(watch.fault, silence.REMEDY, watch.ended, urgent=True)
    if lookout is not None:
        watched[BLIND] = Watched(lookout.fault, eyesight.REMEDY, lookout.ended, urgent=True)
    if cabinet.housing is not None:
        watched |= cabinet.housing.watched()
    if config.evidence is not None:
        watched["evidence"] = Watched(
            partial(exhibits.fault, evidence_room(config)), exhibits.REMEDY
        )
    if config.updates is not None:
        report = config.box.state / "updates" / REPORT
        watched["updates"] = Watched(lambda: fault_at(report, clock.read().now), LOOK)
    return Alarms(
        watched=watched,
        clock=clock,
        testimony=testimony(config, cabinet.machine),
        signer=cabinet.signer,
        outbox=outbox,
        casebook=casebook,
    )


def bulletins(cabinet: Cabinet[Registry], figures: Figures, at_work: Watching) -> Bulletins:
    """Put together what tells those beside the daemon how it stands."""
    config = cabinet.config
    sights = Sights(
        state=config.box.state,
        clock=cabinet.clock,
        registry=cabinet.registry,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
        pictures=evidence_room(config),
        watch=at_work.watch,
        room=at_work.room,
        alarms=at_work.alarms,
        housing=cabinet.housing,
        body=at_work.body,
        tuner=at_work.tuner,
    )
    return Bulletins(sights, figures, monotonic=cabinet.machine.monotonic)


def health(
    cabinet: Cabinet[FreshRegistry],
    laws: Sequence[Law],
    body: Body | None = None,
) -> Health:
    """Put together what signs how the box stands, under the laws that it decides by."""
    config = cabinet.config
    housing = cabinet.housing
    report = None if config.updates is None else config.box.state / "updates" / REPORT
    return Health(
        registry=cabinet.registry,
        packs=active_packs(laws),
        updates=lambda: None if report is None else synced(report),
        state=config.box.state,
        clock=cabinet.clock,
        testimony=attested(cabinet),
        signer=cabinet.signer,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
        triggers=lambda: None if housing is None else housing.counts(),
        fitness=untold if body is None else body.fitness,
        monotonic=cabinet.machine.monotonic,
        free=cabinet.machine.free,
    )


def active_packs(laws: Sequence[Law]) -> tuple[ActivePack, ...]:
    """Return which pack decides in which zone."""
    packs = ((law.zone.id, law.pack) for law in laws)
    return tuple(
        ActivePack(zone=zone, id=pack.id, version=pack.version, sha256=pack.sha256)
        for zone, pack in packs
    )


def hours(cabinet: Cabinet[Registry]) -> Hours:
    """Put together what signs the figures of each hour."""
    config = cabinet.config
    writer = testimony(config, cabinet.machine)
    return Hours(
        laws=laws_in_force(config),
        clock=cabinet.clock,
        registry=cabinet.registry,
        bookkeeper=Bookkeeper(writer.provenance, writer.draw),
        signer=cabinet.signer,
        outbox=cabinet.outbox,
        casebook=cabinet.casebook,
    )


def testimony(config: Config, machine: Machine = THIS) -> Testimony:  # noqa: PT028 - no test
    """Return what writes the box's records. Raises ModelError when a model is not as pinned.

    A box that reads nothing itself names no models.
    """
    return Testimony(
        provenance=_provenance(config),
        privacy={zone.id: zone.privacy for zone in config.zones},
        pseudonym=partial(pseudonym, load_key(config.access.token_key)),
        draw=machine.draw,
    )


def attested(cabinet: Cabinet[Registry]) -> Testimony:
    """Return what writes the records that tell of the housing, too. Raises ModelError."""
    writer, housing = testimony(cabinet.config, cabinet.machine), cabinet.housing
    return writer if housing is None else replace(writer, housing=housing.record)


def _provenance(config: Config) -> Provenance:
    names = () if config.external else (config.models.detector, config.models.reader)
    listed = manifest(models_in_force(config))
    models = [checked_model(listed, name) for name in names]
    return Provenance(
        box=config.box.id,
        software=f"anpr-edge {__version__}",
        models=tuple(ModelRef(model.name, model.sha256) for model in models),
        config_sha256=config.sha256,
        camera=config.camera.id,
        sign=config.camera.sign,
    )

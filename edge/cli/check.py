"""`anpr-edge check`: what is in force on this box, proven by doing it."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import click
import onnxruntime as ort

from edge.access.announced import remarks
from edge.cli.cameracheck import camera
from edge.cli.keycheck import KeyState, client_certificate, signing_key
from edge.cli.looks import Item, ages, casebook, disk, looked, show, updates
from edge.cli.sealed import as_service
from edge.clock import SystemClock
from edge.config import DEFAULT_PATH, Config, External, Models, Zone, load
from edge.daemon import exhibits, wiring, wiring_delivery, wiring_eyes, wiring_law
from edge.daemon.inforce import manifest, models_in_force, packs_in_force
from edge.daemon.model_gate import first_fault, goldens_of, picture_of
from edge.errors import BoxError, ModelError
from edge.provision import dropins
from edge.record.keys import load_public
from edge.registry.token import load_key
from edge.vision.golden import FILE
from edge.vision.model import ModelFile
from edge.vision.session import (
    WARM_UP_RUNS,
    Execution,
    open_session,
    placement,
    short,
    warm_up,
)

TIMED_RUNS, USUAL = 15, Models().threads
SHOWN = 12  # characters of a hash
DROP_IN = "`anpr-edge provision --exchange FOLDER` writes them; then restart those services."
NO_PICTURE = "a camera that we do not own gives no picture: with [evidence] nobody is held"
OTHER_MODELS = "Name other models or another provider in [models], or take a newer release."
NO_WAY = "released pictures have no way to leave: set uplink.evidence"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--learn-view", is_flag=True, help="Let the box learn anew how its scene looks.")
@as_service
def check(config: Path, as_json: bool, learn_view: bool) -> None:
    """Prove what is in force: configuration, models and their speed here, law, registry, keys.

    Opens what `run` opens, except camera and outbox, which `run` may hold: of the camera it asks
    the controls alone. Secrets are not shown. Exit status: 0 all fine (warnings or not), 1 a fault.
    After the camera was moved on purpose, `--learn-view` forgets first how the scene looked; `run`
    notices within a second.
    """
    if learn_view:
        wiring.learn_view(load(config))
    sys.exit(0 if show(examined(config), as_json) else 1)


def examined(path: Path) -> Iterator[Item]:
    """Look at one thing after another; a broken configuration hides all that follows it."""
    try:
        config = load(path)
    except BoxError as e:
        yield Item("config", e.cause, e.remedy)
        return
    now = SystemClock().read().now
    looks: list[tuple[str, Callable[[], Item]]] = [
        ("config", partial(_config, path, config)),
        *([("services", partial(_services, config))] if path == DEFAULT_PATH else ()),
        *_eyes(config),
        *((f"law {zone.id}", partial(_law, config, zone, now)) for zone in config.zones),
        ("registry", partial(_registry, config, now)),
        ("signing key", partial(_signing_key, config)),
        ("platform key", partial(_platform_key, config)),
        ("storage key", partial(_storage_key, config)),
        ("client certificate", partial(_client_certificate, config, now)),
        ("state", partial(disk, config)),
        ("casebook", partial(casebook, config)),
        ("evidence", partial(_evidence, config)),
        ("updates", partial(updates, config, now)),
    ]
    for name, look in looks:
        yield looked(name, look)


def _eyes(config: Config) -> list[tuple[str, Callable[[], Item]]]:
    """Return what reads plates here: our models, or a camera that is not ours."""
    if config.external is not None:
        return [("external", partial(_external, config.external))]
    return [
        ("camera", partial(camera, config)),
        ("runtime", _runtime),
        ("detector", partial(_detector, config)),
        ("reader", partial(_reader, config)),
        ("calibration", partial(_calibration, config)),
        ("reading", partial(_reading, config)),
    ]


def _external(external: External) -> Item:
    believed = external.min_confidence
    cameras = ", ".join(external.allow)
    says = f"{external.product} at {cameras} pushes to {external.listen}"
    if believed is not None:
        return Item("external", f"{says}; believed from confidence {believed:g} on")
    warning = "No confidence is validated (external.min_confidence): every reading is a review."
    return Item("external", says, warnings=(warning,))


def _config(path: Path, config: Config) -> Item:
    says = f"{path}, sha256 {config.sha256[:SHOWN]}, box {config.box.id}"
    return Item("config", says, figures={"sha256": config.sha256, "box": config.box.id})


def _services(config: Config) -> Item:
    """Tell whether the units allow what the configuration asks for; they read no other."""
    lacks = dropins.missing(config)
    if not lacks:
        return Item("services", "their units allow what this configuration needs")
    wanted = ", ".join(f"{one.example}.conf for {one.unit}" for one in lacks)
    says = f"The units do not allow what this configuration needs; missing: {wanted}."
    return Item("services", says, DROP_IN)


def _runtime() -> Item:
    built = [short(name) for name in ort.get_available_providers()]
    says = f"onnxruntime {ort.__version__}, built with {', '.join(built)}"
    return Item("runtime", says, figures={"onnxruntime": ort.__version__, "built_with": built})


def _detector(config: Config) -> Item:
    found = wiring_eyes.detector(models_in_force(config))
    return model_item("detector", found.model, wiring_eyes.execution(config.models))


def _reader(config: Config) -> Item:
    found = wiring_eyes.reader(models_in_force(config))
    return model_item("reader", found.model, wiring_eyes.execution(config.models))


def _calibration(config: Config) -> Item:
    found = wiring_eyes.calibration_file(models_in_force(config))
    says = f"of the reader, fitted on {found.tracks} tracks"
    return Item("calibration", says, figures={"tracks": found.tracks, "seed": found.seed})


def _reading(config: Config) -> Item:
    """Read the golden pictures that lie beside the models: what starts may still see nothing."""
    models = models_in_force(config)
    folder = manifest(models).parent
    try:
        eyes = wiring_eyes.eyes(models)
    except ModelError:
        return Item("reading", "not tried: the models do not start")
    if not (folder / FILE).exists():
        warning = f"No golden pictures lie in {folder}: whether these models read is not proven."
        return Item("reading", "not tried", warnings=(warning,))
    try:
        goldens = goldens_of(folder / FILE)
        images = [picture_of(folder / picture.file) for picture in goldens.pictures]
        fault = first_fault(eyes, goldens, images)
    except ModelError as e:
        return Item("reading", e.cause, OTHER_MODELS)
    if fault is not None:
        return Item("reading", f"The models in force fail on {fault}.", OTHER_MODELS)
    plates = sum(len(picture.plates) for picture in goldens.pictures)
    says = f"all {plates} plates of {len(images)} golden pictures, as they were drawn"
    return Item("reading", says, figures={"pictures": len(images), "plates": plates})


def model_item(role: str, model: ModelFile, execution: Execution) -> Item:
    """Open a model as `run` does, warm it up and time it in its true shape.

    Raises ModelError when it does not run as asked.
    """
    session = open_session(model.path, execution)
    runs = warm_up(session, WARM_UP_RUNS + TIMED_RUNS)
    nodes = {short(name): count for name, count in placement(session).items()}
    figures: dict[str, Any] = {
        "model": model.name,
        "file": model.path.name,
        "sha256": model.sha256,
        "bytes": model.path.stat().st_size,
        "precision": model.precision,
        "providers": [short(name) for name in session.get_providers()],
        "nodes": nodes,
        "threads": execution.threads,
        "warm_up_ms": round(sum(runs[:WARM_UP_RUNS]), 2),
        "median_ms": round(median(runs[WARM_UP_RUNS:]), 2),
    }
    where = ", ".join(f"{count} nodes on {name}" for name, count in nodes.items())
    says = (
        f"{model.name} ({model.path.name}, sha256 {model.sha256[:SHOWN]}, "
        f"{figures['bytes'] / 1000:.0f} kB, {model.precision}) on "
        f"{' and '.join(figures['providers'])} ({where or 'placement unknown'}), "
        f"{execution.threads} thread{'s' * (execution.threads > 1)}; "
        f"warm-up {figures['warm_up_ms']:.0f} ms, then {figures['median_ms']:.1f} ms a run"
    )
    cores = len(os.sched_getaffinity(0))
    warnings = []
    if execution.threads > max(USUAL, cores):
        warnings.append(f"models.threads is {execution.threads}, and this box has {cores} cores.")
    return Item(role, says, figures=figures, warnings=tuple(warnings))


def _law(config: Config, zone: Zone, now: datetime) -> Item:
    (law,) = wiring_law.laws((zone,), packs_in_force(config))
    pack = law.pack
    says = (
        f"{pack.id} {pack.version}{' (draft)' if pack.draft else ''}, sha256 {pack.sha256[:SHOWN]}"
        f", until {pack.expires}; {f'decree {zone.decree}' if zone.decree else 'no decree named'}"
    )
    figures = {"pack": pack.id, "version": pack.version, "sha256": pack.sha256}
    expired = now.date() > pack.expires
    remedy = "Install the pack of the law now in force." if expired else None
    warnings = tuple(remark.en for remark in remarks(law, zone.announced))
    return Item(f"law {zone.id}", says, remedy, figures | {"decree": zone.decree}, warnings)


def _registry(config: Config, now: datetime) -> Item:
    with wiring.registry(config) as registry:
        snapshot = registry.snapshot
    as_of = snapshot.vehicles_as_of, snapshot.exemptions_as_of
    found = ages(config, now, as_of)
    says = f"snapshot {snapshot.id}: {found.says}"
    return replace(found, says=says, figures={"snapshot": snapshot.id} | found.figures)


def _signing_key(config: Config) -> Item:
    load_key(config.access.token_key)
    return _of("signing key", signing_key(config))


def _client_certificate(config: Config, now: datetime) -> Item:
    return _of("client certificate", client_certificate(config, now))


def _of(name: str, found: KeyState) -> Item:
    return Item(name, found.says, found.remedy, warnings=found.warnings)


def _platform_key(config: Config) -> Item:
    return Item("platform key", f"key id {load_public(config.keys.platform).kid}")


def _storage_key(config: Config) -> Item:
    wiring.storage_key(config)
    return Item("storage key", "the outbox is sealed with it")


def _evidence(config: Config) -> Item:
    wiring.photographer(config)
    room = wiring.evidence_room(config)
    figures = {"held": len(room.held()), "released": len(room.released()), "bytes": room.used()}
    lying = f"{figures['held']} pictures held, {figures['released']} to be delivered"
    if config.evidence is None:
        says = "no picture is kept: there is no [evidence] with keys of the authority"
        return Item("evidence", says, figures=figures)
    says = f"for {len(config.evidence.recipients)} keys of the authority; {lying}"
    if (wrong := exhibits.fault(room)) is not None:
        return Item("evidence", f"{says}. {wrong}", exhibits.REMEDY, figures)
    warnings = {
        NO_WAY: wiring_delivery.evidence_publisher(config) is None,
        NO_PICTURE: config.external is not None,
    }
    true = tuple(warning for warning, holds in warnings.items() if holds)
    return Item("evidence", says, figures=figures, warnings=true)

"""The daemon: camera -> passages -> outbox, until a signal stops it."""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from edge.capture.camera import Camera
from edge.capture.newest import NewestFrame
from edge.clock import SystemClock
from edge.config import Config
from edge.daemon import wiring, wiring_body, wiring_camera, wiring_firmware, wiring_panel
from edge.daemon.body import Body, nothing_seen
from edge.daemon.figures import Figures
from edge.daemon.housing import Housing
from edge.daemon.inforce import overtaken, pinned
from edge.daemon.machine import THIS, Machine
from edge.daemon.measured import measured
from edge.daemon.minutely import Minutely
from edge.daemon.notify import Lifeline
from edge.daemon.page import Page
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.daemon.room import NO_ROOM, Chores
from edge.daemon.silence import CAMERA, Silence
from edge.daemon.sparing import write_log
from edge.daemon.watch import OwnWatch, Watch
from edge.daemon.wiring_panel import drawn_on
from edge.daemon.wiring_sync import step_back
from edge.errors import BoxError
from edge.ports import Clock, Registry
from edge.registry.fresh import FreshRegistry

log = logging.getLogger(__name__)
ANEW = "starting anew with what is in force now"
ENDING = (signal.SIGTERM, signal.SIGINT)
AGAIN_S = 5.0
"""After so long a box that could not start on a full disk tries again."""


class Stop:
    """Whether the daemon was asked to end, the watch that ends with it, and who is told of both."""

    def __init__(self, signals: Sequence[signal.Signals] = ENDING) -> None:
        """End on these signals."""
        self.asked = False
        self.lifeline = Lifeline()
        self._watch: Watch | None = None
        for number in signals:
            signal.signal(number, lambda *_: self._ask())

    def watch(self, watch: Watch) -> None:
        """End this watch too, at once where that was asked before."""
        self._watch = watch
        if self.asked:
            watch.stop()

    def wait(self, seconds: float) -> None:
        """Let time pass, and less of it when it is asked to end."""
        until = time.monotonic() + seconds
        while not self.asked and time.monotonic() < until:
            time.sleep(0.1)

    def _ask(self) -> None:
        self.asked = True
        self.lifeline.stopping()
        if self._watch is not None:
            self._watch.stop()


def run_box(config: Config, again: Callable[[], Config] | None = None) -> None:
    """Run the box; on SIGTERM finish the frame, conclude on what is in the picture, and end.

    When other packs or models come in force it does the same, and starts anew with them. A newer
    registry it takes over without that, and lets go of one that was withdrawn. Where it does not
    start and did with the packs or models before, it goes back, and an alarm says so. `again`
    reads the configuration anew: region and lanes that were drawn on the panel come in force so.
    Raises BoxError when a part cannot work: systemd starts the daemon again.
    """
    write_log()
    logging.getLogger("fast_plate_ocr").setLevel(logging.WARNING)
    stop, figures = Stop(), Figures()
    with _page(config, figures):
        _run(config, stop, figures, again or (lambda: config))


def _run(config: Config, stop: Stop, figures: Figures, again: Callable[[], Config]) -> None:
    while not stop.asked:
        try:
            if not run_version(config, stop, figures):
                break
        except NO_ROOM as e:  # nothing is wrong with what is in force, and dying helps nobody
            log.error("%s", e)
            stop.lifeline.waits(e.cause)
            stop.wait(AGAIN_S)
        except BoxError:
            if not step_back(config, SystemClock())():
                raise
        stop.lifeline.waits(ANEW)
        log.info("what is in force has changed: starting anew with it")
        config = again()


def run_version(
    config: Config, stop: Stop, figures: Figures | None = None, seams: "Seams | None" = None
) -> bool:
    """Run the box with packs, models and key in force now; True when others came in force.

    Before the first record it goes over to the next signing key, if there is one.
    """
    seams = seams or Seams()
    now, late, clock = pinned(config), overtaken(config), wiring.clock(config, seams.clock)
    drawn = drawn_on(config)
    with (
        wiring.outbox(now, seams.machine) as outbox,
        wiring.casebook(now, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = wiring.signer(now, outbox)
        figures = figures or Figures()
        housing = wiring_firmware.housing(now, clock, figures.captures, seams.machine)
        cabinet = wiring.Cabinet(
            now, clock, registry, signer, outbox, casebook, housing, seams.machine
        )
        cabinet = replace(cabinet, signer=wiring.rotate(cabinet))
        place = wiring.key_place(now)
        began = (now, late, place.has_next(), drawn)
        return _work(
            cabinet,
            seams,
            stop,
            figures,
            lambda: (
                (pinned(config), overtaken(config), place.has_next(), drawn_on(config)) != began
            ),
        )


def _work(
    cabinet: wiring.Cabinet[FreshRegistry],
    seams: "Seams",
    stop: Stop,
    figures: Figures,
    has_changed: Callable[[], bool],
) -> bool:
    """Conclude on what goes by until that has changed, or the daemon is stopped: then False."""
    room, checkpoints = wiring.storeroom(cabinet), wiring.checkpoints(cabinet)
    lookout = wiring.lookout(cabinet)
    seeing = nothing_seen if lookout is None else lookout.seeing
    enclosure_c = wiring_firmware.enclosure_c(cabinet.housing)
    body = wiring_body.body(cabinet.config, enclosure_c, seeing, seams.machine)
    line = wiring_firmware.lit(wiring.pipeline(cabinet), cabinet.housing)
    testimony, eyes = replace(line.testimony, slowed=body.slowed), lookout or line.eyes
    tuner = wiring_camera.tuner(cabinet.config, cabinet.housing)
    timed = measured(replace(line, room=room, testimony=testimony, eyes=eyes), figures)
    pipeline = wiring_camera.tuned(timed, tuner)
    health = wiring.health(cabinet, pipeline.laws, body)
    rest = health, wiring.hours(cabinet), wiring.release(cabinet)
    watch = seams.watch(cabinet, pipeline, body)  # last: what fails before it leaves no camera open
    alarms = wiring.alarms(cabinet, watch, body, lookout)
    minutely = Minutely(
        *(alarms, *rest, checkpoints),
        away_s=lambda: watch.away_s,
        monotonic=seams.machine.monotonic,
    )
    at_work = wiring.Watching(watch, room, alarms, body, tuner)
    bulletins = wiring.bulletins(cabinet, figures, at_work)
    chores, deeds = Chores(minutely.step, room), wiring_panel.deeds(cabinet)
    lamp = wiring_panel.lamp(cabinet)
    stop.watch(watch)
    changed = False
    with (
        seams.heard(cabinet.config, cabinet.housing, watch.nudge),
        wiring_panel.hatch(cabinet.config, pipeline, figures, cabinet.housing),
    ):
        try:
            chores.attempt(deeds.look)
            chores.step(0)  # what waits ends even where no camera gives a frame
            bulletins.look()
            for conclusions in watch.conclusions():
                _tell(conclusions)
                wiring_panel.tell(pipeline.window, conclusions)
                chores.attempt(deeds.look)
                lamp()
                figures.step(watch.frames_each, conclusions)
                chores.step(watch.frames_each)
                bulletins.look(news=bool(conclusions))
                _tell_alive(stop.lifeline, cabinet, at_work, chores)
                changed = has_changed()
                if changed:
                    break
        finally:
            watch.close()
            figures.step(0, watch.finish())
            room.close()
            chores.attempt(minutely.finish)
            log.info("stopped; %s", watch.lost())
    bulletins.close()
    chores.attempt(checkpoints.close)
    return changed


def _tell_alive(
    lifeline: Lifeline,
    cabinet: wiring.Cabinet[Registry],
    at_work: wiring.Watching,
    chores: Chores,
) -> None:
    """Tell of a step that is done; systemd once the outbox was seen to take records.

    A full disk is no reason to die: a restart would forget how many passages it missed. Nor is a
    camera that is not there, which no restart brings back; one that a call hangs in is.
    """
    if cabinet.housing is not None:
        cabinet.housing.settle(at_work.alarms.told)
    if not (lifeline.is_due and at_work.watch.moves()):
        return
    outbox = cabinet.outbox
    chores.attempt(outbox.check_writable)
    head = outbox.head()
    at = "no record yet" if head is None else f"last record {head.epoch}/{head.seq}"
    fault = at_work.room.fault or at_work.alarms.told.get(CAMERA)
    lifeline.progress(lambda: fault or f"watching; {at}")


def _page(config: Config, figures: Figures) -> AbstractContextManager[object]:
    """Open the page of metrics where one is wanted. Raises ListenError."""
    if config.metrics is None:
        return nullcontext()
    return Page(config.metrics.address, figures.registry)


def own_watch(cabinet: wiring.Cabinet[FreshRegistry], pipeline: Pipeline, body: Body) -> Watch:
    """Open the camera of the box, or the door to one that it does not own."""
    config = cabinet.config
    if config.external is not None:
        return wiring.foreign_watch(config.external, cabinet, pipeline)
    shots = wiring_camera.shots(config, cabinet.housing)
    camera = Camera(config.camera.source, cabinet.clock)
    if shots is not None:
        camera.rests = wiring_camera.rests(shots, cabinet.clock)
    return OwnWatch(NewestFrame(camera), pipeline, Silence(cabinet.clock, shots), body)


@dataclass(frozen=True, slots=True)
class Seams:
    """Where a daemon meets the world beside its files: a tester's run puts its own in their place.

    `watch` opens what it watches the road with, `heard` hears the firmware service meanwhile.
    """

    clock: Clock = field(default_factory=SystemClock)
    machine: Machine = THIS
    watch: Callable[[wiring.Cabinet[FreshRegistry], Pipeline, Body], Watch] = own_watch
    heard: Callable[[Config, Housing | None, Callable[[], None]], AbstractContextManager[None]] = (
        wiring_firmware.heard
    )


def _tell(conclusions: Sequence[Conclusion]) -> None:
    for conclusion in conclusions:
        decision, envelope = conclusion.decision, conclusion.envelope
        if envelope is not None:
            log.info("record %d: %s, rule %s", envelope.seq, decision.outcome, decision.rule)

"""The daemon: camera -> passages -> outbox, until a signal stops it."""

import logging
import signal

from edge.capture.camera import Camera
from edge.capture.newest import NewestFrame
from edge.clock import SystemClock
from edge.config import Config
from edge.daemon import wiring
from edge.daemon.inforce import overtaken, pinned
from edge.daemon.minutely import Minutely
from edge.daemon.pipeline import Conclusion
from edge.daemon.wiring_sync import step_back
from edge.errors import BoxError
from edge.record.keys import load_signer

log = logging.getLogger(__name__)


class Stop:
    """Whether the daemon was asked to end, and the camera that ends with it."""

    def __init__(self) -> None:
        """End on SIGTERM and SIGINT."""
        self.asked = False
        self._camera: NewestFrame | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ask())

    def watch(self, camera: NewestFrame) -> None:
        """End this camera too, at once where that was asked before."""
        self._camera = camera
        if self.asked:
            camera.stop()

    def _ask(self) -> None:
        self.asked = True
        if self._camera is not None:
            self._camera.stop()


def run_box(config: Config) -> None:
    """Run the box; on SIGTERM finish the frame, conclude on what is in the picture, and end.

    When other packs or models come in force it does the same, and starts anew with them. A newer
    registry it takes over without that, and lets go of one that was withdrawn. Where it does not
    start and did with the packs or models before, it goes back, and an alarm says so.
    Raises BoxError when a part cannot work: systemd starts the daemon again.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("fast_plate_ocr").setLevel(logging.WARNING)
    stop = Stop()
    while not stop.asked:
        try:
            if not run_version(config, stop):
                break
        except BoxError:
            if not step_back(config, SystemClock())():
                raise
        log.info("the updates changed what is in force: starting anew with it")


def run_version(config: Config, stop: Stop) -> bool:
    """Run the box with the packs and models in force now; True when others came in force."""
    now, late, clock = pinned(config), overtaken(config), SystemClock()
    with (
        wiring.outbox(now) as outbox,
        wiring.casebook(now, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = load_signer(now.keys.signing)
        cabinet = wiring.Cabinet(now, clock, registry, signer, outbox, casebook)
        pipeline = wiring.pipeline(cabinet)
        minutely = Minutely(
            wiring.alarms(cabinet),
            wiring.health(cabinet, pipeline.laws),
            wiring.hours(cabinet),
            wiring.release(cabinet),
        )
        camera = NewestFrame(Camera(now.camera.source, clock))
        stop.watch(camera)
        try:
            minutely.step(0)  # what waits ends even where no camera gives a frame
            for frame in camera.frames():
                for conclusion in pipeline.step(frame):
                    _tell(conclusion)
                minutely.step(1)
                if (pinned(config), overtaken(config)) != (now, late):
                    return True
        finally:
            camera.close()
            pipeline.finish()
            minutely.finish()
            log.info("stopped; %d frames were dropped for newer ones", camera.dropped)
    return False


def _tell(conclusion: Conclusion) -> None:
    decision, envelope = conclusion.decision, conclusion.envelope
    if envelope is not None:
        log.info("record %d: %s, rule %s", envelope.seq, decision.outcome, decision.rule)

"""The daemon: camera -> passages -> outbox, until a signal stops it."""

import logging
import signal

from edge.capture.camera import Camera
from edge.capture.newest import NewestFrame
from edge.clock import SystemClock
from edge.config import Config
from edge.daemon import wiring
from edge.daemon.minutely import Minutely
from edge.daemon.pipeline import Conclusion
from edge.record.keys import load_signer

log = logging.getLogger(__name__)


def run_box(config: Config) -> None:
    """Run the box; on SIGTERM finish the frame, conclude on what is in the picture, and end.

    Raises BoxError when a part cannot work: systemd starts the daemon again.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("fast_plate_ocr").setLevel(logging.WARNING)
    clock = SystemClock()
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = load_signer(config.keys.signing)
        cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
        pipeline = wiring.pipeline(cabinet)
        minutely = Minutely(wiring.alarms(cabinet), wiring.hours(cabinet), wiring.release(cabinet))
        camera = NewestFrame(Camera(config.camera.source, clock))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: camera.stop())
        try:
            minutely.step(0)  # what waits ends even where no camera gives a frame
            for frame in camera.frames():
                for conclusion in pipeline.step(frame):
                    _tell(conclusion)
                minutely.step(1)
        finally:
            camera.close()
            pipeline.finish()
            minutely.finish()
            log.info("stopped; %d frames were dropped for newer ones", camera.dropped)


def _tell(conclusion: Conclusion) -> None:
    decision, envelope = conclusion.decision, conclusion.envelope
    if envelope is not None:
        log.info("record %d: %s, rule %s", envelope.seq, decision.outcome, decision.rule)

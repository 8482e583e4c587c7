"""The camera of a box and its silence, as `run` has them, without models: until it is killed.

Run as `python -m tests.faults.watcher SOURCE`.
"""

import logging
import sys

from edge.capture.camera import Camera
from edge.capture.newest import NewestFrame
from edge.clock import SystemClock
from edge.daemon.silence import Silence
from edge.daemon.sparing import write_log

log = logging.getLogger("watcher")


def watch_for_ever(source: str) -> None:
    write_log()
    clock = SystemClock()
    silence = Silence(clock)
    log.info("watching")
    for frame in NewestFrame(Camera(source, clock)).frames():
        if frame is None:
            silence.falls()
        else:
            silence.hear(frame)


if __name__ == "__main__":
    watch_for_ever(sys.argv[1])

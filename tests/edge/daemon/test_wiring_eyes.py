"""The detector of a box rests where its configuration lets it, and what it did is counted."""

import numpy as np

from edge.config import Models
from edge.daemon import wiring_eyes
from edge.daemon.figures import Figures
from edge.daemon.measured import resting_or_timed
from edge.passage.lanes import View
from edge.vision.detector import OnnxDetector
from edge.vision.sentry import Sentry

LOWER = View(((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))


def test_the_detector_rests_unless_that_is_not_wanted() -> None:
    resting = wiring_eyes.sentry(Models(threads=1), LOWER)
    assert isinstance(resting, Sentry)
    assert resting.region == LOWER.region
    assert isinstance(wiring_eyes.sentry(Models(threads=1, rest=False), LOWER), OnnxDetector)


def test_looks_are_timed_and_rests_are_counted() -> None:
    figures = Figures()
    resting = wiring_eyes.sentry(Models(threads=1), LOWER)
    line = resting_or_timed(resting, figures)
    picture = np.full((360, 640, 3), 90, np.uint8)
    for _ in range(40):
        line.detect(picture)
    looked = figures.registry.get_sample_value("anpr_stage_seconds_count", {"stage": "detect"})
    assert looked == 40 - figures.frames_rested
    assert figures.frames_rested > 20

"""A box before the street, until somebody puts a hand before its camera, and then moves it.

Its pipeline, models and files are those of a box at work; its time is that of the frames.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.clock import ReplayClock
from edge.config import load
from edge.daemon import wiring
from edge.daemon.eyesight import BLIND
from edge.daemon.pipeline import Conclusion
from edge.record.envelope import decode_part, split
from edge.types import Envelope, Frame, Image
from tests.street import CLIP, StreetBox, street_box
from tools.demo.__main__ import AT
from tools.disturbed import Disturbance, black, moved, plain

FPS = 15
AWAY = moved(0.06, 0.02)
SECOND_NS = 1_000_000_000


def film() -> list[Image]:
    video, found = cv2.VideoCapture(str(CLIP)), list[Image]()
    while True:
        more, image = video.read()
        if not more:
            return found
        found.append(np.asarray(image, np.uint8))


FILM = film()
BEGAN = datetime.fromisoformat(AT)


class Shown:
    """A box at work, and what it is shown."""

    def __init__(self, cabinet: wiring.Cabinet[Any], clock: ReplayClock, began_s: float) -> None:
        self.clock, self.at_s, self.rng = clock, began_s, np.random.default_rng(3)
        lookout = wiring.lookout(cabinet)
        assert lookout is not None
        self.lookout = lookout
        self.pipeline = replace(wiring.pipeline(cabinet), eyes=lookout)
        self.alarms = wiring.alarms(cabinet, lookout=lookout)

    def drive(self, how: Disturbance) -> Sequence[Conclusion]:
        """Let everybody drive by."""
        found = [one for image in FILM for one in self.step(how(image, 0, self.rng), 1 / FPS)]
        return [*found, *self.pipeline.finish()]

    def wait(self, how: Disturbance, seconds: int) -> list[str]:
        """Show a moment of the film for a while, a frame a second; return the alarms."""
        told = []
        for since in range(seconds):
            self.step(how(FILM[60], since, self.rng), 1.0)
            told += [cause_of(envelope) for envelope in self.alarms.look_at_urgent()]
        return told

    def step(self, image: Image, lasts_s: float) -> Sequence[Conclusion]:
        self.at_s += lasts_s
        at = BEGAN + timedelta(seconds=self.at_s)
        frame = Frame(image, round(self.at_s * FPS), at, int(self.at_s * SECOND_NS))
        self.clock.show(frame)
        return self.pipeline.step(frame)


@contextmanager
def at_work(box: StreetBox, began_s: float = 0.0) -> Iterator[Shown]:
    config, clock = load(box.config), ReplayClock(BEGAN)
    with (
        wiring.outbox(config) as outbox,
        wiring.casebook(config, outbox) as casebook,
        wiring.fresh_registry(config) as registry,
    ):
        signer = wiring.signer(config, outbox)
        cabinet = wiring.Cabinet(config, clock, registry, signer, outbox, casebook)
        yield Shown(cabinet, clock, began_s)


def cause_of(envelope: Envelope) -> str:
    alarm = json.loads(decode_part(split(envelope.jws)[1]))["data"]
    assert alarm["alarm"] == BLIND
    return str(alarm["cause"])


def outcomes(concluded: Sequence[Conclusion]) -> dict[str, tuple[str, str]]:
    decided = ((one.passage.plate, one.decision) for one in concluded)
    return {plate: (decision.outcome, decision.rule) for plate, decision in decided}


def test_a_camera_that_is_covered_then_moved_is_told_of_and_accuses_nobody(tmp_path: Path) -> None:
    box = street_box(tmp_path / "box")
    with at_work(box) as shown:
        assert outcomes(shown.drive(plain))["1AGN662"][0] == "no_access"
        assert shown.wait(plain, 30) == []
        (covered,) = shown.wait(black, 25)
        assert covered.startswith("The camera is covered")
        (over,) = shown.wait(plain, 25)
        assert over.startswith("The camera sees as it should again.")
        (told,) = shown.wait(AWAY, 20)
        assert told.startswith("The camera is moved")
        at_s = shown.at_s
    with at_work(box, at_s) as again:
        (told_again,) = again.wait(AWAY, 20)
        assert told_again.startswith("The camera is moved")
        found = outcomes(again.drive(AWAY))
    assert found["1AGN662"] == ("review", "CAMERA")
    assert {outcome for outcome, _ in found.values()} <= {"review", "out_of_scope"}
    assert box.verify().returncode == 0

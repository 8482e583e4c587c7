"""The pictures of a report: of every passage its plate, its best frame, and a strip of its way.

The pictures are played once more for them, and no more than one frame is kept in memory.
"""

import base64
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from edge.errors import BoxError
from edge.passage.track import Sighting
from edge.replay.session import Played
from edge.types import Box, Detection, Image, Passage
from edge.vision.rectify import rectify

STILL_PX, PLATE_PX, STRIP_PX = 420, 220, 132
STRIP = 6
AROUND = 2.6
"""So many times the width of its plate a picture of the strip shows to every side of it."""
QUALITY = 82
FOUND = (80, 220, 255)
Job = Callable[[Image], None]


@dataclass(slots=True)
class Shots:
    """The pictures of one passage, as JPEG; empty where they could not be had."""

    still: bytes = b""
    plate: bytes = b""
    strip: list[tuple[int, bytes]] = field(default_factory=list)


def embedded(jpeg: bytes) -> str:
    """Return a picture as an address that needs no network."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def shots_of(played: Played) -> list[Shots]:
    """Return the pictures of every conclusion, in their order."""
    jobs: defaultdict[int, list[Job]] = defaultdict(list)
    by_passage: dict[int, Shots] = {}
    for number, conclusion in enumerate(played.conclusions):
        passage = conclusion.passage
        if id(passage) in by_passage:
            continue
        by_passage[id(passage)] = shots = Shots()
        votes = played.notes[number].votes if played.notes else ()
        _order(jobs, shots, passage, votes)
    _work(played, jobs)
    return [by_passage[id(conclusion.passage)] for conclusion in played.conclusions]


def _order(
    jobs: dict[int, list[Job]], shots: Shots, passage: Passage, votes: Sequence[Sighting]
) -> None:
    def best(image: Image) -> None:
        shots.plate = _jpeg(rectify(image, passage.best), PLATE_PX)
        shots.still = _jpeg(_framed(image, passage.best.box), STILL_PX)

    jobs[passage.best_frame].append(best)
    for sighting in spread(votes, STRIP):
        jobs[sighting.frame].append(_strip_job(shots, sighting.frame, sighting.reading.detection))


def _strip_job(shots: Shots, frame: int, seen: Detection) -> Job:
    def add(image: Image) -> None:
        shots.strip.append((frame, _jpeg(_around(image, seen.box), STRIP_PX)))

    return add


def _work(played: Played, jobs: dict[int, list[Job]]) -> None:
    last = max(jobs, default=-1)
    try:
        for frame in played.clip.again().frames():
            for job in jobs.get(frame.index, ()):
                job(frame.image)
            if frame.index >= last:
                break
    except BoxError:
        return  # it was told when it was played; what was seen until there is shown


def spread(votes: Sequence[Sighting], most: int) -> list[Sighting]:
    """Return so many sightings at most, evenly spread, the first and the last among them."""
    if len(votes) <= most:
        return list(votes)
    return [votes[round(n * (len(votes) - 1) / (most - 1))] for n in range(most)]


def _around(image: Image, box: Box) -> Image:
    """Cut out what is around a plate, as a picture of 4 to 3, within the frame."""
    height, width = image.shape[:2]
    x, y = box.centre
    half = min(max(box.width, 16.0) * AROUND, width / 2, height / 1.5)
    x, y = min(max(x, half), width - half), min(max(y, 0.75 * half), height - 0.75 * half)
    left, top = max(0, round(x - half)), max(0, round(y - 0.75 * half))
    right, bottom = max(left + 1, round(x + half)), max(top + 1, round(y + 0.75 * half))
    return _framed(image, box)[top:bottom, left:right]


def _framed(image: Image, box: Box) -> Image:
    canvas = np.array(image)
    corner, opposite = (int(box.x1), int(box.y1)), (int(box.x2), int(box.y2))
    cv2.rectangle(canvas, corner, opposite, FOUND, 2)
    return canvas


def _jpeg(image: Image, width: int) -> bytes:
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()

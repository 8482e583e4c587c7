"""Show pictures to a detector and a reader, and note what they made of every labelled plate."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2

from edge.config import Reading as Settings
from edge.passage.calibration import UNFITTED, Calibration
from edge.passage.finding import find
from edge.passage.passage import ReadingPolicy
from edge.ports import PlateDetector, PlateReader
from edge.replay.truth import Vehicle, same
from edge.types import Box, Detection, Image, Reading
from edge.vision.rectify import overlap
from tools.peers import upright
from tools.score_reads.angles import angle_of
from tools.score_reads.figures import FrameCounts, frame_counts
from tools.score_reads.samples import Answer, Sample, Seen
from tools.score_reads.sources import Picture, Plate, pictures

UNCALIBRATED = ReadingPolicy(Settings().min_confidence, Settings().min_frames)
FALSE_BELOW = 0.1  # a box that overlaps every labelled plate less than this found something else


class CropReader(PlateReader, Protocol):
    """A reader that also reads a picture of nothing but the plate."""

    def read_crop(self, crop: Image, detection: Detection) -> Reading:
        """Read one plate, a (h, w, 3) uint8 BGR crop."""
        ...


@dataclass(frozen=True, slots=True)
class Eyes:
    """A detector and a reader under the name that the tables give them, and when to trust them."""

    name: str
    detector: PlateDetector
    reader: CropReader
    policy: ReadingPolicy = UNCALIBRATED


def look(shown: Iterable[Picture], eyes: Eyes) -> Iterator[Seen]:
    """Show pictures, whole ones and crops alike."""
    return (look_at(picture, eyes) for picture in shown)


def look_at(picture: Picture, eyes: Eyes) -> Seen:
    """Find and read the plates of a picture; a crop is read as it is."""
    if all(plate.box is None for plate in picture.plates):
        return Seen(
            tuple(_on_crop(picture, plate, eyes) for plate in picture.plates), 0, searched=False
        )
    detections = eyes.detector.detect(picture.image)
    wanted = any(plate.text for plate in picture.plates)
    readings = eyes.reader.read(picture.image, detections) if wanted else ()
    return seen(picture, detections, readings, eyes.policy.calibration)


def seen(
    picture: Picture,
    detections: Sequence[Detection],
    readings: Sequence[Reading],
    curve: Calibration = UNFITTED,
) -> Seen:
    """Compare what was found and read on a picture with its labels."""
    boxes = [plate.box for plate in picture.plates if plate.box is not None]
    stray = sum(all(overlap(d.box, box) < FALSE_BELOW for box in boxes) for d in detections)
    asked = [plate for plate in picture.plates if plate.asked]
    rest = (plate for plate in picture.plates if not plate.asked and plate.text is None)
    return Seen(
        tuple(_on_frame(picture, p, detections, readings, curve) for p in asked),
        stray,
        searched=True,
        textless=tuple(_covered(plate.box, detections) for plate in rest if plate.box),
    )


def _covered(box: Box, detections: Sequence[Detection]) -> float:
    return max((overlap(d.box, box) for d in detections), default=0.0)


def _on_frame(
    picture: Picture,
    plate: Plate,
    detections: Sequence[Detection],
    readings: Sequence[Reading],
    curve: Calibration,
) -> Sample:
    assert plate.box is not None
    box = plate.box
    best = max(detections, key=lambda d: overlap(d.box, box), default=None)
    covered = overlap(best.box, box) if best is not None else 0.0
    read = [r for r in readings if overlap(r.detection.box, box) >= FALSE_BELOW]
    nearest = max(read, key=lambda r: overlap(r.detection.box, box), default=None)
    corners = plate.corners or (best.corners if best is not None and covered else None)
    return Sample(
        plate=plate,
        overlap=covered,
        answer=_answer(plate, nearest, curve),
        width_px=box.width,
        brightness=_brightness(_cut(picture.image, box)),
        angle=angle_of(corners) if corners else None,
        light=picture.light,
    )


def _on_crop(picture: Picture, plate: Plate, eyes: Eyes) -> Sample:
    height, width = picture.image.shape[:2]
    whole = Box(0, 0, width, height)
    reading = eyes.reader.read_crop(picture.image, Detection(whole, upright(whole), 1.0))
    return Sample(
        plate=plate,
        overlap=1.0,
        answer=_answer(plate, reading, eyes.policy.calibration),
        width_px=width,
        brightness=_brightness(picture.image),
        angle=None,
        light=picture.light,
    )


def _answer(plate: Plate, reading: Reading | None, curve: Calibration) -> Answer | None:
    """Return what a box would tell of a vehicle that it has seen in this one reading.

    A reader without a curve is as sure as it says itself.
    """
    if reading is None or plate.text is None:
        return None
    found = find([reading])
    text = found.vote.text
    right = same(text, Vehicle(plate.text, plate.country or ""))
    sure = reading.whole if curve == UNFITTED else curve.probability(found.grounds)
    return Answer(text, sure, found.origin.country, right)


def _cut(image: Image, box: Box) -> Image:
    left, top = max(0, int(box.x1)), max(0, int(box.y1))
    return image[top : max(top + 1, round(box.y2)), left : max(left + 1, round(box.x2))]


def _brightness(crop: Image) -> float:
    """Return the mean grey of a crop, 0..255."""
    return float(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).mean())


def score_frames(folder: Path, finder: PlateDetector, text: CropReader) -> FrameCounts:
    """Count what one pair of models finds and reads on the labelled pictures of a folder."""
    return frame_counts(list(look(pictures(folder), Eyes("", finder, text))))

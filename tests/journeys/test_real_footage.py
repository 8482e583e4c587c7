"""What the shipped models must reach on footage that they never saw."""

from pathlib import Path

import pytest

from edge.config import Models
from edge.daemon import wiring_eyes
from edge.vision.detector import OnnxDetector
from edge.vision.reader import FastPlateReader
from tools.score_reads import score_frames, score_vehicles

Eyes = tuple[OnnxDetector, FastPlateReader]


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    models = Models(threads=1)
    return wiring_eyes.detector(models), wiring_eyes.reader(models)


def test_single_frames_of_dutch_cars(real_footage: Path, eyes: Eyes) -> None:
    result = score_frames(real_footage / "nl-clips", *eyes)
    assert result.plates == 341
    assert result.found / result.plates >= 0.85
    assert result.exact / result.plates >= 0.75


def test_the_final_plate_of_dutch_cars(real_footage: Path, eyes: Eyes) -> None:
    result = score_vehicles(real_footage / "nl-clips", *eyes)
    assert result.right / result.vehicles >= 0.85


def test_moving_traffic_from_above(real_footage: Path, eyes: Eyes) -> None:
    result = score_vehicles(real_footage / "road-clip", *eyes)
    assert result.vehicles == 8
    assert result.right >= 6
    assert result.duplicated == 0

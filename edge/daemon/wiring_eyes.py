"""What a box reads plates with: its models, their calibration, and what of the picture counts."""

from edge.config import Camera, Config, Models
from edge.daemon.inforce import (
    manifest,
    models_in_force,
)
from edge.errors import ModelError
from edge.passage.calibration import REMEDY, SUFFIX, Calibration, Fitted, fitted
from edge.passage.lanes import Lane, View
from edge.passage.passage import ReadingPolicy
from edge.ports import PlateDetector
from edge.types import Direction
from edge.vision.detector import OnnxDetector
from edge.vision.model import checked_model
from edge.vision.reader import FastPlateReader
from edge.vision.sentry import Sentry
from edge.vision.session import Execution


def execution(models: Models) -> Execution:
    """Return how the configuration wants its models run."""
    return Execution(models.providers, models.threads, models.engines)


def detector(models: Models) -> OnnxDetector:
    """Open the plate detector the configuration names."""
    found = checked_model(manifest(models), models.detector)
    return OnnxDetector(found, models.detector_threshold, execution(models))


def sentry(models: Models, seen: View) -> PlateDetector:
    """Open the plate detector, and let it rest while nothing stirs, unless that is not wanted."""
    looking = detector(models)
    return Sentry(looking, seen.region) if models.rest else looking


def reader(models: Models) -> FastPlateReader:
    """Open the plate reader the configuration names."""
    found = checked_model(manifest(models), models.reader)
    return FastPlateReader(found, execution(models))


def eyes(models: Models) -> tuple[OnnxDetector, FastPlateReader]:
    """Open detector and reader, which must come with the calibration of that reader.

    Raises ModelError.
    """
    calibration(models)
    return detector(models), reader(models)


def calibration(models: Models) -> Calibration:
    """Return how sure a vote over this reader's readings is.

    Raises ModelError as `calibration_file` does.
    """
    return calibration_file(models).calibration


def calibration_file(models: Models) -> Fitted:
    """Read the calibration beside the reader.

    Raises ModelError when it is missing, malformed or was fitted on another reader.
    """
    model = checked_model(manifest(models), models.reader)
    path = model.path.with_suffix(SUFFIX)
    try:
        return fitted(path.read_bytes(), model.sha256)
    except OSError as e:
        raise ModelError(f"The calibration {path} cannot be read ({e.strerror}).", REMEDY) from e


def policy(config: Config) -> ReadingPolicy:
    """Return when a plate counts as read on this box."""
    read = config.reading
    return ReadingPolicy(read.min_confidence, read.min_frames, calibration(models_in_force(config)))


def view(camera: Camera) -> View:
    """Return the region and the lanes; one lane without a shape is wherever a plate is seen."""
    drawn = tuple(
        Lane(lane.name, lane.polygon, lane.direction and Direction(lane.direction))
        for lane in camera.lanes
    )
    only = (Lane(camera.lane),) if camera.lane else ()
    return View(camera.region or (), drawn or only)

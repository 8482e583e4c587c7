"""The pipeline with a watch beside it: the same steps, timed and counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from edge.daemon.figures import Figures
from edge.daemon.pipeline import Conclusion, Pipeline
from edge.ports import PlateDetector, PlateReader
from edge.types import Detection, Image, Passage, Reading
from edge.vision.sentry import Sentry


@dataclass(frozen=True, slots=True)
class TimedDetector:
    """A detector whose time is taken."""

    detector: PlateDetector
    figures: Figures

    def detect(self, image: Image) -> Sequence[Detection]:
        """Return the plates in an image."""
        with self.figures.stage("detect"):
            return self.detector.detect(image)


@dataclass(frozen=True, slots=True)
class TimedReader:
    """A reader whose time is taken where there is something to read."""

    reader: PlateReader
    figures: Figures

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        """Return one reading for each detection."""
        if not detections:
            return self.reader.read(image, detections)
        with self.figures.stage("read"):
            return self.reader.read(image, detections)


@dataclass(frozen=True, slots=True)
class Measured(Pipeline):
    """A pipeline whose conclusions are timed, and whose vehicles are counted."""

    figures: Figures = field(default_factory=Figures)

    def conclude(self, passage: Passage) -> list[Conclusion]:
        """Decide on one passage, and make it durable."""
        self.figures.announce(passage)
        with self.figures.stage("conclude"):
            return Pipeline.conclude(self, passage)  # `super()` does not know a class with slots


def measured(line: Pipeline, figures: Figures) -> Measured:
    """Return the same pipeline, measured."""
    timed = replace(
        line,
        detector=resting_or_timed(line.detector, figures),
        reader=TimedReader(line.reader, figures),
    )
    parts = {part.name: getattr(timed, part.name) for part in fields(Pipeline)}
    return Measured(**parts, figures=figures)


def resting_or_timed(detector: PlateDetector, figures: Figures) -> PlateDetector:
    """Time every look of a detector; count where it rested."""
    if isinstance(detector, Sentry):
        looking = TimedDetector(detector.detector, figures)
        return replace(detector, detector=looking, rests=figures.rest)
    return TimedDetector(detector, figures)

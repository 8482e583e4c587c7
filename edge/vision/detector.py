"""The plate detector: an ONNX model that gives a box and four corners per plate."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.types import Detection, Image
from edge.vision import closer
from edge.vision.decode import ROW, best_of_overlapping, decode
from edge.vision.letterbox import Fit, letterbox
from edge.vision.model import ModelFile
from edge.vision.session import ORT_ERRORS, SIDES_PX, Execution, open_session, warm_up

WIDE = 0.3
"""Share of the picture's width from which a plate is too large to be seen whole in one look."""
AWAY = 0.5
NEAR_SIDES_PX = (192, 320)
"""Height and width of the tensor of a closer look: a quarter of the work of a whole frame."""
SUSPECTED = 0.2
"""Score from which something that large is worth a second look."""


class OnnxDetector:
    """Finds plates with a model of input `image` (1, 1, H, W) uint8, output `plates` (1, M, 13)."""

    def __init__(self, model: ModelFile, threshold: float, execution: Execution) -> None:
        """Open the model and warm it up.

        Raises ModelError when it cannot run as asked or its shapes are others.
        """
        self.model = model
        self._threshold = threshold
        self._whole = Eye(model, execution, SIDES_PX)
        near = Eye(model, execution, NEAR_SIDES_PX)
        self._near = near if near.sides_px == NEAR_SIDES_PX else None

    def detect(self, image: Image) -> list[Detection]:
        """Return the plates in a (H, W, 3) uint8 BGR image, best first.

        Where a plate may fill much of the picture, it is looked at again from farther away; else
        the likeliest of the small ones that are not seen surely, from nearer. That is never more
        work than one look more.
        """
        rows, fit = self._whole.look(image)
        found = decode(rows, fit, self._threshold, image.shape[:2])
        wide_px = WIDE * image.shape[1]
        likely = rows[rows[:, 0] >= SUSPECTED]
        if not ((likely[:, 3] - likely[:, 1]) > wide_px * fit.scale).any():
            return united(found, list(self._nearer(image, rows, fit)))
        away = decode(*self._whole.look(image, AWAY), self._threshold, image.shape[:2])
        return united([plate for plate in away if plate.box.width > AWAY * wide_px], found)

    def _nearer(self, image: Image, rows: NDArray[np.float32], fit: Fit) -> Iterator[Detection]:
        """Yield the small plates that only a closer look makes sure of."""
        if self._near is None:
            return
        size = image.shape[:2]
        unsure = closer.doubted(rows, self._threshold, size[1] * fit.scale)
        for plate in decode(unsure, fit, closer.DOUBTED, size)[: closer.MOST]:
            x1, y1, x2, y2 = closer.part_about(plate.box, size)
            near = decode(*self._near.look(image[y1:y2, x1:x2]), SUSPECTED, (y2 - y1, x2 - x1))
            again = closer.seen_twice(plate, [closer.shifted(other, x1, y1) for other in near])
            if again is not None and again.score >= self._threshold:
                yield again


class Eye:
    """One session of a detector, for pictures of one size."""

    def __init__(self, model: ModelFile, execution: Execution, sides_px: tuple[int, int]) -> None:
        """Open a model for pictures of a height and a width, where it leaves them open.

        Raises ModelError when it cannot run as asked or its shapes are others.
        """
        self._model = model
        self._session = open_session(model.path, execution, sides_px)
        self.sides_px = self._input_size()
        warm_up(self._session)

    def look(self, image: Image, zoom: float = 1.0) -> tuple[NDArray[np.float32], Fit]:
        """Return the rows (M, 13) for a picture (H, W, 3) uint8 BGR, and how it was fitted in."""
        tensor, fit = letterbox(image, *self.sides_px, zoom)
        (plates,) = self._session.run(["plates"], {"image": tensor})
        return np.asarray(plates, np.float32)[0], fit

    def _input_size(self) -> tuple[int, int]:
        try:
            shape = self._session.get_inputs()[0].shape
            height, width = int(shape[2]), int(shape[3])
            (plates,) = self._session.run(
                ["plates"], {"image": np.zeros((1, 1, height, width), np.uint8)}
            )
        except ORT_ERRORS as e:
            raise self._foreign() from e
        if plates.ndim != 3 or plates.shape[2] != ROW:
            raise self._foreign()
        return height, width

    def _foreign(self) -> ModelError:
        return ModelError(
            f"{self._model.path} is not a plate detector of this software.",
            "Set models.detector to one whose card says `plates (1, M, 13)`.",
        )


def united(first: Sequence[Detection], then: Sequence[Detection]) -> list[Detection]:
    """Return the first plates, and of the others those that are no part of one, best first."""
    plates = [*first, *then]
    boxes = np.array([plate.box for plate in plates], np.float32).reshape(-1, 4)
    ranks = np.array([plate.score + (i < len(first)) for i, plate in enumerate(plates)], np.float32)
    kept = [plates[i] for i in best_of_overlapping(boxes, ranks)]
    return sorted(kept, key=lambda plate: -plate.score)

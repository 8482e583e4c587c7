"""What a release of models must show before a box looks with them: CONTRACTS 6."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

import cv2
import msgspec

from edge.capture.clip import read_image
from edge.config import MODELS_FOLDER, Models
from edge.daemon.inforce import MANIFEST
from edge.errors import CaptureError, ModelError
from edge.ports import PlateDetector, PlateReader
from edge.types import Image, Reading
from edge.vision.golden import FEWEST, FILE, Goldens, misread
from edge.vision.model import checked_model, read_manifest
from edge.vision.session import ORT_ERRORS

KEEP = "The models in force stay; have the release corrected and published under a new number."
ROUNDS = 5
FAILURES: tuple[type[Exception], ...] = (*ORT_ERRORS, cv2.error)
Eyes: TypeAlias = tuple[PlateDetector, PlateReader]


@dataclass(frozen=True, slots=True)
class ModelGate:
    """Lets a release of models in, or raises ModelError that says why not.

    `models` says which of them this box uses and how; `open` opens them as the box does.
    `shipped` is the manifest in force before a first release, `now_ns` a clock that is never set.
    """

    models: Models
    open: Callable[[Models], Eyes]
    shipped: Path = MODELS_FOLDER / MANIFEST
    now_ns: Callable[[], int] = time.perf_counter_ns

    def __call__(self, folder: Path, replaces: Path | None, rollback: bool) -> None:
        """Refuse models that are not as pinned, do not start, misread a picture or are too slow.

        After a withdrawal they may be slower than those in force.
        """
        goldens = goldens_of(folder / FILE)
        images = [picture_of(folder / picture.file) for picture in goldens.pictures]
        refuse_altered(folder / MANIFEST)
        eyes = self._opened(folder / MANIFEST)
        fault = first_fault(eyes, goldens, images)
        if fault is not None:
            raise ModelError(f"The new models fail on {fault}.", KEEP)
        if not rollback:
            self._refuse_slow(eyes, replaces, images, goldens.slower)

    def _opened(self, manifest: Path) -> Eyes:
        try:
            return self.open(msgspec.structs.replace(self.models, manifest=manifest))
        except ModelError as error:
            raise ModelError(f"The new models do not start here: {error.cause}", KEEP) from error

    def _refuse_slow(
        self, new: Eyes, replaces: Path | None, images: Sequence[Image], slower: float
    ) -> None:
        """Compare with the models in force; where these do not even start, anything is better."""
        manifest = self.shipped if replaces is None else replaces / MANIFEST
        try:
            old = self._opened(manifest)
            looked(old, images[0], "a golden picture")
        except ModelError:
            return
        new_ns, old_ns = self._timed(new, old, images)
        if new_ns > slower * old_ns:
            raise ModelError(
                f"The new models take {new_ns / 1e6:.1f} ms a picture here, more than {slower:g} "
                f"times the {old_ns / 1e6:.1f} ms of those in force.",
                KEEP,
            )

    def _timed(self, new: Eyes, old: Eyes, images: Sequence[Image]) -> tuple[float, float]:
        """Return the median nanoseconds a picture of both, which take turns at going first."""
        spent: tuple[list[int], list[int]] = ([], [])
        for turn in range(ROUNDS):
            for image in images:
                for which in (0, 1) if turn % 2 == 0 else (1, 0):
                    start = self.now_ns()
                    looked((new, old)[which], image, "a golden picture")
                    spent[which].append(self.now_ns() - start)
        return median(spent[0]), median(spent[1])


def looked(eyes: Eyes, image: Image, name: str) -> Sequence[Reading]:
    """Find and read the plates of a picture as the pipeline does.

    Raises ModelError for a model that starts and then fails.
    """
    finder, text = eyes
    try:
        return text.read(image, finder.detect(image))
    except FAILURES as error:
        raise ModelError(f"A model starts but fails on {name}.", KEEP) from error


def first_fault(eyes: Eyes, goldens: Goldens, images: Sequence[Image]) -> str | None:
    """Say which golden picture is misread first, and how, without a plate; None: none is.

    Raises ModelError for a model that starts and then fails.
    """
    for picture, image in zip(goldens.pictures, images, strict=True):
        fault = misread(picture.plates, looked(eyes, image, picture.file), goldens.iou)
        if fault is not None:
            return f"{picture.file}: {fault}"
    return None


def goldens_of(path: Path) -> Goldens:
    """Read which pictures must be read. Raises ModelError when they are too few, or none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Goldens)
    except FileNotFoundError as error:
        raise ModelError(f"The models come without {path.name}.", KEEP) from error
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read ({error.strerror}).", KEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        cause = f"{path.name} does not name {FEWEST} pictures or more to read: {error}."
        raise ModelError(cause, KEEP) from error


def picture_of(path: Path) -> Image:
    """Read a golden picture. Raises ModelError."""
    try:
        return read_image(path)
    except CaptureError as error:
        raise ModelError(f"The golden picture {path.name} cannot be read.", KEEP) from error


def refuse_altered(manifest: Path) -> None:
    """Raise ModelError unless every file is in the release and is the one that is pinned."""
    for name, entry in read_manifest(manifest).items():
        for file in (entry.file, entry.config):
            if file is not None and Path(file).name != file:
                raise ModelError(f"Model {name} lies outside the release.", KEEP)
        checked_model(manifest, name)

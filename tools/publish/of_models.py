"""Models to be released: those of a manifest, and the pictures that they must read on a box."""

from collections.abc import Iterator
from pathlib import Path

from edge.daemon.inforce import MANIFEST
from edge.daemon.model_gate import KEEP, goldens_of, looked, picture_of, refuse_altered
from edge.errors import ModelError, UpdateError
from edge.passage.calibration import SUFFIX
from edge.vision.golden import FILE, Goldens, misread
from edge.vision.model import read_manifest
from tools.make_golden import every_pair
from tools.publish.family import Parcel
from tools.publish.names import flat

CORRECT = "Pin the files with tools.add_model; draw the pictures with tools.make_golden."


def parcel_of(folder: Path, name: str) -> Parcel:
    """Prove the models of a folder as a box would; return what is released. Raises UpdateError."""
    if not (folder / MANIFEST).is_file():
        raise UpdateError(f"{folder} has no {MANIFEST}.", "Name the folder that it lies in.")
    try:
        refuse_altered(folder / MANIFEST)
        goldens = goldens_of(folder / FILE)
        files = {flat(file): file for file in files_of(folder, goldens)}
        refuse_misread(folder, goldens)
    except ModelError as e:
        raise UpdateError(e.cause, CORRECT if e.remedy == KEEP else e.remedy) from e
    return Parcel(id=name, files=files)


def files_of(folder: Path, goldens: Goldens) -> Iterator[Path]:
    """Yield what a box needs: manifest, models, configurations, calibrations, pictures."""
    yield from (folder / MANIFEST, folder / FILE)
    yield from (folder / picture.file for picture in goldens.pictures)
    for entry in read_manifest(folder / MANIFEST).values():
        model = folder / entry.file
        yield model
        if entry.config is not None:
            yield folder / entry.config
        if model.with_suffix(SUFFIX).is_file():
            yield model.with_suffix(SUFFIX)


def refuse_misread(folder: Path, goldens: Goldens) -> None:
    """Raise ModelError unless every detector and reader together read every picture right."""
    images = [picture_of(folder / picture.file) for picture in goldens.pictures]
    for pair in every_pair(folder / MANIFEST):
        for picture, image in zip(goldens.pictures, images, strict=True):
            fault = misread(picture.plates, looked(pair, image, picture.file), goldens.iou)
            if fault is not None:
                raise ModelError(f"The models fail on {picture.file}: {fault}.", KEEP)

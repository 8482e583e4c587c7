"""Models to be released: those of a manifest, each the file that it pins, and their trials."""

from pathlib import Path

from edge.errors import UpdateError
from edge.passage.calibration import SUFFIX
from edge.vision.model import checked_model, read_manifest
from tools.publish.family import Parcel
from tools.publish.names import flat

MANIFEST, GOLDEN = "manifest.toml", "golden.json"


def parcel_of(folder: Path, name: str) -> Parcel:
    """Prove the models of a folder and return what is released. Raises ModelError, UpdateError."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise UpdateError(f"{folder} has no {MANIFEST}.", "Name the folder that it lies in.")
    files = {manifest}
    for entry in read_manifest(manifest).values():
        flat(Path(entry.file))
        flat(Path(entry.config or entry.file))
        if any(Path(one).name != one for one in (entry.file, entry.config or entry.file)):
            raise UpdateError(f"Model {entry.name} lies in another folder.", "Bring it along.")
        found = checked_model(manifest, entry.name)
        files |= {found.path, *([found.config] if found.config else [])}
        calibration = found.path.with_name(found.path.stem + SUFFIX)
        files |= {calibration} & set(folder.iterdir())
    return Parcel(id=name, files={flat(file): file for file in sorted(files | golden(folder))})


def golden(folder: Path) -> set[Path]:
    """Return the golden images and what must be read on them. Raises UpdateError."""
    expected = folder / GOLDEN
    if not expected.is_file():
        raise UpdateError(
            f"{folder} lacks {GOLDEN}: no box takes models that it cannot try.",
            "Make it with `python -m tools.make_golden`.",
        )
    return {expected, *folder.glob("golden-*.png")}

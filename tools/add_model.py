"""Add a model to the manifest: pin files by SHA-256, fetched from fast-plate-ocr's hub or local.

The box itself never fetches anything: this runs in the workshop.
"""

import hashlib
import json
import shutil
from pathlib import Path

import click
from fast_plate_ocr.inference import hub

from edge.errors import ModelError
from edge.vision.detector import OnnxDetector
from edge.vision.model import ManifestEntry, ModelFile, Precision, read_manifest
from edge.vision.reader import FastPlateReader
from edge.vision.session import Execution

THRESHOLD = 0.5
"""For the one look at nothing that proves a detector."""
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
HEAD = """\
# Every model file the box may load, pinned by SHA-256. Written by `python -m tools.add_model`.
"""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetched(name: str, folder: Path) -> tuple[Path, Path]:
    """Fetch a hub model into a folder: (model, configuration).

    Raises ModelError when the hub does not answer or does not know it.
    """
    try:
        model, config = hub.download_model(model_name=name, save_directory=folder)  # type: ignore[arg-type]
    except (OSError, ValueError) as e:
        raise ModelError(
            f"The hub model {name} could not be fetched.",
            "Check its name and that this machine reaches the internet; a box need not.",
        ) from e
    return Path(model), Path(config)


def precision_of(model: Path) -> Precision:
    """Return int8 for a graph that quantizes anything, by the names of its operators."""
    return "int8" if b"QuantizeLinear" in model.read_bytes() else "fp32"


def written(entry: ManifestEntry) -> str:
    """Return an entry as TOML."""
    fields = ((name, getattr(entry, name)) for name in ManifestEntry.__struct_fields__)
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields if value is not None]
    return "\n".join(["\n[[model]]", *lines, ""])


def pin(manifest: Path, entry: ManifestEntry) -> None:
    """Put an entry into the manifest, in place of one of the same name."""
    entries = pinned(manifest)
    entries[entry.name] = entry
    draft = manifest.with_suffix(".new")
    draft.write_text(HEAD + "".join(written(e) for e in entries.values()), encoding="utf-8")
    draft.replace(manifest)


def pinned(manifest: Path) -> dict[str, ManifestEntry]:
    """Return the entries of a manifest, none when it is yet to be written."""
    return read_manifest(manifest) if manifest.exists() else {}


def refuse_name(name: str, manifest: Path, replace: bool) -> None:
    """Raise ModelError for a name that is no single line, or that is pinned already."""
    if not name.strip() or not name.isprintable():
        raise ModelError("The name of a model is one line of text.", "Give another --name.")
    if not manifest.parent.is_dir():
        raise ModelError(
            f"There is no folder {manifest.parent}.", "Make it, or correct --manifest."
        )
    if name in pinned(manifest) and not replace:
        raise ModelError(f"{manifest} names {name} already.", "Add --replace to pin it anew.")


def refuse_file(file: Path, name: str, manifest: Path) -> None:
    """Raise ModelError for an empty file, or one whose copy would end another model's."""
    if file.stat().st_size == 0:
        raise ModelError(f"{file} is empty.", "Give the whole file.")
    others = [e for e in pinned(manifest).values() if e.name != name]
    taken = {kept: e.name for e in others for kept in (e.file, e.config)}
    taken[manifest.name] = "the manifest itself"
    target = manifest.parent / file.name
    if file.name in taken and file.resolve() != target.resolve():
        raise ModelError(
            f"{target} is already there for {taken[file.name]}, and would be overwritten.",
            "Give the file another name.",
        )


def prove_runs(entry: ManifestEntry, model: Path, config: Path | None) -> None:
    """Open a model as a box would; raises ModelError when it is none, or of another kind."""
    file = ModelFile(entry.name, model, entry.sha256, entry.precision, config, entry.task)
    if config is None:
        OnnxDetector(file, THRESHOLD, Execution())
    else:
        FastPlateReader(file, Execution())


def beside(file: Path, manifest: Path) -> None:
    """Copy a file into the manifest's folder unless it lies there."""
    target = manifest.parent / file.name
    if file.resolve() != target.resolve():
        shutil.copy2(file, target)


@click.command()
@click.option("--name", required=True, help="What box.toml will call it.")
@click.option("--hub", "hub_name", help="A fast-plate-ocr hub model to fetch.")
@click.option("--model", type=FILE, help="A local ONNX file.")
@click.option("--config", type=FILE, help="Its reader config.")
@click.option("--licence", default="see the model's source", help="Licence of the weights.")
@click.option("--lineage", default="not ours", help="What it was trained on.")
@click.option("--manifest", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Pin a name that is there already anew.")
def main(
    name: str,
    hub_name: str | None,
    model: Path | None,
    config: Path | None,
    licence: str,
    lineage: str,
    manifest: Path,
    replace: bool,
) -> None:
    """Copy a model beside the manifest and pin it there, once it was seen to run."""
    if (hub_name is None) == (model is None):
        raise click.UsageError("Give either --hub or --model.")
    try:
        refuse_name(name, manifest, replace)
        if hub_name is not None:
            model, config = fetched(hub_name, manifest.parent)
        assert model is not None
        for file in filter(None, (model, config)):
            refuse_file(file, name, manifest)
        entry = _entry(name, model, config, licence, lineage)
        prove_runs(entry, model, config)
        for file in filter(None, (model, config)):
            beside(file, manifest)
        pin(manifest, entry)
    except ModelError as e:
        raise click.ClickException(str(e)) from e
    except OSError as e:
        raise click.ClickException(
            f"{e.filename or manifest} cannot be read or written ({e.strerror}). "
            "Name files and a folder that you may read and write."
        ) from e
    click.echo(f"{name} is pinned in {manifest}; set models.reader or models.detector to it.")


def _entry(
    name: str, model: Path, config: Path | None, licence: str, lineage: str
) -> ManifestEntry:
    return ManifestEntry(
        name=name,
        task="detect" if config is None else "read",
        file=model.name,
        sha256=sha256_of(model),
        licence=licence,
        lineage=lineage,
        precision=precision_of(model),
        config=None if config is None else config.name,
        config_sha256=None if config is None else sha256_of(config),
    )


if __name__ == "__main__":
    main()

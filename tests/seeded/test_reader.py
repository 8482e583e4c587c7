"""A reader of an earlier epoch is found by the golden suite, and told by the vehicles it unsettles.

The same files again under the same names deviate in nothing: what is found is the weights.
"""

import json
import shutil
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.golden_streets import Stage, stage
from tools.add_model import sha256_of

__all__ = ["stage"]

EARLIER = Path(__file__).parent / "earlier-reader"
SHIPPED = REPOSITORY / "models"
READER, DETECTOR = "plate-reader-int8", "plate-detector-int8"
STREET = "two-line"
ENTRY = """\
[[model]]
name = "{name}"
task = "{task}"
file = "{name}.onnx"
sha256 = "{sha256}"
licence = "Apache-2.0"
lineage = "test material of our own"
precision = "{precision}"
"""


def manifest(folder: Path, reader: Path, config: Path, precision: str) -> Path:
    """Pin a reader in the place of the shipped one, beside the shipped detector."""
    for source, name in ((reader, f"{READER}.onnx"), (config, "plate-reader.yaml")):
        shutil.copy(source, folder / name)
    shutil.copy(SHIPPED / f"{DETECTOR}.onnx", folder)
    fitted = json.loads((SHIPPED / f"{READER}.calibration.json").read_text())
    fitted["reader_sha256"] = sha256_of(reader)
    (folder / f"{READER}.calibration.json").write_text(json.dumps(fitted))
    told = ENTRY.format(name=READER, task="read", sha256=sha256_of(reader), precision=precision)
    told += f'config = "plate-reader.yaml"\nconfig_sha256 = "{sha256_of(config)}"\n'
    finds = {"sha256": sha256_of(SHIPPED / f"{DETECTOR}.onnx"), "precision": "int8"}
    told += ENTRY.format(name=DETECTOR, task="detect", **finds)
    (folder / "manifest.toml").write_text(told)
    return folder / "manifest.toml"


def test_a_reader_of_an_earlier_epoch_is_found(stage: Stage, tmp_path: Path) -> None:
    earlier = (EARLIER / "plate-reader.onnx", EARLIER / "plate-reader.yaml", "fp32")
    found = stage.deviations(STREET, manifest(tmp_path, *earlier))
    unsettled = {one.number for one in found if one.what == "the sureness of its plate"}
    assert unsettled
    assert all(one.says.startswith(f"{STREET}, vehicle {one.number} (") for one in found)


def test_the_shipped_reader_under_another_manifest_is_not(stage: Stage, tmp_path: Path) -> None:
    shipped = (SHIPPED / f"{READER}.onnx", SHIPPED / "plate-reader.yaml", "int8")
    assert stage.deviations(STREET, manifest(tmp_path, *shipped)) == []

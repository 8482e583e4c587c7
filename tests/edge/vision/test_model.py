import hashlib
import re
import shutil
from pathlib import Path

import pytest

from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.errors import ModelError
from edge.vision.model import checked_model, read_manifest

MANIFEST = MODELS_FOLDER / "manifest.toml"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    shutil.copytree(MODELS_FOLDER, folder)
    return folder / "manifest.toml"


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_every_shipped_model_is_the_one_the_manifest_pins() -> None:
    for name in read_manifest(MANIFEST):
        assert checked_model(MANIFEST, name).path.exists()


@pytest.mark.parametrize("file", ["plate-reader.onnx", "plate-reader.yaml", "plate-detector.onnx"])
def test_an_altered_model_or_configuration_is_not_loaded(copied: Path, file: str) -> None:
    flip_a_byte(copied.parent / file)
    name = file.split(".")[0]
    with pytest.raises(ModelError, match="not the file that the manifest pins") as e:
        checked_model(copied, name)
    assert e.value.remedy


def test_a_missing_file_an_unknown_name_and_a_broken_manifest_are_named(copied: Path) -> None:
    (copied.parent / "plate-reader.onnx").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        checked_model(copied, "plate-reader")
    with pytest.raises(ModelError, match="No model is called"):
        checked_model(copied, "plate-raeder")
    copied.write_text("[[model]]\nname = 'x'\n")
    with pytest.raises(ModelError, match="no model manifest"):
        checked_model(copied, "x")
    with pytest.raises(ModelError, match="cannot be read"):
        checked_model(copied.with_name("none.toml"), "x")


@pytest.mark.parametrize("key", ["name", "file", "config"])
@pytest.mark.parametrize("bad", ["", "a\\n", "a\\u0000b"])
def test_a_name_in_the_manifest_is_one_line(copied: Path, key: str, bad: str) -> None:
    text = re.sub(f'(?m)^{key} = ".*"', lambda _: f'{key} = "{bad}"', copied.read_text())
    copied.write_text(text)
    with pytest.raises(ModelError, match="no model manifest"):
        read_manifest(copied)


def test_an_int8_model_is_an_entry_of_its_own_that_says_so(copied: Path) -> None:
    assert checked_model(copied, "plate-detector").precision == "fp32"
    text = copied.read_text().replace('precision = "fp32"', 'precision = "int8"')
    copied.write_text(text.replace('"plate-detector"', '"small"'))
    assert checked_model(copied, "small").precision == "int8"


def test_a_model_of_another_task_is_refused(copied: Path) -> None:
    with pytest.raises(ModelError):
        wiring_eyes.detector(Models(manifest=copied, detector="plate-reader"))
    with pytest.raises(ModelError, match="is no plate reader") as e:
        wiring_eyes.reader(Models(manifest=copied, reader="plate-detector"))
    assert "Name a reader" in e.value.remedy


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("max_plate_slots: 10", "max_plate_slots: 9"),
        ('"0123456789', '"123456789'),
        ("img_height: 48", "img_height: 64"),
        ("image_color_mode: rgb", "image_color_mode: grayscale"),
        ("'NL', 'BE'", "'NL'"),
    ],
    ids=["slots", "alphabet", "size", "colours", "countries"],
)
def test_a_configuration_of_another_reader_shows_when_it_is_opened(
    copied: Path, line: str, other: str
) -> None:
    config = copied.parent / "plate-reader.yaml"
    before = config.read_bytes()
    assert line in before.decode()
    config.write_text(before.decode().replace(line, other))
    old, new = (hashlib.sha256(one).hexdigest() for one in (before, config.read_bytes()))
    copied.write_text(copied.read_text().replace(old, new))
    with pytest.raises(ModelError, match=r"plate-reader.yaml does not fit .*plate-reader.onnx"):
        wiring_eyes.reader(Models(manifest=copied, reader="plate-reader"))

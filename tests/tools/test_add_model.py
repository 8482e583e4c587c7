import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, save

from edge.config import MODELS_FOLDER
from edge.vision.model import checked_model, read_manifest
from tools.add_model import main

SHIPPED = MODELS_FOLDER / "manifest.toml"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS_FOLDER, tmp_path / "models")) / "manifest.toml"


def add(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, args)
    return result.exit_code, result.output


def test_a_model_from_elsewhere_is_copied_and_pinned(tmp_path: Path, manifest: Path) -> None:
    weights, config = tmp_path / "other.onnx", tmp_path / "other.yaml"
    shutil.copy(manifest.parent / "plate-reader.onnx", weights)
    shutil.copy(manifest.parent / "plate-reader.yaml", config)
    args = ("--name", "other", "--model", str(weights), "--config", str(config))
    status, said = add(*args, "--manifest", str(manifest))
    assert status == 0, said
    assert checked_model(manifest, "other").path == manifest.parent / "other.onnx"
    assert set(read_manifest(manifest)) == {*read_manifest(SHIPPED), "other"}


def test_a_retrained_model_is_pinned_anew_only_when_asked(manifest: Path) -> None:
    weights = manifest.parent / "plate-detector.onnx"
    weights.write_bytes(weights.read_bytes() + b"\x00")
    args = ("--name", "plate-detector", "--model", str(weights), "--manifest", str(manifest))
    status, said = add(*args)
    assert status == 1
    assert "--replace" in said
    assert add(*args, "--replace")[0] == 0
    assert checked_model(manifest, "plate-detector").path == weights


@pytest.mark.parametrize("taken", ["plate-detector.onnx", "manifest.toml"])
def test_no_file_of_another_entry_is_overwritten(
    tmp_path: Path, manifest: Path, taken: str
) -> None:
    before = (manifest.parent / taken).read_bytes()
    (tmp_path / taken).write_bytes(b"others")
    args = ("--model", str(tmp_path / taken), "--manifest", str(manifest))
    for name in (("other",), ("plate-reader", "--replace")):
        status, said = add("--name", *name, *args)
        assert (status, said.count("\n")) == (1, 1)
        assert "would be overwritten" in said
    assert (manifest.parent / taken).read_bytes() == before


def test_a_model_is_replaced_by_a_file_of_the_same_name(tmp_path: Path, manifest: Path) -> None:
    model = tmp_path / "plate-detector.onnx"
    model.write_bytes(b"retrained")
    args = ("--model", str(model), "--manifest", str(manifest), "--replace")
    assert add("--name", "plate-detector", *args)[0] == 0
    assert checked_model(manifest, "plate-detector").path.read_bytes() == b"retrained"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x00"])
def test_a_name_is_one_line(manifest: Path, name: str) -> None:
    model, before = str(manifest.parent / "plate-detector.onnx"), manifest.read_text()
    status, said = add("--name", name, "--model", model, "--manifest", str(manifest))
    assert status == 1
    assert "one line" in said
    assert manifest.read_text() == before


def test_what_is_no_file_or_has_no_folder_is_one_sentence(tmp_path: Path, manifest: Path) -> None:
    empty = tmp_path / "empty.onnx"
    empty.touch()
    whole, nowhere = str(manifest.parent / "plate-detector.onnx"), str(tmp_path / "none" / "m.toml")
    for model, place, said in (
        (str(tmp_path), str(manifest), "is a directory"),
        (str(empty), str(manifest), "is empty"),
        (whole, nowhere, "There is no folder"),
        (whole, str(tmp_path), "is a directory"),
    ):
        status, told = add("--name", "x", "--model", model, "--manifest", place)
        assert status in (1, 2)
        assert said in told


def test_an_unknown_hub_model_is_one_sentence(manifest: Path) -> None:
    status, said = add("--name", "x", "--hub", "no-such-model", "--manifest", str(manifest))
    assert status == 1
    assert "could not be fetched" in said


def test_neither_or_both_sources_is_misuse(manifest: Path) -> None:
    assert add("--name", "x", "--manifest", str(manifest))[0] == 2


def quantized(path: Path) -> Path:
    """A graph of one operator, as a quantizer leaves it."""
    given = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1])
    taken = helper.make_tensor_value_info("plates", TensorProto.UINT8, [1])
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [], [0.1])
    node = helper.make_node("QuantizeLinear", ["image", "scale"], ["plates"])
    save(helper.make_model(helper.make_graph([node], "g", [given], [taken], [scale])), str(path))
    return path


def test_the_precision_is_read_from_the_graph(tmp_path: Path, manifest: Path) -> None:
    model = quantized(tmp_path / "small.onnx")
    assert add("--name", "d8", "--model", str(model), "--manifest", str(manifest))[0] == 0
    assert read_manifest(manifest)["d8"].precision == "int8"
    weights = str(manifest.parent / "plate-detector.onnx")
    assert add("--name", "d32", "--model", weights, "--manifest", str(manifest))[0] == 0
    assert read_manifest(manifest)["d32"].precision == "fp32"

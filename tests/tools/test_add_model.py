import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, load, save

from edge.config import MODELS_FOLDER
from edge.vision.model import checked_model, read_manifest
from tools.add_model import main

SHIPPED = MODELS_FOLDER / "manifest.toml"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS_FOLDER, tmp_path / "models")) / "manifest.toml"


def retrained(path: Path) -> bytes:
    """Write a detector of other bytes."""
    model = load(str(MODELS_FOLDER / "plate-detector.onnx"))
    model.doc_string = "trained again"
    save(model, str(path))
    return path.read_bytes()


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
    retrained(weights)
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
    weights = retrained(model)
    args = ("--model", str(model), "--manifest", str(manifest), "--replace")
    assert add("--name", "plate-detector", *args)[0] == 0
    assert checked_model(manifest, "plate-detector").path.read_bytes() == weights


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


def foreign(path: Path) -> Path:
    """A sound graph of one operator that finds no plates."""
    given = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1])
    taken = helper.make_tensor_value_info("plates", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["image"], ["plates"])
    graph = helper.make_graph([node], "g", [given], [taken])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    save(model, str(path))
    return path


def test_what_no_box_could_run_is_not_pinned(tmp_path: Path, manifest: Path) -> None:
    text, cut = tmp_path / "text.onnx", tmp_path / "cut.onnx"
    text.write_text("no model")
    cut.write_bytes((manifest.parent / "plate-reader.onnx").read_bytes()[:-1000])
    shipped = str(manifest.parent / "plate-reader.yaml")
    before, kept = manifest.read_text(), sorted(manifest.parent.iterdir())
    for model, config in (
        (text, ()),
        (foreign(tmp_path / "other.onnx"), ()),
        (manifest.parent / "plate-reader.onnx", ()),
        (manifest.parent / "plate-detector.onnx", ("--config", shipped)),
        (cut, ("--config", shipped)),
    ):
        args = ("--name", "x", "--model", str(model), *config, "--manifest", str(manifest))
        status, said = add(*args)
        assert (status, said.count("\n")) == (1, 1), said
        assert model.name in said
        assert (manifest.read_text(), sorted(manifest.parent.iterdir())) == (before, kept)


def test_an_unknown_hub_model_is_one_sentence(manifest: Path) -> None:
    status, said = add("--name", "x", "--hub", "no-such-model", "--manifest", str(manifest))
    assert status == 1
    assert "could not be fetched" in said


def test_neither_or_both_sources_is_misuse(manifest: Path) -> None:
    assert add("--name", "x", "--manifest", str(manifest))[0] == 2


def test_the_precision_is_read_from_the_graph(tmp_path: Path, manifest: Path) -> None:
    model = manifest.parent / "plate-detector-int8.onnx"
    assert add("--name", "d8", "--model", str(model), "--manifest", str(manifest))[0] == 0
    assert read_manifest(manifest)["d8"].precision == "int8"
    weights = str(manifest.parent / "plate-detector.onnx")
    assert add("--name", "d32", "--model", weights, "--manifest", str(manifest))[0] == 0
    assert read_manifest(manifest)["d32"].precision == "fp32"

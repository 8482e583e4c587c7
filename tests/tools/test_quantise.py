"""What the tool for int8 twins refuses before it renders anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("onnxruntime.quantization")

from edge.config import MODELS_FOLDER
from tools import quantise
from tools.quantise import main

DETECTOR, READER = (MODELS_FOLDER / f"plate-{kind}.onnx" for kind in ("detector", "reader"))


@pytest.fixture(autouse=True)
def nothing_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("scenes", "plates"):
        monkeypatch.setattr(quantise, name, lambda *_: pytest.fail("rendered"))


def refused(*asked: object) -> str:
    done = CliRunner().invoke(main, [str(word) for word in asked])
    assert done.exit_code in (1, 2)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.output


@pytest.mark.parametrize(("kind", "model"), [("detector", READER), ("reader", DETECTOR)])
def test_a_model_of_another_shape_is_one_sentence(kind: str, model: Path, tmp_path: Path) -> None:
    said = refused(kind, "--model", model, "--out", tmp_path / "out.onnx")
    assert f"does not take what a {kind} of ours takes" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("content", [b"no model", b""])
def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(content)
    assert refused("reader", "--model", model).count("\n") == 1
    assert list(tmp_path.iterdir()) == [model]


def test_a_twin_is_not_made_of_a_twin_nor_over_its_own_model(tmp_path: Path) -> None:
    twin, copy = MODELS_FOLDER / "plate-reader-int8.onnx", tmp_path / "reader.onnx"
    said = refused("reader", "--model", twin, "--out", tmp_path / "out.onnx")
    assert "is an int8 twin already" in said
    copy.write_bytes(READER.read_bytes())
    assert "Name another file" in refused("reader", "--model", copy, "--out", copy)
    assert copy.read_bytes() == READER.read_bytes()


def test_no_pictures_and_no_folder_are_told(tmp_path: Path) -> None:
    assert "--pictures" in refused("reader", "--pictures", 0)
    missing = tmp_path / "none" / "out.onnx"
    assert "There is no folder" in refused("reader", "--model", READER, "--out", missing)

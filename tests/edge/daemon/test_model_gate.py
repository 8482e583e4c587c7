"""A release of models is let in only if it reads its golden pictures here, and fast enough."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.daemon.inforce import MANIFEST
from edge.daemon.model_gate import ModelGate
from edge.errors import ModelError
from edge.types import Detection, Image, Reading
from edge.vision.golden import FILE, GoldenPicture, GoldenPlate, Goldens
from tests.fakes import detection, reading
from tests.street import OUTCOMES
from tools.add_model import sha256_of

READER = Models().reader


@pytest.fixture
def release(tmp_path: Path, golden_pictures: Path) -> Path:
    folder = tmp_path / "000002"
    shutil.copytree(MODELS_FOLDER, folder)
    shutil.copytree(golden_pictures, folder, dirs_exist_ok=True)
    return folder


def refused(release: Path, gate: ModelGate | None = None, rollback: bool = False) -> str:
    with pytest.raises(ModelError) as error:
        (gate or real())(release, None, rollback)
    assert not any(plate in str(error.value) for plate in OUTCOMES)
    return error.value.cause


def real(models: Models | None = None) -> ModelGate:
    return ModelGate(models or Models(), wiring_eyes.eyes, now_ns=lambda: 0)


def instead(release: Path, name: str, change: Callable[[onnx.ModelProto], None]) -> None:
    """Put another model in a model's place, and pin it as a publisher would."""
    path = release / f"{name}.onnx"
    before, model = sha256_of(path), onnx.load(path)
    change(model)
    onnx.save(model, path)
    for pinned in (release / MANIFEST, release / f"{name}.calibration.json"):
        if pinned.exists():
            pinned.write_text(pinned.read_text().replace(before, sha256_of(path)))


def blur(model: onnx.ModelProto) -> None:
    """Forget what was learnt: every large weight becomes its own mean."""
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.size > 1000 and values.dtype.kind == "f":
            tensor.CopyFrom(
                numpy_helper.from_array(np.full_like(values, values.mean()), tensor.name)
            )


def test_the_models_we_ship_are_let_in(release) -> None:
    real()(release, None, False)
    real(Models(detector="plate-detector", reader="plate-reader"))(release, release, False)


@pytest.mark.parametrize("name", ["plate-reader", "plate-detector"])
def test_models_that_misread_a_golden_picture_are_refused(release, name) -> None:
    instead(release, name, blur)
    fp32 = real(Models(detector="plate-detector", reader="plate-reader"))
    for rollback in (False, True):
        assert "fail on golden-01.png" in refused(release, fp32, rollback)


def test_models_of_which_this_box_uses_none_may_misread(release) -> None:
    instead(release, "plate-reader", blur)
    real()(release, None, False)


def test_a_reader_that_does_not_start_is_refused(release) -> None:
    def cut(model: onnx.ModelProto) -> None:
        del model.graph.node[3]

    instead(release, READER, cut)
    assert "do not start here" in refused(release)


@pytest.mark.parametrize("content", [b"a: [1", b"\x01", b"\xff", b"", b"[]", b"a: 1"])
def test_a_reader_whose_configuration_is_none_is_refused(release, content) -> None:
    """What reading it raised ended the sync: nothing was told, and all was fetched each time."""
    config = release / "plate-reader.yaml"
    before = sha256_of(config)
    config.write_bytes(content)
    manifest = release / MANIFEST
    manifest.write_text(manifest.read_text().replace(before, sha256_of(config)))
    assert "do not start here" in refused(release)


def test_a_reader_without_its_own_calibration_is_refused(release) -> None:
    calibration = release / f"{READER}.calibration.json"
    shutil.copy(release / "plate-reader.calibration.json", calibration)
    assert "fitted on another reader" in refused(release)
    calibration.unlink()
    assert "cannot be read" in refused(release)


def test_a_model_that_is_not_as_pinned_is_refused_even_if_this_box_uses_another(release) -> None:
    (release / "plate-reader.onnx").write_bytes(b"another")
    assert "plate-reader.onnx is not the file that the manifest pins" in refused(release)


def test_a_release_without_the_models_that_the_box_names_is_refused(release) -> None:
    named = real(Models(reader="plate-reader-int4"))
    assert "No model is called plate-reader-int4" in refused(release, named)
    (release / MANIFEST).unlink()
    assert "cannot be read" in refused(release)


def test_a_model_outside_the_release_is_refused(release) -> None:
    text = (release / MANIFEST).read_text()
    outside = f'file = "{release / "plate-reader.onnx"}"'
    (release / MANIFEST).write_text(text.replace('file = "plate-reader.onnx"', outside))
    assert "Model plate-reader lies outside the release" in refused(release)


def test_models_without_golden_pictures_are_refused(release) -> None:
    (release / FILE).unlink()
    assert "come without golden.json" in refused(release)


def test_fewer_than_four_golden_pictures_are_refused(release) -> None:
    goldens = json.loads((release / FILE).read_text())
    goldens["pictures"].pop()
    (release / FILE).write_text(json.dumps(goldens))
    assert "does not name 4 pictures" in refused(release)


@pytest.mark.parametrize("content", [b"", b"\xff", b'{"\xff": 1}', b"{}", b"[]"])
def test_a_broken_golden_file_is_refused(release, content) -> None:
    (release / FILE).write_bytes(content)
    assert "golden.json does not name" in refused(release)


@pytest.mark.parametrize("cut", [0, 1000, None])
def test_a_golden_picture_that_is_missing_or_cut_is_refused(release, cut) -> None:
    picture = release / "golden-03.png"
    content = picture.read_bytes()
    picture.unlink()
    if cut is not None:
        picture.write_bytes(content[:cut])
    assert "golden picture golden-03.png cannot be read" in refused(release)


@dataclass
class Stopwatch:
    """Time that passes only while somebody looks."""

    now: int = 0
    looks: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class TimedEyes:
    """A detector and reader in one that read everything, and take their time."""

    watch: Stopwatch
    takes_ns: int
    plates: Sequence[Reading]

    def detect(self, image: Image) -> Sequence[Detection]:
        self.watch.now += self.takes_ns
        self.watch.looks.append(self.takes_ns)
        return []

    def read(self, image: Image, detections: Sequence[Detection]) -> Sequence[Reading]:
        return self.plates


@pytest.fixture
def quick_release(release: Path) -> Path:
    plate = GoldenPlate(text="1ZZZ999", box=tuple(detection().box))
    names = [f"golden-{n:02}.png" for n in range(1, 5)]
    pictures = tuple(GoldenPicture(file=name, plates=(plate,)) for name in names)
    (release / FILE).write_bytes(msgspec.json.encode(Goldens(pictures=pictures)))
    return release


def timed(release: Path, new_ns: int, old_ns: int | None) -> tuple[ModelGate, Stopwatch]:
    """A gate whose models take so long; None: those in force do not start."""
    watch, plates = Stopwatch(), [reading("1ZZZ999")]

    def opened(models: Models) -> tuple[TimedEyes, TimedEyes]:
        new = models.manifest.parent == release
        if not new and old_ns is None:
            raise ModelError("broken.", "Mend it.")
        eyes = TimedEyes(watch, new_ns if new else old_ns or 0, plates)
        return eyes, eyes

    return ModelGate(Models(), opened, now_ns=lambda: watch.now), watch


def test_models_that_are_too_slow_here_are_refused_with_both_figures(quick_release) -> None:
    gate, _ = timed(quick_release, 15_100_000, 10_000_000)
    cause = refused(quick_release, gate)
    assert "take 15.1 ms a picture here, more than 1.5 times the 10.0 ms" in cause


def test_models_may_be_half_as_slow_again(quick_release) -> None:
    gate, watch = timed(quick_release, 15_000_000, 10_000_000)
    gate(quick_release, None, False)
    assert watch.looks.count(10_000_000) - 1 == watch.looks.count(15_000_000) - 4  # one warm-up


def test_both_take_turns_at_going_first(quick_release) -> None:
    gate, watch = timed(quick_release, 2, 1)
    with pytest.raises(ModelError):
        gate(quick_release, None, False)
    raced = watch.looks[5:]
    assert raced[:4] == [2, 1, 2, 1]
    assert raced[8:12] == [1, 2, 1, 2]


def test_the_publisher_says_how_much_slower_is_still_well(quick_release) -> None:
    goldens = json.loads((quick_release / FILE).read_text())
    (quick_release / FILE).write_text(json.dumps(goldens | {"slower": 2.0}))
    gate, _ = timed(quick_release, 20, 10)
    gate(quick_release, None, False)


def test_after_a_withdrawal_they_may_be_slower(quick_release) -> None:
    gate, _ = timed(quick_release, 90, 10)
    gate(quick_release, None, True)


def test_models_in_force_that_do_not_start_keep_no_others_away(quick_release) -> None:
    gate, _ = timed(quick_release, 90, None)
    gate(quick_release, None, False)


def test_the_models_in_force_are_those_of_the_release_before(quick_release, tmp_path) -> None:
    asked: list[Path] = []
    gate, _ = timed(quick_release, 10, 10)
    open_as_before = gate.open

    def noted(models: Models):
        asked.append(models.manifest)
        return open_as_before(models)

    before = tmp_path / "000001"
    ModelGate(Models(), noted, now_ns=gate.now_ns)(quick_release, before, False)
    assert asked == [quick_release / MANIFEST, before / MANIFEST]
    asked.clear()
    ModelGate(Models(), noted, now_ns=gate.now_ns)(quick_release, None, False)
    assert asked[1] == MODELS_FOLDER / MANIFEST


def test_a_model_that_starts_and_then_fails_is_refused(quick_release) -> None:
    class Blind(TimedEyes):
        def detect(self, image: Image) -> Sequence[Detection]:
            raise RuntimeError("out of memory")

    eyes = Blind(Stopwatch(), 0, [])
    gate = ModelGate(Models(), lambda _: (eyes, eyes), now_ns=lambda: 0)
    assert "starts but fails on golden-01.png" in refused(quick_release, gate)

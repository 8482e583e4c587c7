"""Golden pictures are drawn, read by every model, and refused when too few are right."""

import shutil
from collections.abc import Iterator, Sequence
from itertools import count

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("PIL", reason="pillow is not installed: pip install 'anpr-edge[train]'")

from edge.capture.clip import read_image
from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.daemon.model_gate import ModelGate
from edge.errors import ModelError
from edge.types import Box, Detection, Image, Reading
from edge.vision.golden import GoldenPlate, Goldens, misread
from tests.fakes import detection, reading
from tools import make_golden
from tools.make_golden import View, drawn, every_pair, gathered, main, views, write
from tools.synth import glyphs
from tools.synth.plates import spec_for
from tools.synth.scenes import Scene, ScenePlate

NUMBERS = count(100)


def view(dark: bool = False, plates: int = 1) -> View:
    image = np.full((432, 768, 3), 20 if dark else 120, np.uint8)
    boxes = [tuple(detection(100 + 300 * n).box) for n in range(plates)]
    return View(image, tuple(GoldenPlate(text=f"1ZZZ{next(NUMBERS)}", box=box) for box in boxes))


class Eyes:
    """Reads what is drawn, unless it is short-sighted."""

    def __init__(self, views: Sequence[View], blind_to: Sequence[View] = ()) -> None:
        self.plates = {id(v.image): v.plates for v in views if v not in blind_to}

    def detect(self, image: Image) -> Sequence[Detection]:
        return []

    def read(self, image: Image, detections: Sequence[Detection]) -> list[Reading]:
        return [reading(plate.text, _at(plate)) for plate in self.plates.get(id(image), ())]


def _at(plate: GoldenPlate) -> Detection:
    box = Box(*plate.box)
    return detection(box.x1, box.y1, box.width, box.height)


def pair(*args: Sequence[View]) -> tuple[Eyes, Eyes]:
    eyes = Eyes(*args)
    return eyes, eyes


def mixed(many: int) -> list[View]:
    return [view(dark=n % 3 == 0, plates=1 + n % 2) for n in range(many)]


def untold(kept: int, tried: int) -> None:
    """Nobody looks on."""


def test_only_what_every_pair_of_models_reads_as_drawn_is_kept() -> None:
    offered = mixed(12)
    kept = gathered(
        iter(offered), [pair(offered, offered[:2]), pair(offered, offered[2:4])], 8, untold
    )
    assert kept == offered[4:12]


def test_fewer_than_asked_for_are_refused_with_the_figures() -> None:
    offered = mixed(8)
    with pytest.raises(ModelError, match="Of 8 pictures the models read 7 exactly") as error:
        gathered(iter(offered), [pair(offered, offered[:1])], 8, untold)
    assert error.value.remedy


def test_a_quarter_is_of_the_night_and_a_quarter_of_two_plates() -> None:
    offered = [view() for _ in range(20)] + [view(dark=True) for _ in range(5)]
    offered += [view(plates=2) for _ in range(5)]
    kept = gathered(iter(offered), [pair(offered)], 8, untold)
    assert sum(v.dark for v in kept) >= 2
    assert sum(len(v.plates) == 2 for v in kept) >= 2
    with pytest.raises(ModelError):
        gathered(iter(offered[:20]), [pair(offered)], 8, untold)


def test_no_plate_is_drawn_twice() -> None:
    first = mixed(8)
    offered = [first[0], first[0], *first[1:]]
    assert gathered(iter(offered), [pair(first)], 8, untold) == first


def scene(*boxes: tuple[float, float, float, float], visible: float = 1.0) -> Scene:
    plates = tuple(
        ScenePlate(spec_for("BE", f"1ZZZ{next(NUMBERS)}"), box, np.zeros((4, 2)), visible)
        for box in boxes
    )
    return Scene(np.zeros((720, 1280, 3), np.uint8), plates)


def test_a_view_shows_whole_plates_and_no_part_of_another() -> None:
    near = ((600.0, 300.0, 700.0, 322.0), (800.0, 300.0, 900.0, 322.0))
    (both,) = views(scene(*near))
    assert [plate.box[2] - plate.box[0] for plate in both.plates] == [100, 100]
    far = ((50.0, 50.0, 150.0, 72.0), (1100.0, 600.0, 1200.0, 622.0))
    one, other = views(scene(*far))
    assert one.image.shape == other.image.shape == (432, 768, 3)
    assert one.plates[0].box == (50, 50, 150, 72)
    assert other.plates[0].box == (1100 - 512, 600 - 288, 1200 - 512, 622 - 288)


@pytest.mark.parametrize(
    "box", [(600, 300, 650, 311), (0, 300, 100, 322), (600, 700, 700, 722), (1200, 9, 1290, 29)]
)
def test_a_plate_that_is_small_or_cut_is_in_no_view(box) -> None:
    assert list(views(scene(box))) == []


def test_a_plate_that_is_partly_hidden_is_in_no_view() -> None:
    assert list(views(scene((600, 300, 700, 322), visible=0.9))) == []


def test_the_same_seed_draws_the_same_pictures() -> None:
    def first() -> View:
        return next(drawn(3, 9))

    assert first().plates == first().plates
    assert (first().image == first().image).all()


def test_a_box_reads_what_was_written(tmp_path) -> None:
    offered = mixed(8)
    write(tmp_path, gathered(iter(offered), [pair(offered)], 8, untold), 2.0)
    goldens = msgspec.json.decode((tmp_path / "golden.json").read_bytes(), type=Goldens)
    assert (len(goldens.pictures), goldens.slower) == (8, 2.0)
    for drawn_view, picture in zip(offered, goldens.pictures, strict=True):
        assert (read_image(tmp_path / picture.file) == drawn_view.image).all()
        assert (
            misread(picture.plates, [reading(p.text, _at(p)) for p in picture.plates], 0.5) is None
        )


def test_every_detector_of_a_manifest_is_paired_with_every_reader(tmp_path) -> None:
    pairs = every_pair(MODELS_FOLDER / "manifest.toml")
    assert len({(eyes[0].model.name, eyes[1].model.name) for eyes in pairs}) == 4
    (tmp_path / "manifest.toml").write_text("model = []")
    with pytest.raises(ModelError, match="no detector, or no reader"):
        every_pair(tmp_path / "manifest.toml")


def test_our_own_models_pass_the_gate_with_pictures_that_the_tool_drew(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(make_golden, "wanted", lambda view, kept, count: True)
    out = tmp_path / "release"
    shutil.copytree(MODELS_FOLDER, out)
    done = CliRunner().invoke(
        main, ["--models", str(MODELS_FOLDER), "--out", str(out), "--count", "4", "--slower", "10"]
    )
    assert done.exit_code == 0, done.output
    assert "4 pictures of" in done.output
    ModelGate(Models(), wiring_eyes.eyes, now_ns=lambda: 0)(out, None, False)


def test_nothing_is_written_when_too_few_are_read_right(tmp_path, monkeypatch) -> None:
    def nothing(seed: int, scenes: int) -> Iterator[View]:
        return iter([])

    monkeypatch.setattr(make_golden, "drawn", nothing)
    out = tmp_path / "golden"
    done = CliRunner().invoke(main, ["--models", str(MODELS_FOLDER), "--out", str(out)])
    assert done.exit_code == 1
    assert "nothing is written" in done.output
    assert not out.exists()


def test_a_machine_without_fonts_is_told_what_to_install(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(glyphs, "FONT_FOLDERS", ())
    monkeypatch.delenv(glyphs.FONTS_VARIABLE, raising=False)
    glyphs.font_files.cache_clear()
    try:
        done = CliRunner().invoke(main, ["--models", str(MODELS_FOLDER), "--out", str(tmp_path)])
    finally:
        glyphs.font_files.cache_clear()
    assert done.exit_code == 1
    assert "No plate-like font is installed. Run `make fonts`" in done.output


@pytest.mark.parametrize("bad", [["--count", "3"], ["--slower", "0.5"], ["--seed", "-1"]])
def test_misuse_is_told(tmp_path, bad) -> None:
    done = CliRunner().invoke(main, ["--models", str(MODELS_FOLDER), "--out", str(tmp_path), *bad])
    assert done.exit_code == 2

"""The tool as a person runs it, on a small set of its own."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from edge.config import MODELS_FOLDER, Models
from edge.replay.shares import Share
from tests.tools.test_score_reads_samples import Blind
from tools import peers
from tools.score_reads.__main__ import main, trusted
from tools.score_reads.figures import Breakdown
from tools.score_reads.looking import UNCALIBRATED, Eyes
from tools.score_reads.plots import draw
from tools.score_reads.scoring import score_set
from tools.score_reads.tables import gathered, table

TEXTS = ("27BXK4", "1KZE410", "0752XYZ")
PNG = b"\x89PNG\r\n"


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with one set of crops and one of scenes, of letters on grey."""
    for name in ("crops-eval", "scenes-eval"):
        (tmp_path / name).mkdir()
    crops, scenes = ["file,plate_text,country,lines"], ["file,x,y,w,h"]
    for text, country in zip(TEXTS, ("NL", "B", "E"), strict=True):
        crop = np.full((40, 180, 3), 200, np.uint8)
        cv2.putText(crop, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2)
        scene = np.full((360, 640, 3), 70, np.uint8)
        scene[200:240, 200:380] = crop
        small = cv2.resize(crop, (60 * len(crops), 40))  # each of another width
        cv2.imwrite(str(tmp_path / "crops-eval" / f"{len(crops)}.png"), small)
        cv2.imwrite(str(tmp_path / "scenes-eval" / f"{len(crops)}.png"), scene)
        scenes.append(f"{len(crops)}.png,200,200,180,40")
        crops.append(f"{len(crops)}.png,{text},{country},1")
    (tmp_path / "crops-eval" / "labels.csv").write_text("\n".join(crops))
    (tmp_path / "scenes-eval" / "labels.csv").write_text("\n".join(scenes))
    return tmp_path


def test_a_folder_of_ones_own_is_scored_as_table_json_and_plots(sets: Path, tmp_path: Path) -> None:
    out, plots = tmp_path / "figures.json", tmp_path / "plots"
    written = ["--json", str(out), "--plots", str(plots)]
    result = CliRunner().invoke(
        main,
        ["--data", str(sets), "--set", "crops-eval", "--set", "scenes-eval", *written],
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(out.read_text())
    crops, scenes = (facts[name]["ours"]["frames"] for name in ("crops-eval", "scenes-eval"))
    assert (crops["counts"]["with_text"], scenes["counts"]["plates"]) == (3, 3)
    assert (scenes["counts"]["with_text"], scenes["counts"]["frames"]) == (0, 3)
    assert "text exact" in result.stdout
    assert "boxes found (IoU 0.5)" in result.stdout
    drawn = {path.name for path in plots.iterdir()}
    assert drawn == {
        "crops-eval-ours-reliability.png",
        "crops-eval-ours-confusions.png",
        "crops-eval-by-width.png",
        "crops-eval-coverage.png",
    }
    assert all(path.read_bytes().startswith(PNG) for path in plots.iterdir())


def test_no_plate_is_shown_in_any_output(sets: Path) -> None:
    options = ["--data", str(sets), "--set", "crops-eval", "--json"]
    for form in ("-", str(sets / "figures.json")):
        result = CliRunner().invoke(main, [*options, form])
        assert not [text for text in TEXTS if text in result.output]
    assert not [text for text in TEXTS if text in (sets / "figures.json").read_text()]


def test_json_on_standard_output_stands_alone(sets: Path) -> None:
    options = ["--data", str(sets), "--set", "scenes-eval", "--json", "-"]
    result = CliRunner().invoke(main, options)
    assert json.loads(result.stdout)["scenes-eval"]["ours"]["vehicles"] is None


def test_a_set_that_is_not_there_is_named_before_any_work(sets: Path) -> None:
    result = CliRunner().invoke(main, ["--data", str(sets), "--set", "crops-eval", "--set", "nope"])
    assert result.exit_code == 1
    assert "nope" in result.output
    assert "--data" in result.output


@pytest.mark.parametrize(
    ("labels", "cause"),
    [
        ("", "have no column file"),
        ("file,plate_text,country,lines", "have no row"),
        ("file;plate_text;country\n1.png;27BXK4;NL", "have no column file"),
        ("file,plate_text,country,lines\n1.png,27BXK4,NL,two", "Line 2 of"),
        ("file,x,y,w,h\n1.png,10,20,30", "Line 2 of"),
        ("file,x,y,w,h\n1.png,1,1,9,9\n1.png,27BXK4,1,1,9", "Line 3 of"),
        ("file,x,y,w,h\n1.png,nan,1,9,9", "Line 2 of"),
        ("file,x,y,w,h\n1.png,5000,1,9,9", "a box outside its picture"),
        ("file,x,y,w,h\n1.png,10,10,-5,9", "a box outside its picture"),
        ("file,x,y,w,h\n1.png,-500,1,9,9", "a box outside its picture"),
        ("file,x\n1.png,10", "Line 2 of"),
    ],
)
def test_labels_that_cannot_be_scored_are_one_sentence_and_no_plate(
    sets: Path, labels: str, cause: str
) -> None:
    (sets / "crops-eval" / "labels.csv").write_text(labels)
    result = CliRunner().invoke(main, ["--data", str(sets), "--set", "crops-eval"])
    assert result.exit_code == 1
    assert cause in result.output
    assert "27BXK4" not in result.output
    assert isinstance(result.exception, SystemExit)


def test_labels_with_a_byte_order_mark_are_read(sets: Path) -> None:
    labels = sets / "crops-eval" / "labels.csv"
    labels.write_bytes(b"\xef\xbb\xbf" + labels.read_bytes())
    result = CliRunner().invoke(main, ["--data", str(sets), "--set", "crops-eval"])
    assert result.exit_code == 0


def test_labels_of_frames_that_a_clip_does_not_have_are_not_dropped(sets: Path) -> None:
    folder = sets / "clip-eval"
    (folder / "a").mkdir(parents=True)
    cv2.imwrite(str(folder / "a" / "1.png"), np.full((360, 640, 3), 70, np.uint8))
    header = "file,frame,plate_text,country,x,y,w,h\n"
    (folder / "boxes.csv").write_text(f"{header}a,0,27BXK4,NL,9,9,90,20\na,77,27BXK4,NL,9,9,90,20")
    result = CliRunner().invoke(main, ["--data", str(sets), "--set", "clip-eval"])
    assert result.exit_code == 1
    assert "labels 1 frames that a does not have" in result.output


def test_a_folder_for_plots_that_cannot_be_made_is_told_before_any_work(sets: Path) -> None:
    words = ["--data", str(sets), "--set", "nope", "--plots", "/dev/null/x"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "Name another with --plots" in result.output


def test_a_model_that_no_manifest_names_is_refused(sets: Path) -> None:
    options = ["--data", str(sets), "--set", "crops-eval", "--reader", "nobody"]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 1
    assert "nobody" in result.output


def test_a_reader_that_nobody_calibrated_is_scored_and_that_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for file in MODELS_FOLDER.glob("plate-reader.*"):
        if file.suffix in (".onnx", ".yaml"):
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "manifest.toml").symlink_to(MODELS_FOLDER / "manifest.toml")
    assert trusted(Models(manifest=tmp_path / "manifest.toml")) == UNCALIBRATED
    assert "without a calibration" in capsys.readouterr().err


def test_two_pairs_of_models_stand_side_by_side(sets: Path) -> None:
    pairs = [Eyes("one", Blind(), Blind("27BXK4")), Eyes("other", Blind(), Blind("1KZE410"))]
    scores = score_set(sets / "crops-eval", pairs, 0)
    exact = {
        name: figures.frames.counts.exact for name, figures in scores.items() if figures.frames
    }
    assert exact == {"one": 1, "other": 1}
    draw("crops-eval", scores, sets)
    assert (sets / "crops-eval-other-confusions.png").exists()


def test_a_mistake_of_one_model_is_counted_for_each(sets: Path) -> None:
    labels = sets / "crops-eval" / "labels.csv"
    labels.write_text("\n".join(labels.read_text().splitlines()[:2]))
    pairs = [Eyes("one", Blind(), Blind("27BXK")), Eyes("other", Blind(), Blind("27BXK4"))]
    console = Console(record=True, width=120, file=io.StringIO())
    console.print(table("crops-eval", score_set(sets / "crops-eval", pairs, 0)))
    text = console.export_text()
    assert "slip: 4 missed" in text
    cells = next(line for line in text.splitlines() if "slip: 4 missed" in line).split("│")
    assert [cell.strip() for cell in cells[2:4]] == ["1", "0"]


def test_bands_of_few_plates_are_put_together_and_lose_none() -> None:
    bands = [
        Breakdown(name, Share(n, n), Share(0, n)) for name, n in zip("ABC", (9, 2, 3), strict=True)
    ]
    together = gathered(bands)
    assert [band.band for band in together] == ["A", "fewer than 5 plates each"]
    assert together[1].found == Share(5, 5)
    assert gathered(bands[:2]) == bands[:2]


def test_the_peer_is_scored_beside_ours(sets: Path) -> None:
    if not (peers.PEERS / peers.YOLO).exists():
        pytest.skip("the peers' models (../shared/data/peer-models) are not here")
    options = ["--data", str(sets), "--set", "crops-eval", "--peer", "--json", "-"]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)["crops-eval"]
    assert set(facts) == {"ours", peers.PAIR}
    assert facts[peers.PAIR]["frames"]["counts"]["with_text"] == 3


@pytest.mark.parametrize("asked", [("--synthetic", "-5"), ("--synthetic", "0")])
def test_a_synthetic_set_of_nothing_is_misuse(asked: tuple[str, str]) -> None:
    assert CliRunner().invoke(main, ["--set", "synthetic", *asked]).exit_code == 2


def test_plots_into_a_file_are_misuse(tmp_path: Path) -> None:
    (tmp_path / "plots").touch()
    done = CliRunner().invoke(main, ["--set", "none", "--plots", str(tmp_path / "plots")])
    assert done.exit_code == 2
    assert "is a file" in done.output

"""The workshop's command for synthetic material: what it writes and what it refuses."""

import csv

import click
import cv2
import pytest
from click.testing import CliRunner

from tools import make_plates
from tools.synth import clips
from tools.synth.glyphs import FontError, font_files


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(make_plates.main, [str(word) for word in words])


@pytest.fixture
def fonts():
    try:
        return font_files()
    except FontError as missing:
        pytest.skip(str(missing))


def test_crops_come_with_their_texts(run, fonts, tmp_path):
    done = run("crops", "--count", 3, "--out", tmp_path / "c", "--country", "NL")
    assert done.exit_code == 0, done.output
    with (tmp_path / "c" / "crops.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["country"] for row in rows] == ["NL"] * 3
    assert all(cv2.imread(str(tmp_path / "c" / row["file"])) is not None for row in rows)


def test_scenes_come_with_boxes_and_corners(run, fonts, tmp_path):
    done = run("scenes", "--count", 2, "--out", tmp_path / "s", "--seed", 3)
    assert done.exit_code == 0, done.output
    assert len(list((tmp_path / "s").glob("*.png"))) == 2
    header = (tmp_path / "s" / "scenes.csv").read_text().splitlines()[0]
    assert header == ",".join(make_plates.SCENE_HEADER)


def test_a_folder_with_files_is_refused(run, fonts, tmp_path):
    (tmp_path / "old.png").write_text("old")
    done = run("scenes", "--count", 1, "--out", tmp_path)
    assert done.exit_code == 2
    assert "is not empty; empty it or give another folder" in done.output


def test_a_file_in_the_folders_place_is_refused(run, fonts, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("crops", "--count", 1, "--out", tmp_path / "file")
    assert done.exit_code == 2
    assert "is a file" in done.output


def test_an_unknown_country_is_refused(run, fonts, tmp_path):
    done = run("crops", "--count", 1, "--out", tmp_path / "c", "--country", "ZZ")
    assert done.exit_code == 2
    assert "No plates are known for country ZZ" in done.output


def test_missing_fonts_are_one_sentence(run, tmp_path, monkeypatch):
    def none_installed():
        raise FontError("No plate-like font is installed.", "Run `make fonts`.")

    monkeypatch.setattr(make_plates, "font_files", none_installed)
    done = run("crops", "--count", 1, "--out", tmp_path / "c")
    assert done.exit_code == 2
    assert "make fonts" in done.output


def test_a_clip_without_ffmpeg_names_the_remedy(run, fonts, tmp_path, monkeypatch):
    monkeypatch.setattr(clips.shutil, "which", lambda name: None)
    done = run("clip", "--out", tmp_path / "a.mp4", "--truth", tmp_path / "a.csv")
    assert done.exit_code == 2
    assert "Install ffmpeg" in done.output


def test_a_cast_with_a_wrong_lane_names_its_line(run, fonts, tmp_path):
    cast = tmp_path / "cast.csv"
    cast.write_text(",".join(make_plates.NEEDED) + "\n1ABC234,BE,car,middle,0,5\n")
    out = ("--out", tmp_path / "a.mp4", "--truth", tmp_path / "a.csv", "--vehicles", cast)
    done = run("clip", *out)
    assert done.exit_code == 2
    assert "line 2" in done.output


@pytest.mark.parametrize(
    "row",
    [
        "1ABC234,BE,car,left",
        "1ABC234,,car,left,0,5",
        "1ABC234,QQ,car,left,0,5",
        "gb-001-b,BE,car,left,0,5",
        ",BE,car,left,0,5",
        f"{'A' * 31},BE,car,left,0,5",
        "1ABC234,BE,car,left,nan,5",
        "1ABC234,BE,car,left,0,inf",
    ],
)
def test_a_cast_that_cannot_be_filmed_names_its_line(tmp_path, row):
    cast = tmp_path / "cast.csv"
    cast.write_text(",".join(make_plates.NEEDED) + "\n1ABC234,BE,car,left,0,5\n" + row + "\n")
    with pytest.raises(click.UsageError, match="line 3"):
        make_plates.read_cast(cast)


def test_a_cast_in_another_encoding_is_one_sentence(tmp_path):
    cast = tmp_path / "cast.csv"
    cast.write_bytes(b"name\n\xfc\n")
    with pytest.raises(click.UsageError, match="UTF-8"):
        make_plates.read_cast(cast)


def test_a_cast_is_read_as_written(tmp_path):
    cast = tmp_path / "cast.csv"
    cast.write_text(",".join(make_plates.NEEDED) + ",name\n1ABC234,BE,van,left,0.5,5,BOUW\n")
    (actor,) = make_plates.read_cast(cast)
    assert (actor.plate_text, actor.lane, actor.speed_m_s, actor.name) == (
        "1ABC234", "left", 5.0, "BOUW",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["crops", "scenes", "clip"])
def test_a_negative_seed_is_misuse(run, kind):
    done = run(kind, "--seed", -1)
    assert done.exit_code == 2
    assert "x>=0" in done.output

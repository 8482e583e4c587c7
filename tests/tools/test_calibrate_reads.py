import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("PIL", reason="pillow is not installed: pip install 'anpr-edge[train]'")

from tools.synth import glyphs

try:
    glyphs.font_files()
except glyphs.FontError as error:
    pytest.skip(f"no fonts to draw plates with: {error.remedy}", allow_module_level=True)

from edge.config import MODELS_FOLDER, Models
from edge.daemon import wiring_eyes
from edge.errors import ModelError
from edge.passage.calibration import SUFFIX, UNFITTED, Calibration, Grounds
from edge.passage.plate import fits_country
from edge.types import Detection, Image, Reading
from tests.fakes import reading
from tools import calibrate_reads
from tools.calibrate_reads import (
    Judged,
    calibration_error,
    draw_track,
    fit,
    judged,
    main,
    reliability,
    report,
)

CURVE = Calibration(intercept=-1.0, margin=0.6, clearest=0.4, form=1.0)


def made_up(curve: Calibration, count: int = 4000) -> list[Judged]:
    """Tracks that are right as often as a curve says."""
    rng = np.random.default_rng(3)
    tracks = []
    for _ in range(count):
        margin, clearest, noise = rng.normal(2, 3, 3)
        found = Grounds(margin, rng.random(), noise, clearest, 0.0, float(rng.random() < 0.9))
        right = bool(rng.random() < curve.probability(found))
        tracks.append(Judged(found, right, False, "NL", "NL", 4, False, 1))
    return tracks


def confidences(curve: Calibration, tracks: list[Judged]) -> tuple[np.ndarray, np.ndarray]:
    stated = np.array([curve.probability(t.grounds) for t in tracks])
    return stated, np.array([t.right for t in tracks], np.float64)


def test_the_fit_finds_the_curve_the_tracks_were_made_with() -> None:
    tracks = made_up(CURVE)
    found = fit(tracks)
    assert found.margin == pytest.approx(CURVE.margin, abs=0.15)
    assert found.clearest == pytest.approx(CURVE.clearest, abs=0.15)
    assert calibration_error(reliability(*confidences(found, tracks))) < 0.02


def test_no_ground_is_held_against_itself() -> None:
    tracks = made_up(Calibration(intercept=1.0, margin=0.6, frames=-0.5))
    assert fit(tracks).frames == 0.0


def test_the_bins_hold_every_track_and_know_an_honest_curve() -> None:
    tracks = made_up(CURVE)
    bins = reliability(*confidences(CURVE, tracks))
    assert sum(b.tracks for b in bins) == len(tracks)
    assert all(b.low <= b.confidence <= b.high for b in bins)
    lying = calibration_error(reliability(*confidences(Calibration(intercept=9.0), tracks)))
    assert calibration_error(bins) < 0.02 < lying


def test_the_report_counts_wrong_plates_and_countries() -> None:
    sure = Grounds(8.0, 1.0, 2.0, 8.0, 8.0, 1.0)
    wrong = Judged(sure, False, False, "NL", "BE", 4, True, 1)
    _, lines = report(
        [wrong] * 2 + [Judged(sure, True, False, "NL", None, 4, True, 2)] * 2, Calibration()
    )
    assert "at 0.99 and above: 100.0% covered, 2 wrong (50.000%)" in lines
    assert lines[-1] == "country of Dutch and Belgian plates: 0.0% right, 50.00% wrong"


def test_what_one_frame_alone_read_is_told_apart_since_it_is_no_passage() -> None:
    sure = Grounds(9.0, 1.0, 1.0, 9.0, 9.0, 1.0)
    tracks = [
        Judged(sure, frames > 1, False, "NL", "NL", frames, True, 1) for frames in (1, 1, 2, 5)
    ]
    _, lines = report(tracks, UNFITTED)
    at = lines.index("of those that two frames and more gave text for, 2 tracks:")
    assert lines[at + 1] == "at 0.99 and above: 100.0% covered, 0 wrong (0.000%)"
    assert "at 0.99 and above: 100.0% covered, 2 wrong (50.000%)" in lines


def test_plates_of_one_line_and_of_two_are_told_apart() -> None:
    sure = Grounds(9.0, 1.0, 1.0, 9.0, 9.0, 1.0)
    tracks = [Judged(sure, rows == 1, False, "NL", "NL", 4, True, rows) for rows in (1, 1, 1, 2)]
    _, lines = report(tracks, UNFITTED)
    one = lines.index("of plates of one line, 3 tracks:")
    two = lines.index("of plates of two lines, 1 tracks:")
    assert "at 0.99 and above: 100.0% covered, 0 wrong (0.000%)" in lines[one:two]
    assert "at 0.99 and above: 100.0% covered, 1 wrong (100.000%)" in lines[two:]


def test_what_was_seen_long_is_told_apart_by_lines() -> None:
    sure = Grounds(9.0, 1.0, 1.0, 9.0, 9.0, 1.0)
    seen = [(1, 5, False), (1, 6, True), (1, 8, True), (2, 8, False)]
    tracks = [Judged(sure, ok, False, "NL", "NL", count, True, rows) for rows, count, ok in seen]
    _, lines = report(tracks, UNFITTED)
    one = lines.index("of those that 6 frames and more gave text for, 2 tracks:")
    two = lines.index("of those that 6 frames and more gave text for, 1 tracks:")
    assert lines[one + 1] == "at 0.99 and above: 100.0% covered, 0 wrong (0.000%)"
    assert lines[two + 1] == "at 0.99 and above: 100.0% covered, 1 wrong (100.000%)"


def test_a_track_of_which_no_frame_gave_text_is_not_covered() -> None:
    sure = Grounds(8.0, 1.0, 2.0, 8.0, 8.0, 1.0)
    unread = Judged(sure, False, False, "NL", None, 0, True, 1)
    _, lines = report([unread] * 3 + [Judged(sure, True, False, "NL", "NL", 4, True, 1)], UNFITTED)
    assert "3 of 4 tracks gave no text: none of them is covered" in lines
    assert "at 0.99 and above: 25.0% covered, 0 wrong (0.000%)" in lines
    assert "and without any other doubt: 25.0% covered, 0 wrong" in lines


def test_a_reader_that_sees_nothing_keeps_every_track() -> None:
    class Blind:
        def read_crop(self, crop: Image, plate: Detection) -> Reading:
            return reading("")

    tracks = list(judged(Blind(), 1, 3))  # type: ignore[arg-type]
    assert [t.frames for t in tracks] == [0, 0, 0]


def test_a_track_is_one_plate_of_its_country_and_can_be_drawn_again() -> None:
    spec, crops = draw_track(np.random.default_rng((1, 7)), True)
    again, same_crops = draw_track(np.random.default_rng((1, 7)), True)
    assert spec == again
    assert fits_country(spec.text, spec.country)
    assert all(np.array_equal(a, b) for a, b in zip(crops, same_crops, strict=True))
    assert all(crop.ndim == 3 and crop.dtype == np.uint8 for crop in crops)


@pytest.fixture
def models(tmp_path: Path) -> Models:
    """The shipped models in a folder of their own, without a calibration."""
    for file in MODELS_FOLDER.iterdir():
        if not file.name.endswith(SUFFIX):
            shutil.copy2(file, tmp_path)
    return Models(manifest=tmp_path / "manifest.toml")


def test_a_reader_without_a_calibration_is_refused_by_name_of_the_tool(models: Models) -> None:
    with pytest.raises(ModelError, match=rf"{Models().reader}\.calibration\.json") as refused:
        wiring_eyes.calibration(models)
    assert "tools.calibrate_reads" in refused.value.remedy


def test_the_tool_writes_what_the_box_reads(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate_reads, "LEAST", 1)  # more would take long
    done = CliRunner().invoke(main, ["--manifest", str(models.manifest), "--tracks", "100"])
    assert done.exit_code == 0, done.output
    assert "expected calibration error" in done.output
    assert isinstance(wiring_eyes.calibration(models), Calibration)


def test_too_few_wrong_tracks_fit_nothing(models: Models) -> None:
    done = CliRunner().invoke(main, ["--manifest", str(models.manifest), "--tracks", "100"])
    assert done.exit_code == 1
    assert "needs 20 of each. Draw more with --tracks." in done.output
    assert not list(models.manifest.parent.glob(f"*{SUFFIX}"))


def test_a_place_that_cannot_be_written_is_told_before_the_run(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate_reads, "judged", None)  # a run would fail
    (models.manifest.parent / f"{Models().reader}.calibration.new").mkdir()
    done = CliRunner().invoke(main, ["--manifest", str(models.manifest)])
    assert done.exit_code == 1
    assert "cannot be written" in done.output


def test_a_negative_seed_is_misuse() -> None:
    assert CliRunner().invoke(main, ["--seed", "-1"]).exit_code == 2


def test_an_unknown_reader_is_one_sentence(models: Models) -> None:
    asked = ["--manifest", str(models.manifest), "--reader", "none"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 1
    assert "No model is called none" in done.output


def test_the_shipped_reader_has_its_calibration() -> None:
    assert wiring_eyes.calibration(Models()).margin >= 0

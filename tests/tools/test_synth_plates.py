import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("PIL", reason="pillow is not installed: pip install 'anpr-edge[train]'")

from tools.synth import glyphs
from tools.synth.crops import (
    CROP_HEIGHT,
    CROP_WIDTH,
    PAD,
    REGIONS,
    _stick_oval,
    draw_pool,
    region_of,
    row_indices,
)
from tools.synth.layout import _char_width, _draw_lettering, paint_face
from tools.synth.plates import draw_spec, normalised, render_plate, spec_for
from tools.synth.styles import COUNTRIES, EXCLUDED_NL, NOWHERE

SEEDS = st.integers(0, 2**32 - 1)

L, D = "[A-Z]", "[0-9]"
DUTCH_SIDECODES = (
    "LLDDDD DDDDLL DDLLDD LLDDLL LLLLDD DDLLLL DDLLLD DLLLDD LLDDDL LDDDLL LLLDDL LDDLLL DLLDDD "
    "DDDLLD"
)
SYNTAX = {
    "NL": "|".join(code.replace("L", L).replace("D", D) for code in DUTCH_SIDECODES.split()),
    "BE": (
        r"[1-9][A-Z]{3}\d{3}|[A-Z]{3}\d{3}|\d{3}[A-Z]{3}|[QOMGZYT][A-Z]{3}\d{3}|CD[A-Z]{2}\d{2}"
        r"|[A-Z0-9]{5}|[A-Z]{4}\d{2}|9\d{3}[A-Z]{3}|EUR\d{4}|\d{3}EURO|\d{6}"
    ),
    "DE": r"[A-Z]{1,3}[A-Z]{1,2}\d{1,4}[HE]?",
    "FR": r"[A-Z]{2}\d{3}[A-Z]{2}|\d{3,4}[A-Z]{2,3}\d{2}",
    "ES": r"R?\d{4}[B-DF-HJ-NPR-TV-Z]{3}|[A-Z]{1,2}\d{4}[A-Z]{2}|[A-Z]{1,2}\d{6}",
    "IT": r"[A-Z]{2}\d{3}[A-Z]{2}",
    "PL": r"[A-Z]{2,3}[A-Z0-9]{5}",
    "LU": r"[A-Z]{2}\d{4}|\d{4,5}",
    "LT": r"[A-Z]{3}\d{3}|[A-Z]{2}\d{3}",
    "RO": r"[A-Z]{1,2}\d{2,3}[A-Z]{3}",
}


@pytest.fixture(scope="module", autouse=True)
def _needs_fonts():
    try:
        glyphs.font_files()
    except glyphs.FontError as error:
        pytest.skip(f"no fonts to draw plates with: {error.remedy}")


@pytest.mark.parametrize("country", sorted(SYNTAX))
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_drawn_texts_follow_the_syntax_of_their_country(country, seed):
    spec = draw_spec(np.random.default_rng(seed), country)
    assert re.fullmatch(SYNTAX[country], spec.text)


@settings(max_examples=200, deadline=None)
@given(seed=SEEDS)
def test_rows_spell_the_text_for_every_country(seed):
    spec = draw_spec(np.random.default_rng(seed))
    assert "".join(spec.row_texts) == spec.text == normalised("".join(spec.rows))
    assert spec.lines == len(spec.rows)
    assert all(spec.row_texts)
    assert len(spec.text) <= 10


@settings(max_examples=300, deadline=None)
@given(seed=SEEDS)
def test_no_dutch_plate_holds_a_group_that_is_not_issued(seed):
    spec = draw_spec(np.random.default_rng(seed), "NL", lines=1)
    assert not EXCLUDED_NL.intersection(spec.rows[0].split("-"))


@pytest.mark.parametrize("country", sorted(COUNTRIES))
@pytest.mark.parametrize("lines", [1, 2])
def test_a_rendered_plate_has_its_true_proportions(country, lines):
    rng = np.random.default_rng(5)
    spec = draw_spec(rng, country, lines=lines)
    face = render_plate(spec, 80, rng)
    width_mm, height_mm = spec.size_mm
    assert face.dtype == np.uint8
    assert face.shape[0] == 80
    assert abs(face.shape[1] / 80 - width_mm / height_mm) < 0.02


def test_the_code_on_a_band_is_as_high_as_the_regulation_asks():
    """Of Regulation (EC) No 2411/98: 20 mm and more, on a blue of 40 to 50 mm."""
    tall = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        face = render_plate(spec_for("BE", "1ABC234"), 440, rng, worn=False).astype(int)
        blue = (face[:, :, 0] - face[:, :, 2] > 90).mean(axis=0) > 0.6
        if not blue[40:100].all():
            continue
        code = (face[232:430, 40:100] > 180).all(axis=2).any(axis=1)
        if code.any():
            tall.append(np.ptp(np.flatnonzero(code)) / 4)
    assert len(tall) > 10
    assert 17 < min(tall) <= max(tall) < 40


def test_the_same_seed_gives_the_same_pixels():
    first, second = (draw_pool(11, 6) for _ in range(2))
    assert np.array_equal(first.images, second.images)
    assert np.array_equal(first.rows, second.rows)
    assert not np.array_equal(first.images, draw_pool(12, 6).images)


def test_crops_have_the_size_that_the_reader_trains_on():
    pool = draw_pool(3, 4)
    assert pool.images.shape == (4, CROP_HEIGHT, CROP_WIDTH, 3)
    assert ((pool.rows < PAD).sum((1, 2)) >= 4).all()
    assert (pool.regions < len(REGIONS)).all()


def test_a_plate_of_nowhere_is_of_an_unknown_country():
    assert REGIONS[region_of(NOWHERE)] == "unknown"
    assert REGIONS[region_of("NL")] == "NL"
    assert NOWHERE not in REGIONS


@pytest.mark.parametrize(
    ("country", "text", "row"),
    [
        ("NL", "V001BB", "V-001-BB"),
        ("NL", "12ABCD", "12-AB-CD"),
        ("BE", "1ABC234", "1:ABC-234"),
        ("FR", "AB123CD", "AB-123-CD"),
        ("ES", "1234BBB", "1234 BBB"),
    ],
)
def test_a_given_text_is_written_in_the_groups_of_its_country(country, text, row):
    spec = spec_for(country, text)
    assert (spec.text, spec.rows) == (text, (row,))


def test_a_given_text_of_no_known_form_is_parted_where_letters_meet_digits():
    assert spec_for("NL", "QQQ7777").rows == ("QQQ-7777",)


def test_a_given_text_breaks_into_two_lines_between_groups():
    assert spec_for("BE", "1ABC234", lines=2).rows == ("1:ABC", "234")


def test_a_style_that_a_country_does_not_issue_is_refused():
    with pytest.raises(ValueError, match="style"):
        draw_spec(np.random.default_rng(0), "FR", style="taxi")


def test_a_dutch_taxi_is_blue_and_a_car_yellow():
    rng = np.random.default_rng(1)
    taxi = render_plate(draw_spec(rng, "NL", 1, "taxi"), 60, rng, worn=False)
    car = render_plate(draw_spec(rng, "NL", 1, "car"), 60, rng, worn=False)
    blue, _, red = np.median(taxi, axis=(0, 1))
    assert blue > red
    blue, _, red = np.median(car, axis=(0, 1))
    assert red > blue


def test_rows_are_kept_as_indices_and_padding():
    assert row_indices(("1A",)).tolist() == [[1, 10] + [PAD] * 8, [PAD] * 10]


def test_a_machine_without_fonts_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setattr(glyphs, "FONT_FOLDERS", (tmp_path,))
    monkeypatch.delenv(glyphs.FONTS_VARIABLE, raising=False)
    glyphs.font_files.cache_clear()
    with pytest.raises(glyphs.FontError, match="make fonts"):
        glyphs.font_files()
    monkeypatch.undo()
    glyphs.font_files.cache_clear()


def test_an_austrian_plate_may_break_within_a_group():
    drawn = (draw_spec(np.random.default_rng(seed), "AT", lines=2) for seed in range(200))
    assert any(re.fullmatch(r"[A-Z]+\*\d", spec.rows[0]) for spec in drawn)


def test_a_british_one_takes_the_room_of_a_bar():
    drawn = (_draw_lettering(COUNTRIES["GB"], 1, np.random.default_rng(seed)) for seed in range(9))
    lettering = next(one for one in drawn if one.shape.bar_ones)
    one, other = (_char_width(char, lettering) - lettering.gap for char in "1E")
    assert one == pytest.approx(other * 14 / 50, rel=0.01)


def test_a_french_plate_of_two_lines_has_a_band_on_each_side_of_the_first():
    rows = ("AB-", "123-CD")
    drawn = (paint_face("FR", "car", rows, 0.5, np.random.default_rng(seed)) for seed in range(20))
    blue = [face[..., 0].astype(int) - face[..., 2] > 60 for face in drawn]
    both = [bands for bands in blue if bands[40, 6] and bands[8, -10:].mean() > 0.5]
    assert both
    assert not any(bands[-20:-4, -10:].any() for bands in both)


def test_letters_stuck_beside_a_plate_are_not_on_it():
    quad = np.array([[20, 20], [120, 20], [120, 44], [20, 44]], np.float32)
    for seed in range(20):
        scene = np.full((64, 140, 3), 100, np.uint8)
        _stick_oval(scene, quad, np.random.default_rng(seed))
        touched = (scene != 100).any(axis=2)
        assert touched.any()
        assert not touched[20:44, 24:116].any()

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("PIL", reason="pillow is not installed: pip install 'anpr-edge[train]'")

from edge.config import Models
from edge.daemon import wiring_eyes
from tools import score_hidden
from tools.reader_sets import Crop
from tools.synth import glyphs
from tools.synth.covers import COVERS, Cover

try:
    glyphs.font_files()
except glyphs.FontError as error:
    pytest.skip(f"no fonts to draw plates with: {error.remedy}", allow_module_level=True)


@pytest.fixture(scope="module")
def crops() -> list[Crop]:
    return list(score_hidden.held_out_synthetic(24))


def test_what_is_hidden_is_read_less_often_than_what_is_not(crops: list[Crop]) -> None:
    reader = wiring_eyes.reader(Models(threads=1))
    plain = score_hidden.counted(reader, crops, None)
    assert (plain.cover, plain.plates) == ("nothing", 24)
    assert plain.exact > 10
    for cover in COVERS:
        behind = score_hidden.counted(reader, crops, cover)
        assert behind.cover == cover.__name__
        assert behind.exact <= plain.exact
        assert behind.wrong <= behind.sure <= behind.plates


def test_a_blank_is_read_by_nobody_and_surely_by_nobody() -> None:
    blank = [Crop("none", np.full((48, 192, 3), 90, np.uint8), "AB12CD", "", 1)]
    cover: Cover = COVERS[0]
    found = score_hidden.counted(wiring_eyes.reader(Models(threads=1)), blank, cover)
    assert (found.exact, found.plates) == (0, 1)


def test_the_command_tells_every_cover_and_a_wrong_manifest_in_a_sentence(tmp_path: Path) -> None:
    shown = CliRunner().invoke(score_hidden.main, ["--plates", "4"])
    assert shown.exit_code == 0, shown.output
    for name in ("nothing", *(cover.__name__ for cover in COVERS)):
        assert name in shown.output
    refused = CliRunner().invoke(score_hidden.main, ["--manifest", str(tmp_path / "none.toml")])
    assert refused.exit_code == 1
    assert "cannot be read" in refused.output
